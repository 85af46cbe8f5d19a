#include "kernels/host/prefill_core.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/host/block_product.h"
#include "kernels/host/buffer.h"
#include "kernels/host/parallel.h"
#include "kernels/host/softmax.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

// Scores, weights and sums of a block and its keys and values stay in a second-level cache of 1
// MiB; longer blocks are no faster here, shorter ones leave the library below its rate.
constexpr std::uint64_t k_most_queries = 128;
constexpr std::uint64_t k_most_keys = 256;
constexpr std::uint64_t k_multiple = 16;           // Lanes of the softmax.
static_assert(k_most_keys % k_most_queries == 0);  // So that each row of a block sees a key of it.
static_assert(k_most_keys <= AttentionOperands::k_rows_behind);

struct BlockSizes {
  std::uint64_t queries = 0, keys = 0;
};

BlockSizes sizes_of(const AttentionProblem& problem) {
  const std::uint64_t rows = (problem.seq + k_multiple - 1) / k_multiple * k_multiple;
  return {.queries = std::min(k_most_queries, rows), .keys = std::min(k_most_keys, rows)};
}

BlockShape shape_of_scores(const AttentionProblem& problem) {
  const BlockSizes sizes = sizes_of(problem);
  return {.input = problem.input,
          .m = sizes.queries,
          .n = sizes.keys,
          .k = problem.head_dim,
          .transposed = true};
}

BlockShape shape_of_sums(const AttentionProblem& problem) {
  const BlockSizes sizes = sizes_of(problem);
  return {.input = problem.input,
          .m = sizes.queries,
          .n = problem.value_dim,
          .k = sizes.keys,
          .transposed = false};
}

/// What one thread works with.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> make(const AttentionProblem& problem) {
    auto worker = std::make_unique<Worker>();
    worker->problem_ = problem;
    worker->sizes_ = sizes_of(problem);
    const auto& [queries, keys] = worker->sizes_;
    auto scores_of = make_block_product(shape_of_scores(problem));
    auto sums_of = make_block_product(shape_of_sums(problem));
    if (!scores_of || !sums_of) {
      return scores_of ? sums_of.error() : scores_of.error();
    }
    worker->multiply_scores_ = std::move(*scores_of);
    worker->multiply_sums_ = std::move(*sums_of);
    // Weights as wide as scores at most; new memory is 0, and rows behind the last stay finite.
    auto memory =
        Buffer::of_bytes(4 * (2 * queries * keys + queries * problem.value_dim + 2 * queries));
    if (!memory) {
      return memory.error();
    }
    worker->memory_ = std::move(*memory);
    worker->scores_ = worker->memory_.as<float>();
    worker->weights_ = worker->scores_ + queries * keys;
    worker->outputs_ = worker->weights_ + queries * keys;
    worker->maxima_ = worker->outputs_ + queries * problem.value_dim;
    worker->sums_ = worker->maxima_ + queries;
    return worker;
  }

  [[nodiscard]] const BlockProduct& product() const { return *multiply_scores_; }

  /// Queries first .. of one head, as many as a block has or the head has left.
  struct Task {
    std::uint64_t head = 0, first = 0;
    std::byte* o = nullptr;
    float* l = nullptr;  ///< Null: nobody wants them.
  };
  Result<Done> attend(const AttentionViews& views, const Task& task) {
    const std::uint64_t rows = std::min(sizes_.queries, problem_.seq - task.first);
    const std::uint64_t row = task.head * problem_.seq + task.first;
    const SeenKeys seen = seen_by(problem_, row);
    const std::uint64_t all_keys = problem_.causal ? seen.count + rows - 1 : problem_.seq;
    const std::uint64_t element = bytes_of(problem_.input);
    const std::uint64_t key_bytes = problem_.head_dim * element;
    const std::uint64_t value_bytes = problem_.value_dim * element;
    const std::byte* const q = views.q + row * key_bytes;
    begin();
    for (std::uint64_t key = 0; key < all_keys; key += sizes_.keys) {
      const std::uint64_t at = seen.first + key;
      if (auto done = multiply_scores_->multiply(q, views.k + at * key_bytes, scores_); !done) {
        return done;
      }
      fold_scores({.rows = rows,
                   .stride = sizes_.keys,
                   .columns = std::min(seen.count - key, sizes_.keys),
                   .causal = problem_.causal,
                   .scores = scores_,
                   .weights = weights_,
                   .type = problem_.input,
                   .maxima = maxima_,
                   .sums = sums_,
                   .outputs = outputs_,
                   .value_dim = problem_.value_dim});
      const auto* const weights = static_cast<const std::byte*>(static_cast<const void*>(weights_));
      if (auto done = multiply_sums_->multiply(weights, views.v + at * value_bytes, outputs_);
          !done) {
        return done;
      }
    }
    divide_sums({.rows = rows,
                 .value_dim = problem_.value_dim,
                 .outputs = outputs_,
                 .sums = sums_,
                 .type = problem_.output,
                 .to = task.o + row * problem_.value_dim * bytes_of(problem_.output)});
    for (std::uint64_t i = 0; task.l != nullptr && i < rows; ++i) {
      task.l[row + i] = maxima_[i] + std::log2(sums_[i]);
    }
    return Done{};
  }

 private:
  void begin() {
    std::fill_n(outputs_, sizes_.queries * problem_.value_dim, 0.0F);
    std::fill_n(maxima_, sizes_.queries, k_no_maximum);
    std::fill_n(sums_, sizes_.queries, 0.0F);
  }

  AttentionProblem problem_;
  BlockSizes sizes_;
  std::unique_ptr<BlockProduct> multiply_scores_, multiply_sums_;
  Buffer memory_;
  float* scores_ = nullptr;
  float* weights_ = nullptr;
  float* outputs_ = nullptr;
  float* maxima_ = nullptr;
  float* sums_ = nullptr;
};

