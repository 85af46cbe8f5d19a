#include "harness/model/order_health.h"

#include "harness/model/order_words.h"

namespace assay {
namespace {

void compare_rows(const Order& order, const GpuFacts& gpu, Comparison& comparison) {
  const std::string rows = named(gpu) + "'s remapped rows";
  if (gpu.remap_failed.value.value_or(false)) {
    comparison.differs.push_back("A row remap of " + named(gpu) + " failed.");
  }
  if (gpu.remap_pending.value.value_or(false)) {
    comparison.differs.push_back("A row remap of " + named(gpu) + " waits for a reset.");
  }
  const auto allowed = number(order, "remapped_rows");
  if (!allowed) {
    return;  // not every product remaps rows
  }
  if_shown(comparison, rows, gpu.remap_failed, [](bool) {});
  if_shown(comparison, rows, gpu.remap_pending, [](bool) {});
  if_shown(comparison, rows, gpu.remapped_correctable, [&](std::int64_t correctable) {
    if_shown(comparison, rows, gpu.remapped_uncorrectable, [&](std::int64_t uncorrectable) {
      if (correctable + uncorrectable > *allowed) {
        comparison.differs.push_back(
            named(gpu) + " has " + std::to_string(correctable + uncorrectable) +
            " remapped rows; allowed are " + std::to_string(*allowed) + ".");
      }
    });
  });
}

void compare_ecc(const GpuFacts& gpu, Comparison& comparison) {
  const std::string what = named(gpu) + "'s count of uncorrectable memory errors";
  if_shown(comparison, what, gpu.ecc_uncorrected_volatile, [&](std::int64_t errors) {
    if (errors > 0) {
      comparison.differs.push_back(named(gpu) + " had " + std::to_string(errors) +
                                   " uncorrectable memory errors since its driver was loaded.");
    }
  });
}

void require_baseline_of(const Order& order, const GpuFacts& gpu, Comparison& comparison) {
  const auto shown = [&](const std::string& what, const auto& fact) {
    if_shown(comparison, named(gpu) + what, fact, [](const auto&) {});
  };
  shown("'s UUID", gpu.uuid);
  shown("'s PCI address", gpu.pci);  // whose an Xid is
  shown("'s count of uncorrectable memory errors", gpu.ecc_uncorrected_aggregate);
  if (word(order, "thermal_slowdown") == "none") {
    shown("'s time of thermal slowdown", gpu.slowed_thermal_us);
  }
  for (const LinkFacts& link : gpu.nvlinks) {
    if (number(order, "nvlink_recoveries") && link.active.value.value_or(false)) {
      shown("'s NVLink " + std::to_string(link.link) + "'s count of recoveries", link.recoveries);
    }
  }
}

}  // namespace

void compare_health_of_gpus(const Order& order, const MachineFacts& found, Comparison& comparison) {
  for (const GpuFacts& gpu : found.gpus) {
    if (gpu.lost.empty()) {
      compare_rows(order, gpu, comparison);
      compare_ecc(gpu, comparison);
    }
  }
}

void require_baseline(const Order& order, const MachineFacts& found, Comparison& comparison) {
  if_shown(comparison, "The kernel's boot id", found.host.boot_id, [](const auto&) {});
  for (const GpuFacts& gpu : found.gpus) {
    if (gpu.lost.empty()) {
      require_baseline_of(order, gpu, comparison);
    }
  }
}

}  // namespace assay
