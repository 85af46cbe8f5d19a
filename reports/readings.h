// Telemetry of a window: readings by name, in messages and in `end` lines.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/model/ordered_gpu.h"
#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

/// A reading, or the reason there is none. Never a made-up zero.
struct Reading {
  std::optional<std::int64_t> value;
  std::string reason;  ///< "" if there is a value.
};

using Readings = std::map<std::string, Reading>;  ///< Name with its unit: "temperature_mc".

/// What a window's readings show of the state of its GPU at both ends.
[[nodiscard]] ShownGpu shown_gpu(const Readings& readings);

[[nodiscard]] Json::Object json_of(const Readings& readings);

/// The inverse. Each is a whole number, or null beside its reason. Fails with bad_input, naming it.
[[nodiscard]] Result<Readings> read_readings(const Json& object);

}  // namespace assay
