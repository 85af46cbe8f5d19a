#include "kernels/host/memory_kernel.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/outputs.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using memory::k_drawn_lines;
using memory::k_lattice;
using memory::k_line;
using memory::k_place_stream;
using memory::k_poison;
using memory::k_slack;

std::uint64_t elements_of(const MemoryProblem& problem) {
  const std::uint64_t bytes =
      problem.array_bytes != 0 ? problem.array_bytes : 4 * last_level_cache_bytes();
  return bytes / 64 * k_line;
}

}  // namespace

Result<Done> MemoryKernel::supports(const MemoryProblem& problem) {
  const std::uint64_t elements = elements_of(problem);
  if (elements == 0) {
    return problem.array_bytes != 0
               ? Error{Error::Code::bad_input, "an array has at least 64 bytes"}
               : Error{Error::Code::unsupported,
                       "the size of the caches is unknown here: array_bytes must be given"};
  }
  const std::uint64_t needed = arrays_of(problem) * (elements + k_slack) * 8;
  const std::uint64_t available = available_memory_bytes();
  if (elements > available || needed > available) {
    return Error{Error::Code::unsupported, "memory " + std::string(name_of(problem.op)) +
                                               " needs " + std::to_string(needed >> 20U) +
                                               " MiB, and " + std::to_string(available >> 20U) +
                                               " MiB of memory are available"};
  }
  return Done{};
}

Result<std::unique_ptr<MemoryKernel>> MemoryKernel::prepare(const MemoryProblem& problem,
                                                            const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<MemoryKernel>(problem, seed);
  if (auto filled = kernel->fill(); !filled) {
    return filled.error();
  }
  return kernel;
}

MemoryKernel::MemoryKernel(const MemoryProblem& problem, const Seed& seed)
    : problem_(problem),
      pattern_(seed, problem.op == MemoryProblem::Op::triad),
      elements_(elements_of(problem)),
      pool_(allowed_cpus()) {
  const std::uint64_t lines = elements_ / k_line;
  const std::uint64_t threads = pool_.threads();
  for (std::uint64_t i = 0; i < threads; ++i) {
    const std::uint64_t first = lines / threads * i + std::min(i, lines % threads);
    const std::uint64_t last = lines / threads * (i + 1) + std::min(i + 1, lines % threads);
    parts_.push_back({.first = first * k_line, .elements = (last - first) * k_line});
  }
}

Result<Done> MemoryKernel::fill() {
  const std::uint64_t bytes = (elements_ + k_slack) * 8;
  for (Buffer* buffer : {&b_, reads() ? nullptr : &to_, adds() ? &c_ : nullptr}) {
    if (buffer == nullptr) {
      continue;
    }
    auto memory = Buffer::of_bytes(bytes);
    if (!memory) {
      return memory.error();
    }
    *buffer = std::move(*memory);
  }
  // Each part is touched first by the thread that will work on it; the last also by its slack.
  pool_.run([this](std::uint32_t thread) {
    Part& part = parts_[thread];
    const bool last = thread + 1 == parts_.size();
    const std::uint64_t end = part.first + part.elements + (last ? k_slack : 0);
    for (std::uint64_t i = part.first; i < end; ++i) {
      b_.as<std::uint64_t>()[i] = memory::source_word(pattern_, pattern_.b, i);
      if (adds()) {
        c_.as<std::uint64_t>()[i] = memory::source_word(pattern_, pattern_.c, i);
      }
      if (!reads()) {
        to_.as<std::uint64_t>()[i] = k_poison;
      }
    }
    if (reads()) {
      count_ones(part);
    }
    part.sum = k_poison;
  });
  return Done{};
}

void MemoryKernel::count_ones(Part& part) const {
  for (std::uint64_t i = part.first; i < part.first + part.elements; ++i) {
    const std::uint64_t word = memory::source_word(pattern_, pattern_.b, i);
    for (std::uint64_t bit = 0; bit < 64; ++bit) {
      part.ones[bit] += (word >> bit) & 1U;
    }
  }
}

std::uint64_t MemoryKernel::expected(const memory::Tuple& tuple, std::uint64_t word) const {
  if (reads()) {
    const Part& part = parts_[word];
    return memory::keyed_sum(part.ones, part.elements, tuple.key);
  }
  return memory::written_word(pattern_, tuple.shift, word);
}

std::uint64_t MemoryKernel::output_words() const {
  return reads() ? parts_.size() : elements_;
}

std::uint64_t& MemoryKernel::output(std::uint64_t word) {
  return reads() ? parts_[word].sum : to_.as<std::uint64_t>()[word];
}

