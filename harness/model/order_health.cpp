#include "harness/model/order_health.h"

#include <algorithm>

#include "harness/model/exact.h"
#include "harness/model/order_words.h"
#include "harness/model/xid.h"

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

void compare_ecc(const GpuFacts& gpu, const GpuFacts* before, Comparison& comparison) {
  const std::string what = named(gpu) + "'s count of uncorrectable memory errors";
  if_shown(comparison, what, gpu.ecc_uncorrected_volatile, [&](std::int64_t errors) {
    if (errors > 0) {
      comparison.differs.push_back(named(gpu) + " had " + std::to_string(errors) +
                                   " uncorrectable memory errors since its driver was loaded.");
    }
  });
  if (before == nullptr || !before->ecc_uncorrected_aggregate.value) {
    return;
  }
  if_shown(comparison, what, gpu.ecc_uncorrected_aggregate, [&](std::int64_t errors) {
    if (errors != *before->ecc_uncorrected_aggregate.value) {
      comparison.differs.push_back(what + " went from " +
                                   std::to_string(*before->ecc_uncorrected_aggregate.value) +
                                   " to " + std::to_string(errors) + ".");
    }
  });
}

const LinkFacts* link_of(const GpuFacts& gpu, std::uint32_t link) {
  const auto found = std::find_if(gpu.nvlinks.begin(), gpu.nvlinks.end(),
                                  [link](const LinkFacts& other) { return other.link == link; });
  return found == gpu.nvlinks.end() ? nullptr : &*found;
}

/// Each time a link trained again, nothing went over it. Corrected bits are its ordinary life.
void compare_recoveries(std::int64_t allowed, const std::string& what, const LinkFacts& link,
                        const LinkFacts& before, Comparison& comparison) {
  if (!before.recoveries.value) {
    return;  // said at the first look
  }
  const std::int64_t then = *before.recoveries.value;
  if_shown(comparison, what + "'s count of recoveries", link.recoveries, [&](std::int64_t count) {
    if (count < then || count - then > allowed) {
      comparison.differs.push_back(what + " went from " + std::to_string(then) + " to " +
                                   std::to_string(count) + " recoveries; allowed are " +
                                   std::to_string(allowed) + " more.");
    }
  });
}

void compare_links(const Order& order, const GpuFacts& gpu, const GpuFacts& before,
                   Comparison& comparison) {
  const auto allowed = number(order, "nvlink_recoveries");
  for (const LinkFacts& then : before.nvlinks) {
    const std::string what = named(gpu) + "'s NVLink " + std::to_string(then.link);
    const LinkFacts* now = link_of(gpu, then.link);
    const bool was_active = then.active.value.value_or(false);
    if (was_active && (now == nullptr || !now->active.value.value_or(false))) {
      comparison.differs.push_back(what + " was active at the first look and no longer is.");
    } else if (now != nullptr && allowed) {
      compare_recoveries(*allowed, what, *now, then, comparison);
    }
  }
}

/// The share of the time between two looks for which heat held the clocks down.
void compare_heat(const Order& order, const GpuFacts& gpu, const GpuFacts& before,
                  Comparison& comparison) {
  if (word(order, "thermal_slowdown") != "none" || !before.slowed_thermal_us.value) {
    return;
  }
  const std::string what = named(gpu) + "'s time of thermal slowdown";
  if_shown(comparison, what, gpu.slowed_thermal_us, [&](std::int64_t now) {
    const std::int64_t slowed = now - *before.slowed_thermal_us.value;
    if (slowed == 0) {
      return;
    }
    const std::int64_t passed = gpu.clock_us.value.value_or(0) - before.clock_us.value.value_or(0);
    const std::string share =
        slowed > 0 && passed > 0
            ? ", " +
                  significant({static_cast<Natural>(slowed) * 100, static_cast<Natural>(passed)}) +
                  " % of the time"
            : "";
    comparison.differs.push_back(what + " grew by " + std::to_string(slowed) +
                                 " us between the looks" + share + ".");
  });
}

void compare_with_before(const Order& order, const GpuFacts& gpu, const GpuFacts& before,
                         Comparison& comparison) {
  if (before.uuid.value && gpu.uuid.value != before.uuid.value) {
    comparison.differs.push_back(named(gpu) + " is another GPU than at the first look: UUID '" +
                                 gpu.uuid.value.value_or("not shown") + "' instead of '" +
                                 *before.uuid.value + "'.");
    return;
  }
  compare_links(order, gpu, before, comparison);
  compare_heat(order, gpu, before, comparison);
}

const GpuFacts* gpu_in(const MachineFacts* facts, std::uint32_t index) {
  if (facts == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(facts->gpus.begin(), facts->gpus.end(),
                                  [index](const GpuFacts& gpu) { return gpu.index == index; });
  return found == facts->gpus.end() || !found->lost.empty() ? nullptr : &*found;
}

/// What a contract judges later must be shown at the first look, or nothing could be compared.
void require_baseline(const Order& order, const GpuFacts& gpu, Comparison& comparison) {
  const auto shown = [&](const std::string& what, const auto& fact) {
    if_shown(comparison, named(gpu) + what, fact, [](const auto&) {});
  };
  shown("'s UUID", gpu.uuid);
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

void compare_health_of_gpus(const Order& order, const MachineFacts& found,
                            const MachineFacts* before, Comparison& comparison) {
  for (const GpuFacts& gpu : found.gpus) {
    if (!gpu.lost.empty()) {
      continue;
    }
    const GpuFacts* then = gpu_in(before, gpu.index);
    compare_rows(order, gpu, comparison);
    compare_ecc(gpu, then, comparison);
    if (then != nullptr) {
      compare_with_before(order, gpu, *then, comparison);
    } else {
      require_baseline(order, gpu, comparison);
    }
  }
}

void compare_xids(const Order& order, const MachineFacts& found, Comparison& comparison) {
  if (!found.xids.reason.empty()) {
    comparison.not_shown.push_back("The kernel log can't be read (" + found.xids.reason + ").");
    return;
  }
  const GpuFacts* only = order.gpu ? gpu_in(&found, *order.gpu) : nullptr;
  std::int64_t counted = found.xids.left_out;
  std::string last;
  for (const std::string& line : found.xids.lines) {
    const auto xid = parse_xid(line);
    const bool is_other =
        xid && only != nullptr && only->pci.value && !is_of(*xid, *only->pci.value);
    if (!xid || is_other) {
      continue;
    }
    const XidEffect effect = effect_of(*xid, line);
    if (effect == XidEffect::fails) {
      comparison.differs.push_back("The kernel log has Xid " + std::to_string(xid->code) + " of " +
                                   xid->pci + ": '" + line + "'.");
    }
    counted += effect == XidEffect::counts ? 1 : 0;
    last = effect == XidEffect::counts ? line : last;
  }
  const auto allowed = number(order, "xid_counted");
  if (allowed && counted > *allowed) {
    comparison.differs.push_back("The kernel log has " + std::to_string(counted) +
                                 " Xids that count; allowed are " + std::to_string(*allowed) +
                                 "; the last is '" + last + "'.");
  }
}

}  // namespace assay
