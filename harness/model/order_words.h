// Reading an order's parameters and saying what differs. For the .cpp files that compare.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "harness/model/as_ordered.h"
#include "harness/model/natural.h"

namespace assay {

/// The word, or "" where the contract has no such parameter.
[[nodiscard]] inline std::string_view word(const Order& order, const std::string& param) {
  const auto found = order.clause.params.find(param);
  return found == order.clause.params.end() ? std::string_view() : std::string_view(found->second);
}

/// The number that a parameter states; none for "unstated" and "any". "none" is 0.
[[nodiscard]] inline std::optional<std::int64_t> number(const Order& order,
                                                        const std::string& param) {
  const std::string_view text = word(order, param);
  if (text == "none") {
    return 0;
  }
  const auto value = natural_from(text);
  constexpr Natural k_largest = std::numeric_limits<std::int64_t>::max();
  return value ? std::optional(static_cast<std::int64_t>(std::min(*value, k_largest)))
               : std::nullopt;
}

[[nodiscard]] inline std::string named(const GpuFacts& gpu) {
  return "gpu" + std::to_string(gpu.index);
}

/// The GPU of that number; nullptr if it isn't there or doesn't answer.
[[nodiscard]] inline const GpuFacts* gpu_in(const MachineFacts& facts, std::uint32_t index) {
  const auto found = std::find_if(facts.gpus.begin(), facts.gpus.end(),
                                  [index](const GpuFacts& gpu) { return gpu.index == index; });
  return found == facts.gpus.end() || !found->lost.empty() ? nullptr : &*found;
}

/// Whether both looks show the fact, and another one.
[[nodiscard]] inline bool differ(const Fact<std::string>& fact, const Fact<std::string>& then) {
  return fact.value && then.value && *fact.value != *then.value;
}

/// Whether the kernel was started again between two looks: its log begins anew then.
[[nodiscard]] inline bool kernel_started_again(const MachineFacts& found,
                                               const MachineFacts& before) {
  return differ(found.host.boot_id, before.host.boot_id);
}

/// Whether it was, or its driver was renewed.
[[nodiscard]] inline bool started_again(const MachineFacts& found, const MachineFacts& before) {
  return kernel_started_again(found, before) || differ(found.driver, before.driver);
}

/// Calls `judge(value)` if the fact is shown, and says that it is not otherwise.
template <class T, class Judge>
void if_shown(Comparison& comparison, const std::string& what, const Fact<T>& fact, Judge judge) {
  if (fact.value) {
    judge(*fact.value);
  } else {
    comparison.not_shown.push_back(what + " is not shown (" + fact.reason + ").");
  }
}

}  // namespace assay
