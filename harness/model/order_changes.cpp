#include "harness/model/order_changes.h"

#include <algorithm>

#include "harness/model/exact.h"
#include "harness/model/kept_facts.h"
#include "harness/model/order_words.h"

namespace assay {
namespace {

/// Over the life of a GPU: these only grow, whatever is started again.
constexpr std::array<NamedFact<std::int64_t>, 3> k_lifelong{
    {{"count of correctable row remaps", &GpuFacts::remapped_correctable},
     {"count of uncorrectable row remaps", &GpuFacts::remapped_uncorrectable},
     {"lifetime count of corrected memory errors", &GpuFacts::ecc_corrected_aggregate}}};

/// What two looks are compared by, and where to say what differs.
struct Pairing {
  const Order& order;
  bool same_start;  ///< Neither kernel nor driver was started again: all counts go on.
  Comparison& comparison;
};

/// Calls `judge(value, value at the first look)` if it was shown then and is now.
template <class T, class Judge>
void if_still_shown(Comparison& comparison, const std::string& what, const Fact<T>& fact,
                    const Fact<T>& before, Judge judge) {
  if (before.value) {
    if_shown(comparison, what, fact, [&](const T& value) { judge(value, *before.value); });
  }
}

template <class T>
std::string moved(const std::string& what, const T& then, const T& now, const char* unit = "") {
  return what + " was " + written(then) + unit + " at the first look and is " + written(now) +
         unit + " now.";
}

template <class Facts>
void compare_kept(const Facts& facts, const GpuFacts& gpu, const GpuFacts& before,
                  Comparison& comparison) {
  for (const auto& [name, fact, unit] : facts) {
    const std::string what = named(gpu) + "'s " + name;
    if_still_shown(comparison, what, gpu.*fact, before.*fact,
                   [&, unit = unit](const auto& now, const auto& then) {
                     if (now != then) {
                       comparison.differs.push_back(moved(what, then, now, unit));
                     }
                   });
  }
}

void compare_lifelong(const GpuFacts& gpu, const GpuFacts& before, Comparison& comparison) {
  for (const auto& [name, fact, unit] : k_lifelong) {
    const std::string what = named(gpu) + "'s " + name;
    if_still_shown(comparison, what, gpu.*fact, before.*fact,
                   [&](std::int64_t now, std::int64_t then) {
                     if (now < then) {
                       comparison.differs.push_back(what + " fell from " + std::to_string(then) +
                                                    " to " + std::to_string(now) + ".");
                     }
                   });
  }
  const std::string errors = named(gpu) + "'s count of uncorrectable memory errors";
  if_still_shown(comparison, errors, gpu.ecc_uncorrected_aggregate,
                 before.ecc_uncorrected_aggregate, [&](std::int64_t now, std::int64_t then) {
                   if (now != then) {
                     comparison.differs.push_back(errors + " went from " + std::to_string(then) +
                                                  " to " + std::to_string(now) + ".");
                   }
                 });
}

const LinkFacts* link_of(const GpuFacts& gpu, std::uint32_t link) {
  const auto found = std::find_if(gpu.nvlinks.begin(), gpu.nvlinks.end(),
                                  [link](const LinkFacts& other) { return other.link == link; });
  return found == gpu.nvlinks.end() ? nullptr : &*found;
}

/// Each time a link trained again, nothing went over it. Corrected bits are its ordinary life.
void compare_recoveries(const std::string& what, const LinkFacts& link, const LinkFacts& before,
                        const Pairing& looks) {
  const auto allowed = number(looks.order, "nvlink_recoveries");
  if (!allowed) {
    return;
  }
  if_still_shown(
      looks.comparison, what + "'s count of recoveries", link.recoveries, before.recoveries,
      [&](std::int64_t now, std::int64_t then) {
        if ((now < then && looks.same_start) || now - then > *allowed) {
          looks.comparison.differs.push_back(what + " went from " + std::to_string(then) + " to " +
                                             std::to_string(now) + " recoveries; allowed are " +
                                             std::to_string(*allowed) + " more.");
        }
      });
}

void compare_links(const GpuFacts& gpu, const GpuFacts& before, const Pairing& looks) {
  for (const LinkFacts& then : before.nvlinks) {
    const std::string what = named(gpu) + "'s NVLink " + std::to_string(then.link);
    const LinkFacts* now = link_of(gpu, then.link);
    if (then.active.value.value_or(false) && (now == nullptr || now->active.value == false)) {
      looks.comparison.differs.push_back(what + " was active at the first look and no longer is.");
      continue;
    }
    if (now == nullptr) {
      continue;  // it was inactive
    }
    if_still_shown(looks.comparison, "Whether " + what + " is active", now->active, then.active,
                   [](bool, bool) {});
    compare_recoveries(what, *now, then, looks);
  }
}

/// The share of the time between two looks for which heat held the clocks down.
void compare_heat(const GpuFacts& gpu, const GpuFacts& before, const Pairing& looks) {
  if (word(looks.order, "thermal_slowdown") != "none") {
    return;
  }
  const std::string what = named(gpu) + "'s time of thermal slowdown";
  if_still_shown(looks.comparison, what, gpu.slowed_thermal_us, before.slowed_thermal_us,
                 [&](std::int64_t now, std::int64_t then) {
                   if (now < then && looks.same_start) {
                     looks.comparison.differs.push_back(
                         what + " fell from " + std::to_string(then) + " us to " +
                         std::to_string(now) + " us between the looks.");
                   }
                   if (now <= then) {
                     return;
                   }
                   const std::int64_t passed =
                       gpu.clock_us.value.value_or(0) - before.clock_us.value.value_or(0);
                   const Natural percents = static_cast<Natural>(now - then) * 100;
                   looks.comparison.differs.push_back(
                       what + " grew by " + std::to_string(now - then) + " us between the looks" +
                       (passed > 0 ? ", " + significant({percents, static_cast<Natural>(passed)}) +
                                         " % of the time"
                                   : "") +
                       ".");
                 });
}

void compare_clock(const GpuFacts& gpu, const GpuFacts& before, const Pairing& looks) {
  const std::string what = named(gpu) + "'s clock";
  if_still_shown(looks.comparison, what, gpu.clock_us, before.clock_us,
                 [&](std::int64_t now, std::int64_t then) {
                   if (now < then && looks.same_start) {
                     looks.comparison.differs.push_back(
                         what + " ran backwards between the looks: from " + std::to_string(then) +
                         " us to " + std::to_string(now) + " us.");
                   }
                 });
}

void compare_gpu(const GpuFacts& gpu, const GpuFacts& before, const Pairing& looks) {
  if (before.uuid.value && gpu.uuid.value && *gpu.uuid.value != *before.uuid.value) {
    looks.comparison.differs.push_back(
        named(gpu) + " is another GPU than at the first look: UUID '" + *gpu.uuid.value +
        "' instead of '" + *before.uuid.value + "'.");
    return;
  }
  if_still_shown(looks.comparison, named(gpu) + "'s UUID", gpu.uuid, before.uuid,
                 [](const auto&, const auto&) {});
  compare_kept(k_texts, gpu, before, looks.comparison);
  compare_kept(k_switches, gpu, before, looks.comparison);
  compare_kept(k_numbers, gpu, before, looks.comparison);
  compare_lifelong(gpu, before, looks.comparison);
  compare_clock(gpu, before, looks);
  compare_links(gpu, before, looks);
  compare_heat(gpu, before, looks);
}

/// What counts from a start on says nothing of what came before it: not all is shown then. It is no
/// REJECT, since nobody ordered that a machine isn't started again or its driver renewed.
void compare_starts(const MachineFacts& found, const MachineFacts& before, Comparison& comparison) {
  const auto none = [](const auto&) {};
  if_shown(comparison, "The kernel's boot id at the first look", before.host.boot_id, none);
  const auto compare = [&](const std::string& what, const Fact<std::string>& fact,
                           const Fact<std::string>& then, const std::string& lost) {
    if_still_shown(comparison, what, fact, then,
                   [&](const std::string& now, const std::string& first) {
                     if (now != first) {
                       comparison.not_shown.push_back(moved(what, first, now) + lost);
                     }
                   });
  };
  compare("The kernel's boot id", found.host.boot_id, before.host.boot_id,
          " The kernel log and the driver's counts began anew in between.");
  compare("The driver's version", found.driver, before.driver,
          " The driver's counts began anew in between.");
}

/// A kernel started again may count its memory a little differently.
void compare_host(const HostFacts& host, const HostFacts& before, const Pairing& looks) {
  const auto compare = [&](const std::string& what, const Fact<std::int64_t>& fact,
                           const Fact<std::int64_t>& then, bool exactly) {
    if_still_shown(looks.comparison, what, fact, then, [&](std::int64_t now, std::int64_t first) {
      if (now < first && exactly) {
        looks.comparison.differs.push_back(moved(what, first, now));
      }
    });
  };
  compare("The number of CPU cores", host.cpu_cores, before.cpu_cores, true);
  compare("The host's memory in bytes", host.memory_bytes, before.memory_bytes, looks.same_start);
}

}  // namespace

void compare_with_before(const Order& order, const MachineFacts& found, const MachineFacts& before,
                         Comparison& comparison) {
  const Pairing looks{order, !started_again(found, before), comparison};
  compare_starts(found, before, comparison);
  for (const GpuFacts& gpu : found.gpus) {
    const GpuFacts* then = gpu_in(before, gpu.index);
    if (then != nullptr && gpu.lost.empty()) {
      compare_gpu(gpu, *then, looks);
    }
  }
  if (!order.gpu) {
    compare_host(found.host, before.host, looks);
  }
}

}  // namespace assay