Ran MemoryKernel::ran() const {
  const bool streams = problem_.non_temporal && !reads();
  return {.software = "assay",
          .version = "1",
          .kernel = std::string(name_of(problem_.op)) + (streams ? ":non_temporal" : ""),
          .isa = std::string(name_of(own_vectors())),
          .threads = pool_.threads()};
}

Natural MemoryKernel::work_per_step() const {
  return Natural{8} * arrays_of(problem_) * elements_;
}

Result<Done> MemoryKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known || steps.empty()) {
    return known;
  }
  const std::uint64_t stride = std::max<std::uint64_t>(output_words() / k_lattice, 1);
  for (std::uint64_t word = 0; word < output_words(); word += stride) {
    output(word) = k_poison;
  }
  return Done{};
}

Result<Done> MemoryKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    const memory::Tuple with = memory::tuple_of(step.tuple);
    pool_.run([&](std::uint32_t thread) {
      Part& part = parts_[thread];
      Pass pass{.op = problem_.op,
                .non_temporal = problem_.non_temporal,
                .elements = part.elements,
                .b = b_.as<std::uint64_t>() + part.first,
                .scalar = static_cast<double>(with.shift.scalar),
                .key = with.key};
      if (reads()) {
        part.sum = move_memory(pass);
        return;
      }
      pass.to = to_.as<std::uint64_t>() + part.first;
      pass.b += with.shift.b;
      if (adds()) {
        pass.c = c_.as<std::uint64_t>() + part.first + with.shift.c;
      }
      static_cast<void>(move_memory(pass));
    });
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> MemoryKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  std::vector<std::uint64_t> words;
  if (reads()) {
    words.push_back(0);  // The parts are this machine's business; their sum is not.
    for (const Part& part : parts_) {
      words.front() += part.sum;
    }
  } else {
    const std::uint64_t stride = std::max<std::uint64_t>(output_words() / k_lattice, 1);
    for (std::uint64_t word = 0; word < output_words(); word += stride) {
      const std::uint64_t bits = output(word);
      words.push_back(adds() ? witness_of_bits(NumberType::f64, bits) : bits);
    }
  }
  std::vector<std::uint8_t> bytes;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const std::uint64_t word : words) {
      for (unsigned byte = 0; byte < 8; ++byte) {
        bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
      }
    }
  }
  return bytes;
}

Result<Done> MemoryKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  output(bit / 64) ^= std::uint64_t{1} << (bit % 64);
  return Done{};
}

Mismatch MemoryKernel::mismatch(std::uint64_t word, std::uint64_t expected) {
  const std::uint64_t actual = output(word);
  if (adds()) {
    return {.index = word,
            .expected = text_of_bits(NumberType::f64, expected),
            .actual = text_of_bits(NumberType::f64, actual)};
  }
  return {.index = word, .expected = std::to_string(expected), .actual = std::to_string(actual)};
}

std::optional<Mismatch> MemoryKernel::check_places(const Step& step, const Keyed& draw) {
  const memory::Tuple with = memory::tuple_of(step.tuple);
  const std::uint64_t words = output_words();
  const std::uint64_t line = std::min(k_line, words);
  const std::uint64_t places = reads() ? 1 : k_drawn_lines;
  for (std::uint64_t place = 0; place < places; ++place) {
    const std::uint64_t first = reads() ? 0 : draw.below(place, (words + line - 1) / line) * line;
    const std::uint64_t end = reads() ? words : std::min(first + line, words);
    for (std::uint64_t word = first; word < end; ++word) {
      const std::uint64_t right = expected(with, word);
      if (output(word) != right) {
        return mismatch(word, right);
      }
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> MemoryKernel::check_whole(const Step& step) {
  if (reads()) {
    return std::nullopt;  // All of its few words are checked in any case.
  }
  const memory::Tuple with = memory::tuple_of(step.tuple);
  std::vector<std::uint64_t> first_wrong(parts_.size(), elements_);
  pool_.run([&](std::uint32_t thread) {
    const Part& part = parts_[thread];
    const std::uint64_t end = part.first + part.elements;
    const std::uint64_t found =
        first_difference(pattern_, with.shift, to_.as<std::uint64_t>(), part.first, end);
    first_wrong[thread] = found == end ? elements_ : found;
  });
  const std::uint64_t word = *std::min_element(first_wrong.begin(), first_wrong.end());
  if (word == elements_) {
    return std::nullopt;
  }
  return mismatch(word, expected(with, word));
}

Result<CheckResult> MemoryKernel::check(std::span<const Step> steps, const Seed& challenge,
                                        std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    found[i] = check_places(steps[i], Keyed(challenge, k_place_stream + i));
  }
  for (const std::uint32_t index : full) {
    if (auto whole = check_whole(steps[index])) {
      found[index] = std::move(whole);
    }
  }
  return summed_up(std::move(found), full.size(), memory::k_log2_nothing_missed);
}

}  // namespace assay
