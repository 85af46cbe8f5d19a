#include "reports/readings.h"

#include <utility>

#include "reports/members.h"

namespace assay {

Json::Object json_of(const Readings& readings) {
  Json::Object object;
  for (const auto& [name, reading] : readings) {
    Json::Object value;
    if (reading.value) {
      value.emplace_back("value", *reading.value);
    } else {
      value.emplace_back("reason", reading.reason);
      value.emplace_back("value", nullptr);
    }
    object.emplace_back(name, std::move(value));
  }
  return object;
}

Result<Readings> read_readings(const Json& object) {
  Readings readings;
  for (const auto& [name, value] : *object.object()) {
    Members reading(value, "telemetry." + name);
    Reading& into = readings[name];
    const Json* number = reading.optional("value");
    if (number != nullptr && number->whole() != nullptr) {
      into.value = *number->whole();
    } else if (number != nullptr && number->is_null()) {
      into.reason = reading.text("reason");
      if (into.reason.empty()) {
        reading.fail("reason", "is missing beside a null");
      }
    } else {
      reading.fail("value", "is neither a whole number nor null");
    }
    if (auto done = reading.done(); !done) {
      return done.error();
    }
  }
  return readings;
}

ShownGpu shown_gpu(const Readings& readings) {
  const auto at_both_ends = [&readings](const std::string& name) {
    ShownGpu::BothEnds ends;
    for (std::size_t end = 0; end < ends.size(); ++end) {
      const auto found = readings.find(name + (end == 0 ? "_before" : "_after"));
      ends[end] = found == readings.end() ? std::nullopt : found->second.value;
    }
    return ends;
  };
  const auto highest = readings.find("gpu_clock_max_khz");
  return {.power_limit_mw = at_both_ends("gpu_power_limit_mw"),
          .ecc = at_both_ends("gpu_ecc"),
          .mig = at_both_ends("gpu_mig"),
          .clock_max_khz = highest == readings.end() ? std::nullopt : highest->second.value};
}

}  // namespace assay
