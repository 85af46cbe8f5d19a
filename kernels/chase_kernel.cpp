#include "kernels/chase_kernel.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/findings.h"

namespace assay {
namespace {

constexpr std::uint64_t k_poison = 0x7ff8'dead'dead'deadULL;  // No node.
constexpr double k_log2_nothing_missed = -1024.0;  // As of memory passes: compared exactly.

}  // namespace

LatencyProblem ChaseKernel::sized(const LatencyProblem& problem, std::uint64_t cache_bytes) {
  LatencyProblem made = problem;
  made.array_bytes = made.array_bytes != 0 ? made.array_bytes : 4 * cache_bytes;
  return made;
}

Result<Done> ChaseKernel::well_sized(const LatencyProblem& problem) {
  if (problem.array_bytes / 64 < k_tuples) {
    return Error{Error::Code::bad_input, "an array to be chased through has at least 256 KiB"};
  }
  return Done{};
}

std::uint64_t ChaseKernel::position_of(std::uint64_t tuple) const {
  return tuple * (cycle_.nodes() / k_tuples);
}

std::uint64_t ChaseKernel::expected(const Step& step) const {
  const std::uint64_t nodes = cycle_.nodes();
  return cycle_.node_at((position_of(step.tuple) + problem_.loads % nodes) % nodes);
}

Result<Done> ChaseKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto done = set_end(step.slot, k_poison); !done) {
      return done;
    }
  }
  return Done{};
}

Result<Done> ChaseKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto done = chase(cycle_.node_at(position_of(step.tuple)), step.slot); !done) {
      return done;
    }
  }
  return wait();
}

Result<std::vector<std::uint8_t>> ChaseKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    const auto end = end_in(step.slot);
    if (!end) {
      return end.error();
    }
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(*end >> (8 * byte)));
    }
  }
  return bytes;
}

Result<CheckResult> ChaseKernel::check(std::span<const Step> steps, const Seed& /*challenge*/,
                                       std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto end = end_in(steps[i].slot);
    if (!end) {
      return end.error();
    }
    if (const std::uint64_t right = expected(steps[i]); *end != right) {
      found[i] = Mismatch{.expected = std::to_string(right), .actual = std::to_string(*end)};
    }
  }
  return summed_up(std::move(found), full.size(), k_log2_nothing_missed);
}

Result<Done> ChaseKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const auto end = end_in(slot);
  return end ? set_end(slot, *end ^ (std::uint64_t{1} << bit)) : Result<Done>(end.error());
}

}  // namespace assay
