// Telemetry as a test writes it.
#pragma once

#include "harness/run/probe.h"

namespace assay {

class ScriptedProbe final : public Probe {
 public:
  Readings read() override { return readings; }
  std::int64_t clock_khz() override { return clock; }
  std::int64_t power_mw() override { return power; }

  Readings readings;
  std::int64_t clock = -1;
  std::int64_t power = -1;
};

}  // namespace assay
