// What verification costs, and how near the host's kernels come to what the machine can do.
//
// Everything is a ratio of two rates measured by turns in one run, as the median of several rounds:
// a noisy machine disturbs both.
// Usage: kernels_bench [seconds-per-measurement [rounds [part-of-a-name]]]
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <functional>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/host/attention_kernel.h"
#include "kernels/host/cpu.h"
#include "kernels/host/gemm_kernel.h"
#include "kernels/host/memory_kernel.h"
#include "kernels/host/memory_passes.h"
#include "kernels/host/parallel.h"
#include "kernels/host/pinned_pool.h"

#include "bench/compare.h"
#include "bench/register_loops.h"

namespace assay::bench {
namespace {

constexpr double k_block_seconds = 0.1;  // As a window's shortest block.
constexpr double k_full_share = 0.01;    // Of the time, for full checks, as a window allows.

/// Blocks as a window runs them: poisoned, run, witnessed, a tile of every slot checked, and one
/// slot as a whole whenever that keeps its share.
class VerifiedBlocks {
 public:
  VerifiedBlocks(Kernel& kernel, std::uint32_t steps) : kernel_(&kernel), steps_(steps) {}

  double next() {
    std::vector<Step> steps;
    for (std::uint32_t i = 0; i < steps_; ++i) {
      steps.push_back({.tuple = tuple_++ % kernel_->tuples(), .slot = i % kernel_->slots()});
    }
    const double seconds = seconds_of([&] {
      need(kernel_->poison(steps));
      need(kernel_->run(steps));
      const auto witness = need(kernel_->witness(steps));
      Seed challenge{};
      std::copy_n(witness.begin(), std::min(witness.size(), challenge.size()), challenge.begin());
      check(steps, challenge, {});
      if (full_seconds_ <= k_full_share * seconds_) {
        full_seconds_ += seconds_of(
            [&] { check(steps, challenge, std::vector<std::uint32_t>{challenge[0] % steps_}); });
        ++full_;
      }
    });
    seconds_ += seconds;
    return static_cast<double>(kernel_->work_per_step()) * steps_;
  }

  [[nodiscard]] double seconds_of_full() const { return full_seconds_ / full_; }

 private:
  void check(const std::vector<Step>& steps, const Seed& challenge,
             const std::vector<std::uint32_t>& full) {
    if (const auto result = need(kernel_->check(steps, challenge, full)); result.wrong != 0) {
      give_up({Error::Code::device, "a result is wrong"});
    }
  }

