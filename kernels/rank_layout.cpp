#include "kernels/rank_layout.h"

#include <algorithm>
#include <numeric>

#include "kernels/number_bits.h"

namespace assay::ranks {
namespace {

using Op = CollectiveProblem::Op;

constexpr std::uint64_t k_order_stream = 15;
constexpr std::uint64_t k_rank_stream = 16;  // the first of one for each rank
constexpr std::uint64_t k_slots_bytes = std::uint64_t{64} << 20U;
// A batch ends within the worker's deadline even where ranks wait long for a CPU.
constexpr std::uint32_t k_most_slots = 32;
constexpr std::uint64_t k_witnesses = 64;

bool sums(Op op) {
  return op == Op::all_reduce || op == Op::reduce_scatter;
}

/// Whether `bytes` are those of all ranks' parts together.
bool has_parts(Op op) {
  return op == Op::reduce_scatter || op == Op::all_gather || op == Op::all_to_all;
}

std::uint64_t line_up(std::uint64_t bytes) {
  return (bytes + k_line - 1) / k_line * k_line;
}

/// Of links a message from each rank.
std::uint64_t slot_bytes_of(const CollectiveProblem& problem) {
  return problem.bytes * (problem.op == Op::links ? problem.ranks : 1);
}

/// Sums, or operands of the rank that each part comes from.
std::vector<Source> parts_of(const CollectiveProblem& problem, std::uint32_t rank,
                             std::uint64_t count) {
  const std::uint32_t ranks = problem.ranks;
  switch (problem.op) {
    case Op::all_reduce: return {{.rank = 0, .count = ranks, .first = 0}};
    case Op::reduce_scatter: return {{.rank = 0, .count = ranks, .first = rank * count}};
    case Op::broadcast: return rank == 0 ? std::vector<Source>{} : std::vector<Source>{{}};
    case Op::send_recv:
    case Op::transport: return {{.rank = (rank + ranks - 1) % ranks}};
    case Op::all_gather:
    case Op::all_to_all:
    case Op::links: break;
  }
  std::vector<Source> parts;
  for (std::uint32_t from = 0; from < ranks; ++from) {
    const bool is_there = problem.op != Op::links || from != rank;  // no message to itself
    if (is_there) {
      parts.push_back(
          {.rank = from, .first = problem.op == Op::all_to_all ? rank * count : 0, .place = from});
    }
  }
  return parts;
}

}  // namespace

std::uint64_t amplitude_of(const CollectiveProblem& problem) {
  const std::uint64_t largest = problem.type == NumberType::bf16 ? 256 : std::uint64_t{1} << 24U;
  return sums(problem.op) ? largest / problem.ranks : largest;
}

std::vector<Keyed> draws_of(const CollectiveProblem& problem, const Seed& seed) {
  std::vector<Keyed> draws;
  for (std::uint32_t rank = 0; rank < problem.ranks; ++rank) {
    draws.emplace_back(seed, k_rank_stream + rank);
  }
  return draws;
}

Layout layout_of(const CollectiveProblem& problem, std::uint32_t rank) {
  const std::uint64_t size = bytes_of(problem.type);
  const std::uint64_t bytes = problem.bytes;
  const std::uint64_t part = has_parts(problem.op) ? bytes / problem.ranks : bytes;
  const bool gathers = problem.op == Op::all_gather;
  Layout layout;
  layout.count = part / size;
  layout.input_bytes = gathers ? part : bytes;
  layout.input_at = gathers && problem.in_place ? rank * part : 0;
  const bool scatters = problem.op == Op::reduce_scatter && !problem.in_place;
  layout.slot_bytes = scatters ? part : slot_bytes_of(problem);
  layout.slot_stride = line_up(slot_bytes_of(problem));
  layout.parts = parts_of(problem, rank, layout.count);
  layout.witness_step = std::max<std::uint64_t>(layout.count / k_witnesses, 1);
  return layout;
}

std::uint32_t slots_of(const CollectiveProblem& problem) {
  const std::uint64_t fit =
      k_slots_bytes / std::max<std::uint64_t>(line_up(slot_bytes_of(problem)), 1);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fit, 2, k_most_slots));
}

Result<Done> well_sized(const CollectiveProblem& problem) {
  const std::uint64_t size = bytes_of(problem.type);
  const std::uint64_t unit = size * (has_parts(problem.op) ? problem.ranks : 1);
  if (problem.bytes == 0 || problem.bytes % unit != 0) {
    return Error{Error::Code::bad_input,
                 "no multiple of " + std::to_string(unit) + ", those of one " +
                     std::string(name_of(problem.type)) + (unit > size ? " of each rank" : "")};
  }
  if (amplitude_of(problem) == 0) {
    return Error{Error::Code::unsupported, "no sum of " + std::to_string(problem.ranks) + " " +
                                               std::string(name_of(problem.type)) +
                                               " numbers is exact in every order"};
  }
  return Done{};
}

std::vector<std::uint32_t> places_of(const CollectiveProblem& problem, std::uint32_t places,
                                     const Seed& seed) {
  const Keyed order(seed, k_order_stream);
  std::vector<std::uint32_t> drawn(places);
  std::iota(drawn.begin(), drawn.end(), 0U);
  std::sort(drawn.begin(), drawn.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(order(a), a) < std::pair(order(b), b);
  });
  drawn.resize(problem.ranks);
  return drawn;
}

}  // namespace assay::ranks
