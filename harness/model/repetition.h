// What a wrong step did when it was done again: a transient fault or a steady one, and whether a
// neighbour has it, too. For people: it decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/roster.h"

namespace assay {

/// How often a wrong step is done again at each place.
inline constexpr std::uint32_t k_repetitions = 100;

/// Where the first wrong step of `attempt` is done again after it was on its own item: on the item
/// that follows it among `items`, beginning anew after the last, of those on which nothing under
/// its clause has ended badly. None: there is no such item. `items`: those of the attempt's node
/// that its clause binds. `attempts`: of that node so far.
[[nodiscard]] std::optional<ItemIndex> neighbour_of(const Attempt& attempt,
                                                    const std::vector<ItemIndex>& items,
                                                    const std::vector<Attempt>& attempts);

/// " Its first wrong step, done 100 times again there, was wrong 100 of 100 times: steady. On
/// b200/00000/gpu1 ...": what follows the sentence of a wrong result; "" where nothing was
/// repeated.
[[nodiscard]] std::string text_of_repetitions(const Attempt& attempt,
                                              const std::vector<Item>& roster);

}  // namespace assay