class BlockedPrefill final : public PrefillCore {
 public:
  static Result<std::unique_ptr<PrefillCore>> make(const AttentionProblem& problem) {
    auto core = std::make_unique<BlockedPrefill>();
    core->problem_ = problem;
    for (std::uint32_t thread = 0; thread < library_threads(); ++thread) {
      auto worker = Worker::make(problem);
      if (!worker) {
        return worker.error();
      }
      core->workers_.push_back(std::move(*worker));
    }
    return std::unique_ptr<PrefillCore>(std::move(core));
  }

  [[nodiscard]] Ran ran() const override {
    const BlockProduct& product = workers_.front()->product();
    const BlockSizes sizes = sizes_of(problem_);
    return {.software = "oneDNN",
            .version = product.version(),
            .kernel = "assay blocks " + std::to_string(sizes.queries) + "x" +
                      std::to_string(sizes.keys) + " of " + product.kernel(),
            .isa = product.isa(),
            .threads = static_cast<std::uint32_t>(workers_.size())};
  }

  Result<Done> attend(const AttentionViews& operands, std::byte* o) override {
    return attend_keeping(operands, o, nullptr);
  }

  Result<Done> attend_keeping(const AttentionViews& operands, std::byte* o, float* l) override {
    const std::uint64_t queries = sizes_of(problem_).queries;
    const std::uint64_t blocks = (problem_.seq + queries - 1) / queries;
    const std::uint64_t tasks = problem_.batch * problem_.heads * blocks;
    std::atomic<std::uint64_t> next{0};
    std::mutex mutex;
    std::optional<Error> failed;
    parallel_ranges(workers_.size(), 1, [&](std::uint64_t thread, std::uint64_t /*last*/) {
      for (std::uint64_t task = next++; task < tasks; task = next++) {
        // The last queries of a head see the most keys: the longest work first.
        const std::uint64_t first = (blocks - 1 - task % blocks) * queries;
        if (auto done = workers_[thread]->attend(
                operands, {.head = task / blocks, .first = first, .o = o, .l = l});
            !done) {
          const std::lock_guard lock(mutex);
          failed = done.error();
          return;
        }
      }
    });
    return failed ? Result<Done>(*failed) : Done{};
  }

 private:
  AttentionProblem problem_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

Result<Done> prefill_core_supported(const AttentionProblem& problem) {
  if (auto known = block_product_supported(shape_of_scores(problem)); !known) {
    return known;
  }
  return block_product_supported(shape_of_sums(problem));
}

Result<std::unique_ptr<PrefillCore>> make_prefill_core(const AttentionProblem& problem) {
  return BlockedPrefill::make(problem);
}

}  // namespace assay
