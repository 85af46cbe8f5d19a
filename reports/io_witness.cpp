#include "reports/io_witness.h"

#include <algorithm>
#include <optional>
#include <vector>

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

std::string_view witness_of(const Params& params) {
  const auto found = params.find("witness");
  return found == params.end() ? k_process_witness : std::string_view(found->second);
}

struct Counter {
  const char* who;
  bool must_show = true;
};

std::vector<Counter> counters_of(std::string_view witness) {
  if (witness == k_network_witness) {
    return {{"network"}};  // of what goes there some file systems count nothing for the process
  }
  return {{"process"}, {"device", witness == k_block_device_witness}};
}

/// `direction`: "read" or "written".
std::string fault_in(const Readings& telemetry, std::string_view witness,
                     const std::string& direction) {
  const std::string stem = "storage_" + direction;
  const auto claimed = shown(telemetry, stem + "_claimed_bytes");
  if (!claimed) {
    return not_shown(telemetry, stem + "_claimed_bytes");
  }
  if (witness == k_network_witness && shown(telemetry, stem + "_device_bytes")) {
    return "the file system is on a block device of this host, and not beyond a network";
  }
  for (const auto& [who, must_show] : counters_of(witness)) {
    const std::string name = stem + "_" + who + "_bytes";
    const auto counted = shown(telemetry, name);
    if (!counted && must_show) {
      return not_shown(telemetry, name);
    }
    if (counted && *counted * 100 < *claimed * k_least_percent) {
      return "of " + to_decimal(*claimed) + " bytes " + direction + " the " + who +
             "'s counter has " + to_decimal(*counted);
    }
  }
  return "";
}

/// Whether all that a GPU's memory was read from or written to went past the host's.
std::string fault_in_path(const Readings& telemetry, Natural work) {
  constexpr const char* k_claimed = "storage_gpu_claimed_bytes";
  constexpr const char* k_direct = "storage_gpu_direct_bytes";
  constexpr const char* k_may_bounce = "storage_gpu_may_bounce";
  const auto may_bounce = shown(telemetry, k_may_bounce);
  const auto claimed = shown(telemetry, k_claimed);
  const auto direct = shown(telemetry, k_direct);
  if (!may_bounce || !claimed) {
    return not_shown(telemetry, may_bounce ? k_claimed : k_may_bounce);
  }
  if (*may_bounce != 0) {
    return "cuFile was in its compatibility mode, in which bytes go through the host's memory";
  }
  if (*claimed < work) {
    return "the window has " + to_decimal(work) + " bytes, and the GPU claims " +
           to_decimal(*claimed);
  }
  if (!direct) {
    return not_shown(telemetry, k_direct);
  }
  constexpr Natural k_most_percent = 102;
  constexpr Natural k_unit = Natural{1} << 20U;  // nvidia-fs counts MiB
  const std::string counted = "of " + to_decimal(*claimed) +
                              " bytes between files and the GPU nvidia-fs moved " +
                              to_decimal(*direct) + " directly";
  if (*direct * 100 > *claimed * k_most_percent + k_unit * 100) {
    return counted + ", so others' are among them, and nobody can say which";
  }
  return *direct * 100 < *claimed * k_least_percent ? counted : "";
}

}  // namespace

bool needs_io_witness(std::string_view case_id) {
  return case_id.rfind("storage.", 0) == 0;
}

std::string io_fault_of(std::string_view case_id, const Params& params, const Readings& telemetry,
                        Natural work) {
  for (const char* direction : {"read", "written"}) {
    if (auto fault = fault_in(telemetry, witness_of(params), direction); !fault.empty()) {
      return fault;
    }
  }
  if (case_id == k_metadata_case) {
    return "";  // its work is operations, and names have no pages
  }
  const Natural read = *shown(telemetry, "storage_read_claimed_bytes");
  const Natural written = *shown(telemetry, "storage_written_claimed_bytes");
  const bool is_written = case_id == "storage.write" || case_id == k_gpu_write_case;
  const Natural claimed = is_written                        ? written
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
  return moves_gpu_files(case_id) ? fault_in_path(telemetry, work) : "";
}

}  // namespace assay