  Kernel* kernel_;
  std::uint32_t steps_;
  std::uint64_t tuple_ = 0;
  double seconds_ = 0, full_seconds_ = 0;
  int full_ = 0;
};

std::uint32_t steps_per_block(Kernel& kernel) {
  const std::vector<Step> step{{.tuple = 0, .slot = 0}};
  need(kernel.run(step));
  const double seconds = seconds_of([&] { need(kernel.run(step)); });
  return std::clamp(static_cast<std::uint32_t>(k_block_seconds / seconds) + 1, 1U, kernel.slots());
}

GemmProblem square(NumberType input, NumberType accumulate, NumberType output, std::uint64_t n) {
  return {.input = input, .accumulate = accumulate, .output = output, .m = n, .n = n, .k = n};
}

void verified_product(const Options& options, const GemmProblem& problem) {
  const std::string name =
      std::string(name_of(problem.input)) + " n = " + std::to_string(problem.n);
  const auto able = GemmKernel::supports(problem);
  if (!able) {
    std::printf("| verified product, %s | %s | | | |\n", name.c_str(),
                able.error().message.c_str());
    return;
  }
  auto kernel = need(GemmKernel::prepare(problem, Seed{1}));
  auto library = need(make_product(problem));
  const std::uint32_t steps = steps_per_block(*kernel);
  VerifiedBlocks blocks(*kernel, steps);
  std::uint64_t tuple = 0;
  Row row{.what = "verified product, " + name + ", against the bare " + kernel->ran().software +
                  " loop",
          .unit = "TFLOP/s",
          .scale = 1e-12};
  const auto bare = [&] {
    for (std::uint32_t i = 0; i < steps; ++i) {
      need(
          library->multiply(kernel->operands().tuple(tuple++ % kernel->tuples()), kernel->slot(i)));
    }
    return static_cast<double>(kernel->work_per_step()) * steps;
  };
  compare(
      row, options, [&] { return blocks.next(); }, bare);
  const double product = static_cast<double>(kernel->work_per_step()) / median(row.theirs);
  std::printf("| one full check, %s, in products | %.3g ms | %.4g ms | %.3f | |\n", name.c_str(),
              blocks.seconds_of_full() * 1e3, product * 1e3, blocks.seconds_of_full() / product);
}

void product_of_peak(const Options& options, const GemmProblem& problem, RegisterLoop loop) {
  const std::string name =
      std::string(name_of(problem.input)) + " n = " + std::to_string(problem.n);
  if (const auto able = GemmKernel::supports(problem); !able || loop.rounds == nullptr) {
    std::printf("| product, %s, of a register loop | %s | | | |\n", name.c_str(),
                able ? "no such instruction here" : able.error().message.c_str());
    return;
  }
  auto kernel = need(GemmKernel::prepare(problem, Seed{1}));
  PinnedPool pool(allowed_cpus());
  std::uint64_t tuple = 0;
  Row row{
      .what = "product, " + name + " (" + kernel->ran().kernel + "), of " + std::string(loop.name),
      .unit = problem.input == NumberType::s8 ? "TOP/s" : "TFLOP/s",
      .scale = 1e-12};
  compare(
      row, options,
      [&] {
        const std::vector<Step> step{{.tuple = tuple++ % kernel->tuples(), .slot = 0}};
        need(kernel->run(step));
        return static_cast<double>(kernel->work_per_step());
      },
      [&] {
        constexpr std::uint64_t k_rounds = 50'000;
        pool.run([&](std::uint32_t /*thread*/) { loop.rounds(k_rounds); });
        return static_cast<double>(loop.operations) * k_rounds * pool.threads();
      });
}

void verified_triad(const Options& options) {
  auto kernel = need(MemoryKernel::prepare({}, Seed{1}));
  VerifiedBlocks blocks(*kernel, 1);
  std::uint64_t tuple = 0;
  Row row{.what = "verified triad, against its bare loop", .unit = "GB/s", .scale = 1e-9};
  compare(
      row, options, [&] { return blocks.next(); },
      [&] {
        const std::vector<Step> step{{.tuple = tuple++ % kernel->tuples(), .slot = 0}};
        need(kernel->run(step));
        return static_cast<double>(kernel->work_per_step());
      });
}

void triad_of_stream(const Options& options, bool non_temporal) {
  auto kernel = need(MemoryKernel::prepare({.non_temporal = non_temporal}, Seed{1}));
  const std::uint64_t elements = kernel->slot_bits() / 64;
  PinnedPool pool(allowed_cpus());
  std::array<Buffer, 3> buffers;
  std::generate(buffers.begin(), buffers.end(),
                [&] { return need(Buffer::of_bytes(elements * sizeof(double))); });
  auto* const a = buffers[0].as<double>();
  auto* const b = buffers[1].as<double>();
  auto* const c = buffers[2].as<double>();
  const auto each_part = [&](const std::function<void(std::uint64_t, std::uint64_t)>& work) {
    pool.run([&](std::uint32_t thread) {
      work(elements / pool.threads() * thread, elements / pool.threads() * (thread + 1));
    });
  };
  each_part([&](std::uint64_t first, std::uint64_t last) {
    std::fill(a + first, a + last, 0.0);
    std::fill(b + first, b + last, 1.0);
    std::fill(c + first, c + last, 2.0);
  });
  std::uint64_t tuple = 0;
  Row row{.what = std::string("triad, ") + (non_temporal ? "non-temporal" : "ordinary") +
                  " stores, of a plain STREAM loop",
          .unit = "GB/s",
          .scale = 1e-9};
  compare(
      row, options,
      [&] {
        const std::vector<Step> step{{.tuple = tuple++ % kernel->tuples(), .slot = 0}};
        need(kernel->run(step));
        return static_cast<double>(kernel->work_per_step());
      },
      [&] {
        each_part([&](std::uint64_t first, std::uint64_t last) {
          for (std::uint64_t i = first; i < last; ++i) {
            a[i] = b[i] + 3.0 * c[i];
          }
        });
        return 24.0 * static_cast<double>(elements);
      });
}

/// One step after the other, as `compare` wants it.
class BareSteps {
 public:
  explicit BareSteps(Kernel& kernel) : kernel_(&kernel) {}
  double next() {
    const std::vector<Step> step{{.tuple = tuple_++ % kernel_->tuples(), .slot = 0}};
    need(kernel_->run(step));
    return static_cast<double>(kernel_->work_per_step());
  }

