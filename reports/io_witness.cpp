#include "reports/io_witness.h"

#include <algorithm>
#include <optional>

#include "harness/model/step_size.h"

namespace assay {
namespace {

constexpr Natural k_least_percent = 98;
constexpr std::int64_t k_most_resident_ppm = 10'000;

std::optional<Natural> shown(const Readings& telemetry, const std::string& name) {
  const auto found = telemetry.find(name);
  return found != telemetry.end() && found->second.value && *found->second.value >= 0
             ? std::optional(static_cast<Natural>(*found->second.value))
             : std::nullopt;
}

std::string not_shown(const Readings& telemetry, const std::string& name) {
  const auto found = telemetry.find(name);
  const bool says_why = found != telemetry.end() && !found->second.reason.empty();
  return "the telemetry doesn't show " + name + (says_why ? ": " + found->second.reason : "");
}

/// `direction`: "read" or "written".
std::string fault_in(const Readings& telemetry, const std::string& direction) {
  const std::string stem = "storage_" + direction;
  const auto claimed = shown(telemetry, stem + "_claimed_bytes");
  if (!claimed) {
    return not_shown(telemetry, stem + "_claimed_bytes");
  }
  for (const char* who : {"process", "device"}) {
    const std::string name = stem + "_" + who + "_bytes";
    const auto counted = shown(telemetry, name);
    if (!counted && name == stem + "_process_bytes") {
      return not_shown(telemetry, name);
    }
    if (counted && *counted * 100 < *claimed * k_least_percent) {
      return "of " + to_decimal(*claimed) + " bytes " + direction + " the " + who +
             "'s counter has " + to_decimal(*counted);
    }
  }
  return "";
}

}  // namespace

bool needs_io_witness(std::string_view case_id) {
  return case_id.rfind("storage.", 0) == 0;
}

std::string io_fault_of(std::string_view case_id, const Readings& telemetry, Natural work) {
  for (const char* direction : {"read", "written"}) {
    if (auto fault = fault_in(telemetry, direction); !fault.empty()) {
      return fault;
    }
  }
  if (case_id == k_metadata_case) {
    return "";  // its work is operations, and names have no pages
  }
  const Natural read = *shown(telemetry, "storage_read_claimed_bytes");
  const Natural written = *shown(telemetry, "storage_written_claimed_bytes");
  const Natural claimed = case_id == "storage.write"        ? written
                          : case_id == "storage.mixed"      ? read + written
                          : case_id == "storage.checkpoint" ? std::max(read, written)
                                                            : read;
  if (claimed < work) {
    return "the window has " + to_decimal(work) + " bytes, and the run claims " +
           to_decimal(claimed);
  }
  const auto resident = shown(telemetry, "storage_resident_ppm");
  if (!resident) {
    return not_shown(telemetry, "storage_resident_ppm");
  }
  if (*resident > k_most_resident_ppm) {
    return to_decimal(*resident / 10'000) + " % of the files were in the page cache";
  }
  return "";
}

}  // namespace assay
