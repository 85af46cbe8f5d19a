#include "reports/path_witness.h"

#include <array>
#include <optional>

namespace assay {
namespace {

constexpr Natural k_hundred = 100;
constexpr Natural k_least_percent = 98;
constexpr Natural k_largest = Natural{1} << 53U;

struct Way {
  std::string_view path;
  const char* counter;
  const char* who;
  std::string_view may_be_missing;  ///< For this reason alone; "": for none.
  bool of_gpus = false;             ///< Where nobody states it, it may be missing for any reason.
};
constexpr const char* k_nvlink = "transport_nvlink_bytes";
constexpr std::array<Way, 3> k_counted{
    {{"tcp", "transport_tcp_bytes", "the kernel's counters of TCP have", ""},
     {"verbs", "transport_verbs_bytes", "the verbs devices' counters have", k_no_verbs_device},
     {"nvlink", k_nvlink, "the GPUs' counters of NVLink have", "", true}}};

const Reading* reading_of(const Readings& telemetry, const char* name) {
  const auto found = telemetry.find(name);
  return found == telemetry.end() ? nullptr : &found->second;
}

/// Bytes that ranks of a ring sent each other in so many calls.
std::optional<Natural> sent_in(const Params& params, Natural steps) {
  const auto number = [&](const char* name) {
    const auto found = params.find(name);
    const auto value =
        found == params.end() ? Result<Natural>(Error{}) : natural_from(found->second);
    return value && *value <= k_largest ? *value : 0;
  };
  Natural sent = 0;
  const bool fits = !__builtin_mul_overflow(number("bytes") * number("ranks"), steps, &sent) &&
                    sent > 0 && sent <= ~Natural{0} / k_hundred;
  return fits ? std::optional(sent) : std::nullopt;
}

std::string not_shown(const char* name, const Reading* reading) {
  return std::string("the telemetry doesn't show ") + name +
         (reading == nullptr || reading->reason.empty() ? "" : ": " + reading->reason);
}

/// Whether it is no wonder that it was not counted, as long as nobody states it.
bool may_be_missing(const Way& way, const Reading* reading) {
  return way.of_gpus || (reading != nullptr && !way.may_be_missing.empty() &&
                         reading->reason == way.may_be_missing);
}

}  // namespace

bool needs_path_witness(std::string_view case_id) {
  return case_id == "network.transport";
}

std::string path_fault_of(const Params& params, const Readings& telemetry, Natural steps) {
  const auto path = params.find("path");
  const auto sent = sent_in(params, steps);
  if (path == params.end() || !sent) {
    return "the clause states no path, or the window no calls";
  }
  if (path->second == "shared_memory" && telemetry.contains(k_nvlink)) {
    return "what GPUs send each other over PCIe or shared memory is counted nowhere";
  }
  const std::string of = "of " + to_decimal(*sent) + " bytes sent ";
  for (const Way& way : k_counted) {
    const Reading* const reading = reading_of(telemetry, way.counter);
    const bool is_shown = reading != nullptr && reading->value && *reading->value >= 0;
    const bool is_stated = path->second == way.path;
    if (!is_shown && (is_stated || !may_be_missing(way, reading))) {
      return not_shown(way.counter, reading);
    }
    const Natural counted = is_shown ? static_cast<Natural>(*reading->value) : 0;
    const bool is_wrong =
        is_stated ? counted * k_hundred < *sent * k_least_percent : counted * k_hundred > *sent;
    if (is_wrong) {
      return of + way.who + " " + to_decimal(counted) + ", so they did not go by " +
             (path->second == "shared_memory" ? "shared memory" : path->second) +
             (is_stated ? "" : " alone");
    }
  }
  return "";
}

}  // namespace assay