 private:
  Kernel* kernel_;
  std::uint64_t tuple_ = 0;
};

using Pass = AttentionProblem::Pass;

AttentionProblem long_prompt(NumberType type, Pass pass) {
  return {.pass = pass,
          .causal = true,
          .input = type,
          .output = type,
          .heads = 2,
          .kv_heads = 1,
          .seq = 8192,
          .head_dim = 128,
          .value_dim = 128};
}

/// Prefill against the matrix product of its type: what its inner products could reach.
void prefill_of_product(const Options& options, NumberType type, Pass pass) {
  const AttentionProblem problem = long_prompt(type, pass);
  const GemmProblem product = square(type, NumberType::f32, NumberType::f32, 2048);
  const std::string name = "causal " + std::string(name_of(pass)) + ", " +
                           std::string(name_of(type)) + ", s = 8192, d = 128";
  if (const auto able = AttentionKernel::supports(problem); !able) {
    std::printf("| %s | %s | | | |\n", name.c_str(), able.error().message.c_str());
    return;
  }
  auto kernel = need(AttentionKernel::prepare(problem, Seed{1}));
  auto library = need(GemmKernel::prepare(product, Seed{1}));
  Row row{.what = name + ", of a product n = 2048", .unit = "TFLOP/s", .scale = 1e-12};
  BareSteps ours(*kernel);
  BareSteps theirs(*library);
  compare(
      row, options, [&] { return ours.next(); }, [&] { return theirs.next(); });
}

void verified_prefill(const Options& options, Pass pass) {
  auto kernel = need(AttentionKernel::prepare(long_prompt(NumberType::f32, pass), Seed{1}));
  VerifiedBlocks blocks(*kernel, 1);
  BareSteps bare(*kernel);
  Row row{.what = "verified " + std::string(name_of(pass)) +
                  ", f32, s = 8192, d = 128, against its bare loop",
          .unit = "TFLOP/s",
          .scale = 1e-12};
  compare(
      row, options, [&] { return blocks.next(); }, [&] { return bare.next(); });
  const double step = static_cast<double>(kernel->work_per_step()) / median(row.theirs);
  std::printf("| one full check, in steps | %.3g ms | %.4g ms | %.3f | |\n",
              blocks.seconds_of_full() * 1e3, step * 1e3, blocks.seconds_of_full() / step);
}

/// Reads memory with the loop of compute.memory, on the threads that decode: those of its own pool
/// would share the CPUs with OpenMP's, which spin for milliseconds after each step.
class BareReads {
 public:
  explicit BareReads(std::uint64_t bytes)
      : words_(bytes / 64 * 8), memory_(need(Buffer::of_bytes(words_ * 8))) {
    each_part([](std::uint64_t* words, std::uint64_t count) { std::fill_n(words, count, 1U); });
  }
  double next() {
    std::atomic<std::uint64_t> sum{0};
    each_part([&](const std::uint64_t* words, std::uint64_t count) {
      sum += move_memory({.op = MemoryProblem::Op::read, .elements = count, .b = words});
    });
    if (sum != words_) {
      give_up({Error::Code::device, "what was read is wrong"});
    }
    return 8.0 * static_cast<double>(words_);
  }

 private:
  void each_part(const std::function<void(std::uint64_t*, std::uint64_t)>& work) {
    parallel_ranges(words_ / 8, 1, [&](std::uint64_t first, std::uint64_t last) {
      work(memory_.as<std::uint64_t>() + first * 8, (last - first) * 8);
    });
  }

