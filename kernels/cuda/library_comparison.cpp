#include "kernels/cuda/library_comparison.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/cuda/library_attention.h"
#include "kernels/number_bits.h"
#include "kernels/product_checks.h"

namespace assay::cuda {
namespace {

constexpr const char* k_ratio = "attention_own_of_library_ppm";
constexpr int k_times = 5;  // The first pays for loading the kernel.

using Nanoseconds = std::int64_t;

template <class Launch>
Result<Nanoseconds> least_time(const Launch& launch, cudaStream_t stream) {
  Nanoseconds least = std::numeric_limits<Nanoseconds>::max();
  for (int i = 0; i < k_times; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    if (auto queued = launch(); !queued) {
      return queued.error();
    }
    if (auto done = check(cudaStreamSynchronize(stream), "a step beside the library's"); !done) {
      return done.error();
    }
    const Nanoseconds took =
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
    least = i == 0 ? least : std::min(least, std::max<Nanoseconds>(took, 1));
  }
  return least;
}

/// At the places of the lattice.
Result<std::vector<double>> samples_of(const Outputs& outputs, std::uint32_t slot,
                                       const OutputShape& shape) {
  std::vector<double> samples;
  for (const std::uint64_t element : lattice_of(shape.rows, shape.columns)) {
    const auto bits = outputs.bits(slot, element);
    if (!bits) {
      return bits.error();
    }
    samples.push_back(value_of_bits(shape.type, *bits));
  }
  return samples;
}

/// Own output in slot 0 and the library's in slot 1. Weights and outputs round to 8 bits each, so
/// sums may differ by 2^-7 of the largest.
Result<Done> much_alike(const Outputs& outputs, const OutputShape& shape) {
  const auto own = samples_of(outputs, 0, shape);
  const auto others = samples_of(outputs, 1, shape);
  if (!own || !others) {
    return own ? others.error() : own.error();
  }
  double largest = 0;
  for (const double number : *own) {
    largest = std::max(largest, std::abs(number));
  }
  for (std::size_t i = 0; i < own->size(); ++i) {
    // Not "differs by more": no number at all is no likeness.
    if (!(std::abs((*own)[i] - (*others)[i]) <= std::ldexp(largest, -7))) {
      return Error{Error::Code::unsupported, "the library's output is another one: at sample " +
                                                 std::to_string(i) + " it has " +
                                                 std::to_string((*others)[i]) + ", not " +
                                                 std::to_string((*own)[i])};
    }
  }
  return Done{};
}

Result<std::vector<Noted>> compared(const ComparedStep& step, cudaStream_t stream) {
  auto library = LibraryAttention::make(step.own.problem, stream);
  if (!library) {
    return library.error();
  }
  auto outputs = Outputs::allocate(step.output, 2, 0, stream);
  if (!outputs) {
    return outputs.error();
  }
  AttentionPass own = step.own;
  own.to = outputs->slot(0);
  if (auto bound = (*library)->bind(own.operands, outputs->slot(1)); !bound) {
    return bound.error();
  }
  const auto own_ns = least_time([&] { return attend_by_own(own, stream); }, stream);
  const auto library_ns = least_time([&] { return (*library)->launch(); }, stream);
  if (!own_ns || !library_ns) {
    return own_ns ? library_ns.error() : own_ns.error();
  }
  if (auto alike = much_alike(*outputs, step.output); !alike) {
    return alike.error();
  }
  AttentionClaim claim = step.claim;
  claim.o = outputs->slot(1);
  const auto wrong = check_output(step.check, claim, stream);
  if (!wrong) {
    return wrong.error();
  }
  const double ratio = static_cast<double>(*library_ns) / static_cast<double>(*own_ns);
  return std::vector<Noted>{
      {.name = k_ratio, .value = static_cast<std::int64_t>(ratio * 1e6), .reason = ""},
      {.name = "attention_own_ns", .value = *own_ns, .reason = ""},
      {.name = "attention_library_ns", .value = *library_ns, .reason = ""},
      {.name = "attention_library_version", .value = (*library)->version_number(), .reason = ""},
      {.name = "attention_library_engine", .value = (*library)->engine(), .reason = ""},
      {.name = "attention_library_exact", .value = *wrong ? 0 : 1, .reason = ""}};
}

}  // namespace

std::vector<Noted> compare_with_library(const ComparedStep& step, cudaStream_t stream) {
  auto notes = compared(step, stream);
  return notes ? std::move(*notes)
               : std::vector<Noted>{
                     {.name = k_ratio, .value = std::nullopt, .reason = notes.error().message}};
}

}  // namespace assay::cuda
