// Telemetry as a test writes it.
#pragma once

#include "harness/run/probe.h"

namespace assay {

class ScriptedProbe final : public Probe {
 public:
  Readings read() override { return readings; }
  BlockTelemetry block() override { return {.clock_khz = clock, .power_mw = power}; }

  Readings readings;
  std::int64_t clock = -1;
  std::int64_t power = -1;
};

}  // namespace assay
