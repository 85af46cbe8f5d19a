#include "harness/model/as_ordered.h"

#include <algorithm>
#include <array>
#include <set>

#include "harness/model/exact.h"
#include "harness/model/how_many.h"
#include "harness/model/order_changes.h"
#include "harness/model/order_health.h"
#include "harness/model/order_words.h"
#include "harness/model/order_xids.h"
#include "harness/model/power_limit.h"

namespace assay {
namespace {

constexpr std::string_view k_inventory = "system.inventory";
constexpr std::string_view k_health = "system.health";
constexpr std::size_t k_most_sentences = 20;

/// What an inventory clause orders of the host; the rest is of the GPUs.
constexpr std::array<const char*, 2> k_of_host{"cpu_cores", "host_memory_gib"};

bool states(const Order& order, std::string_view param) {
  return word(order, std::string(param)) != "unstated";
}

bool is_of_host(std::string_view param) {
  return std::find(k_of_host.begin(), k_of_host.end(), param) != k_of_host.end();
}

bool allows(const OrderParam& param, std::string_view text) {
  const bool is_word = std::find(param.words.begin(), param.words.end(), text) != param.words.end();
  const auto value = natural_from(text);
  return is_word || (param.whole && value && *value > 0);
}

std::string bad_param(const Order& order) {
  for (const OrderParam& param : order_params(order.clause.case_id)) {
    const std::string_view text = word(order, std::string(param.name));
    if (!allows(param, text)) {
      return "params." + std::string(param.name) + ": " +
             (text.empty() ? "missing" : "'" + std::string(text) + "' is none of its words");
    }
  }
  return "";
}

std::string bytes(std::int64_t value) {
  return to_decimal(static_cast<Natural>(value)) + " bytes";
}

/// value < limit, exactly.
bool is_below(std::int64_t value, std::int64_t per_base, const Ratio& limit) {
  return std::is_lt(compare({static_cast<Natural>(value), static_cast<Natural>(per_base)}, limit));
}

void compare_switch(const Order& order, Comparison& comparison, const std::string& name,
                    const Fact<bool>& fact, const std::string& what) {
  const std::string_view ordered = word(order, name);
  if (ordered != "on" && ordered != "off") {
    return;
  }
  if_shown(comparison, what, fact, [&](bool on) {
    if (on != (ordered == "on")) {
      comparison.differs.push_back(what + " is " + (on ? "on" : "off") + "; ordered is " +
                                   std::string(ordered) + ".");
    }
  });
}

void compare_number(const Order& order, Comparison& comparison, const std::string& name,
                    const Fact<std::int64_t>& fact, const std::string& what) {
  const auto ordered = number(order, name);
  if (!ordered) {
    return;
  }
  if_shown(comparison, what, fact, [&](std::int64_t value) {
    if (value < *ordered) {
      comparison.differs.push_back(what + " is " + std::to_string(value) + "; ordered is " +
                                   std::to_string(*ordered) + ".");
    }
  });
}

void compare_links(const Order& order, const GpuFacts& gpu, Comparison& comparison) {
  const auto ordered = number(order, "nvlinks");
  if (!ordered) {
    return;
  }
  if (static_cast<std::int64_t>(gpu.nvlinks.size()) < *ordered) {
    comparison.differs.push_back(named(gpu) + " shows " + std::to_string(gpu.nvlinks.size()) +
                                 " NVLinks; ordered are " + std::to_string(*ordered) + ".");
  }
  for (const LinkFacts& link : gpu.nvlinks) {
    const std::string what = named(gpu) + "'s NVLink " + std::to_string(link.link);
    if_shown(comparison, "Whether " + what + " is active", link.active, [&](bool active) {
      if (!active) {
        comparison.differs.push_back(what + " is inactive.");
      }
    });
  }
}

void compare_power(const Gpus& ordered, const GpuFacts& gpu, Comparison& comparison) {
  if (!ordered.power_limit) {
    return;
  }
  const std::string what = named(gpu) + "'s enforced power limit";
  if_shown(comparison, what, gpu.power_limit_mw, [&](std::int64_t value) {
    if (!is_stated(value, *ordered.power_limit)) {
      comparison.differs.push_back(what + " is " + watts(value) + "; ordered are " +
                                   ordered.power_limit->text + ".");
    }
  });
}

void compare_gpu(const Order& order, const GpuFacts& gpu, Comparison& comparison) {
  const Gpus& ordered = *order.line.gpus;
  if_shown(comparison, named(gpu) + "'s model", gpu.model, [&](const std::string& model) {
    if (model != ordered.model) {
      comparison.differs.push_back(named(gpu) + " is '" + model + "'; ordered is '" +
                                   ordered.model + "'.");
    }
  });
  if (ordered.memory) {
    if_shown(comparison, named(gpu) + "'s memory", gpu.memory_bytes, [&](std::int64_t value) {
      if (is_below(value, 1, ordered.memory->base)) {
        comparison.differs.push_back(named(gpu) + " has " + bytes(value) +
                                     " of memory; ordered are " + ordered.memory->text + ".");
      }
    });
  }
  compare_power(ordered, gpu, comparison);
  compare_switch(order, comparison, "ecc", gpu.ecc, named(gpu) + "'s ECC");
  compare_switch(order, comparison, "mig", gpu.mig, named(gpu) + "'s MIG mode");
  compare_links(order, gpu, comparison);
  compare_number(order, comparison, "pcie_width", gpu.pcie_width, named(gpu) + "'s PCIe width");
  // The current generation falls while a GPU is idle; what the link can do doesn't.
  compare_number(order, comparison, "pcie_generation", gpu.pcie_generation_max,
                 named(gpu) + "'s PCIe generation");
}

/// A serial number may be hidden, a UUID may not: without one nobody can count.
void compare_identities(const MachineFacts& found, Comparison& comparison) {
  std::set<std::string> uuids;
  std::set<std::string> serials;
  for (const GpuFacts& gpu : found.gpus) {
    if (!gpu.lost.empty()) {
      continue;
    }
    if_shown(comparison, named(gpu) + "'s UUID", gpu.uuid, [&](const std::string& uuid) {
      if (!uuids.insert(uuid).second) {
        comparison.differs.push_back(named(gpu) + " has the UUID '" + uuid +
                                     "', which is another GPU's too.");
      }
    });
    if (gpu.serial.value && !serials.insert(*gpu.serial.value).second) {
      comparison.differs.push_back(named(gpu) + " has the serial number '" + *gpu.serial.value +
                                   "', which is another GPU's too.");
    }
  }
}

/// Every GPU that is ordered answers, and no other: "all N were checked" with none read is no
/// check.
void compare_presence(const Order& order, const MachineFacts& found, Comparison& comparison) {
  const std::uint32_t ordered = order.line.gpus->count;
  if_shown(comparison, "The number of GPUs", found.gpu_count, [&](std::int64_t count) {
    if (count != ordered) {
      comparison.differs.push_back(how_many(static_cast<Natural>(count), "GPU") +
                                   " found; ordered: " + std::to_string(ordered) + ".");
    }
  });
  std::set<std::uint32_t> seen;
  for (const GpuFacts& gpu : found.gpus) {
    if (!seen.insert(gpu.index).second) {
      comparison.differs.push_back(named(gpu) + " stands twice.");
    }
    if (!gpu.lost.empty()) {
      comparison.differs.push_back(named(gpu) + " doesn't answer (" + gpu.lost + ").");
    }
  }
  for (std::uint32_t index = 0; index < ordered; ++index) {
    if ((!order.gpu || *order.gpu == index) && !seen.contains(index)) {
      comparison.differs.push_back("gpu" + std::to_string(index) + " is missing.");
    }
  }
}

void compare_host(const Order& order, const HostFacts& host, Comparison& comparison) {
  constexpr std::int64_t k_gib = std::int64_t{1} << 30U;
  compare_number(order, comparison, "cpu_cores", host.cpu_cores, "The number of CPU cores");
  const auto gib = number(order, "host_memory_gib");
  if (!gib) {
    return;
  }
  if_shown(comparison, "The host's memory", host.memory_bytes, [&](std::int64_t value) {
    if (value / k_gib < *gib) {
      comparison.differs.push_back("The host has " + bytes(value) + " of memory; ordered are " +
                                   std::to_string(*gib) + " GiB.");
    }
  });
}

Comparison compare_inventory(const Order& order, const MachineFacts& found) {
  Comparison comparison;
  if (order.line.gpus) {
    compare_presence(order, found, comparison);
    compare_identities(found, comparison);
    for (const GpuFacts& gpu : found.gpus) {
      if (gpu.lost.empty()) {
        compare_gpu(order, gpu, comparison);
      }
    }
  }
  if (!order.gpu) {
    compare_host(order, found.host, comparison);
  }
  return comparison;
}

Comparison compare_health(const Order& order, const MachineFacts& found,
                          const MachineFacts* before) {
  Comparison comparison;
  compare_presence(order, found, comparison);
  compare_health_of_gpus(order, found, comparison);
  if (before == nullptr) {
    require_baseline(order, found, comparison);
  } else {
    compare_with_before(order, found, *before, comparison);
  }
  compare_xids(order, found, before, comparison);
  return comparison;
}

/// An order of a line without GPUs: something must be ordered of the host, and nothing of GPUs.
std::string fault_of_host_order(const Order& order) {
  bool anything = false;
  for (const OrderParam& param : order_params(order.clause.case_id)) {
    if (!states(order, param.name)) {
      continue;
    }
    if (!is_of_host(param.name)) {
      return "params." + std::string(param.name) + ": inventory line '" + order.line.id +
             "' has no gpus; write 'unstated'";
    }
    anything = true;
  }
  return anything ? ""
                  : "params: nothing is ordered of inventory line '" + order.line.id +
                        "', so that anything would match";
}

std::string note_of(const Comparison& comparison) {
  const auto& sentences = comparison.differs.empty() ? comparison.not_shown : comparison.differs;
  std::string note;
  for (std::size_t i = 0; i < std::min(sentences.size(), k_most_sentences); ++i) {
    note += (note.empty() ? "" : " ") + sentences[i];
  }
  if (sentences.size() > k_most_sentences) {
    note += " And " + std::to_string(sentences.size() - k_most_sentences) + " more.";
  }
  return note;
}

}  // namespace

Order order_of(const Contract& contract, const Clause& clause, const Item& item) {
  return {.line = contract.inventory[item.line], .clause = clause, .gpu = gpu_of_item(item.id)};
}

bool is_finding(std::string_view case_id) {
  return case_id == k_inventory || case_id == k_health;
}

bool looks_twice(std::string_view case_id) {
  return case_id == k_health;
}

const std::vector<OrderParam>& order_params(std::string_view case_id) {
  static const std::vector<OrderParam> inventory{
      {"cpu_cores", "physical cores of the host, at least", {"unstated"}, true},
      {"ecc", "ECC of each GPU's memory", {"on", "off", "unstated"}},
      {"host_memory_gib",
       "the host's memory as its kernel counts it, in GiB, at least",
       {"unstated"},
       true},
      {"mig", "MIG mode of each GPU", {"on", "off", "unstated"}},
      {"nvlinks", "active NVLinks of each GPU", {"unstated"}, true},
      {"pcie_generation",
       "PCIe generation that each GPU's link can do, at least",
       {"unstated"},
       true},
      {"pcie_width", "lanes of each GPU's PCIe link, at least", {"unstated"}, true}};
  static const std::vector<OrderParam> health{
      {"nvlink_recoveries",
       "times that each NVLink trained again between the looks, at most",
       {"none", "any"},
       true},
      {"remapped_rows", "rows remapped over the life of each GPU, at most", {"none", "any"}, true},
      {"thermal_slowdown",
       "time for which heat holds clocks down between the looks",
       {"none", "any"}},
      {"xid_counted",
       "Xids in the kernel log that fail no GPU by themselves, at most",
       {"none", "any"},
       true}};
  return case_id == k_inventory ? inventory : health;
}

std::string fault_of_order(const Order& order) {
  if (std::string bad = bad_param(order); !bad.empty()) {
    return bad;
  }
  if (order.line.gpus) {
    return "";
  }
  return order.clause.case_id == k_inventory ? fault_of_host_order(order)
                                             : "population: inventory line '" + order.line.id +
                                                   "' has no gpus, whose health could be judged";
}

Comparison as_ordered(const Order& order, const MachineFacts& found, const MachineFacts* before) {
  if (const std::string fault = fault_of_order(order); !fault.empty()) {
    return {.differs = {}, .not_shown = {fault + "."}};
  }
  return order.clause.case_id == k_inventory ? compare_inventory(order, found)
                                             : compare_health(order, found, before);
}

Found state_of(const Order& order, const MachineFacts& found, const MachineFacts* before) {
  const Comparison comparison = as_ordered(order, found, before);
  const bool judged = !comparison.differs.empty() || comparison.matches();
  const bool one = order.gpu && found.gpus.size() == 1 && found.gpus[0].uuid.value;
  const bool gone = order.gpu && (found.gpus.empty() || !found.gpus[0].lost.empty());
  const Ending compared = gone ? Ending::device_lost : Ending::measured;
  return {.ending = judged ? compared : Ending::no_telemetry,
          .matching = comparison.matches() ? 1U : 0U,
          .note = note_of(comparison),
          .serial = one ? *found.gpus[0].uuid.value : ""};
}

std::optional<std::uint32_t> gpu_of_item(std::string_view item) {
  constexpr std::string_view k_gpu = "gpu";
  constexpr std::size_t k_most_digits = 4;
  const std::size_t slash = item.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? item : item.substr(slash + 1);
  if (!last.starts_with(k_gpu) || last.size() > k_gpu.size() + k_most_digits) {
    return std::nullopt;
  }
  const auto number = natural_from(last.substr(k_gpu.size()));
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

}  // namespace assay