  std::uint64_t words_;
  Buffer memory_;
};

/// Decoding against reading as many bytes of memory: four times the caches. The target is at least
/// 0.85 of it, at one query a head of K and V and at eight, as grouped-query models have.
void decode_of_read(const Options& options, NumberType type, std::uint64_t group) {
  AttentionProblem problem{.pass = AttentionProblem::Pass::decode,
                           .input = type,
                           .output = type,
                           .batch = 1,
                           .heads = 8 * group,
                           .kv_heads = 8,
                           .seq = 8192,
                           .head_dim = 128,
                           .value_dim = 128};
  const std::uint64_t sequence = 8 * 8192 * 256 * bits_of(type) / 8;
  problem.batch = 4 * last_level_cache_bytes() / sequence + 1;
  auto kernel = need(AttentionKernel::prepare(problem, Seed{1}));
  BareReads reads(problem.batch * sequence);
  Row row{.what = "decode, " + std::string(name_of(type)) + ", " + std::to_string(group) +
                  " queries a head of K and V (" + kernel->ran().isa + "), of reading memory",
          .unit = "GB/s",
          .scale = 1e-9};
  BareSteps ours(*kernel);
  compare(
      row, options, [&] { return ours.next(); }, [&] { return reads.next(); });
}

int run(const Options& options) {
  using enum NumberType;
  std::printf("%s, %zu CPUs, %d rounds of %.3g s\n\n", cpu_model().c_str(), allowed_cpus().size(),
              options.rounds, options.seconds);
  std::printf("| measured | this | reference | ratio, median | range |\n|---|---|---|---|---|\n");
  // Asked for before any thread starts: the right to use tiles is inherited.
  const RegisterLoop bf16_loop = register_loop(true);
  const RegisterLoop s8_loop = register_loop(false);
  const std::vector<std::pair<std::string_view, std::function<void()>>> sections{
      {"product-f32-2048", [&] { verified_product(options, square(f32, f32, f32, 2048)); }},
      {"product-f32-4096", [&] { verified_product(options, square(f32, f32, f32, 4096)); }},
      {"product-bf16-2048", [&] { verified_product(options, square(bf16, f32, f32, 2048)); }},
      {"product-bf16-4096", [&] { verified_product(options, square(bf16, f32, f32, 4096)); }},
      {"prefill-bf16", [&] { prefill_of_product(options, bf16, Pass::prefill_forward); }},
      {"prefill-f32", [&] { prefill_of_product(options, f32, Pass::prefill_forward); }},
      {"prefill-verified", [&] { verified_prefill(options, Pass::prefill_forward); }},
      {"backward-bf16", [&] { prefill_of_product(options, bf16, Pass::prefill_backward); }},
      {"backward-f32", [&] { prefill_of_product(options, f32, Pass::prefill_backward); }},
      {"backward-verified", [&] { verified_prefill(options, Pass::prefill_backward); }},
      {"decode-bf16-1", [&] { decode_of_read(options, bf16, 1); }},
      {"decode-bf16-8", [&] { decode_of_read(options, bf16, 8); }},
      {"decode-f32-1", [&] { decode_of_read(options, f32, 1); }},
      {"decode-f32-8", [&] { decode_of_read(options, f32, 8); }},
      {"triad-verified", [&] { verified_triad(options); }},
      {"peak-bf16", [&] { product_of_peak(options, square(bf16, f32, f32, 4096), bf16_loop); }},
      {"peak-s8", [&] { product_of_peak(options, square(s8, s32, s32, 4096), s8_loop); }},
      {"triad-stream", [&] { triad_of_stream(options, true); }},
      {"triad-stream-ordinary", [&] { triad_of_stream(options, false); }}};
  for (const auto& [name, section] : sections) {
    if (name.find(options.only) != std::string_view::npos) {
      section();
    }
  }
  return 0;
}

/// The positive whole number that `text` is, or 0.
int positive(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::max(value, 0) : 0;
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** values) {
  assay::bench::Options options;
  const std::vector<std::string_view> arguments(values + 1, values + count);
  if (!arguments.empty()) {
    options.seconds = assay::bench::positive(arguments[0]);
  }
  if (arguments.size() > 1) {
    options.rounds = assay::bench::positive(arguments[1]);
  }
  if (arguments.size() > 2) {
    options.only = arguments[2];
  }
  if (arguments.size() > 3 || options.seconds < 1 || options.rounds < 1) {
    std::fprintf(stderr,
                 "usage: kernels_bench [seconds-per-measurement [rounds [part-of-a-name]]]\n");
    return 64;
  }
  return assay::bench::run(options);
}
