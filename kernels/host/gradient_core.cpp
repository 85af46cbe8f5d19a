#include "kernels/host/gradient_core.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/host/block_product.h"
#include "kernels/host/buffer.h"
#include "kernels/host/gradient_lanes.h"
#include "kernels/host/parallel.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

// What a block of each needs stays in a second-level cache of 1 MiB.
constexpr std::uint64_t k_most_queries = 128;
constexpr std::uint64_t k_most_keys = 128;
constexpr std::uint64_t k_multiple = 16;  // Lanes.
static_assert(std::max(k_most_keys, k_most_queries) <= GradientOperands::k_rows_behind);

struct BlockSizes {
  std::uint64_t queries = 0, keys = 0;
};

BlockSizes sizes_of(const AttentionProblem& problem) {
  const std::uint64_t rows = (problem.seq + k_multiple - 1) / k_multiple * k_multiple;
  return {.queries = std::min(k_most_queries, rows), .keys = std::min(k_most_keys, rows)};
}

std::uint64_t blocks_of(std::uint64_t rows, std::uint64_t in_block) {
  return (rows + in_block - 1) / in_block;
}

/// The five products of a block, keys in rows but for dQ.
enum Products : std::size_t { scores, slopes, to_dv, to_dk, to_dq, k_products };

std::array<BlockShape, k_products> shapes_of(const AttentionProblem& problem) {
  const auto [queries, keys] = sizes_of(problem);
  const auto shape = [&](std::uint64_t m, std::uint64_t n, std::uint64_t k, bool transposed) {
    return BlockShape{.input = problem.input, .m = m, .n = n, .k = k, .transposed = transposed};
  };
  return {
      shape(keys, queries, problem.head_dim, true), shape(keys, queries, problem.value_dim, true),
      shape(keys, problem.value_dim, queries, false), shape(keys, problem.head_dim, queries, false),
      shape(queries, problem.head_dim, keys, false)};
}

/// Sums of dQ of all heads: whole blocks of rows, each added to by one thread at a time.
class QuerySums {
 public:
  Result<Done> allocate(const AttentionProblem& problem) {
    problem_ = problem;
    queries_ = sizes_of(problem).queries;
    blocks_ = blocks_of(problem.seq, queries_);
    const std::uint64_t all = problem.batch * problem.heads * blocks_;
    auto memory = Buffer::of_bytes(all * block_floats() * sizeof(float));
    if (!memory) {
      return memory.error();
    }
    memory_ = std::move(*memory);
    locks_ = std::vector<std::mutex>(all);
    return Done{};
  }

  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }  ///< Of a head.
  [[nodiscard]] std::mutex& lock(std::uint64_t block) { return locks_[block]; }
  [[nodiscard]] float* sums(std::uint64_t block) const {
    return memory_.as<float>() + block * block_floats();
  }

  void clear() {
    parallel_ranges(locks_.size(), 1, [&](std::uint64_t first, std::uint64_t last) {
      std::fill_n(sums(first), (last - first) * block_floats(), 0.0F);
    });
  }
  void store(std::byte* dq) const {
    parallel_ranges(locks_.size(), 1, [&](std::uint64_t first, std::uint64_t last) {
      for (std::uint64_t block = first; block < last; ++block) {
        const std::uint64_t row = block % blocks_ * queries_;
        const std::uint64_t element = (block / blocks_ * problem_.seq + row) * problem_.head_dim;
        store_scaled({.sums = sums(block),
                      .factor = k_gradient_scale,
                      .count = std::min(queries_, problem_.seq - row) * problem_.head_dim,
                      .type = problem_.output,
                      .to = dq + element * bytes_of(problem_.output)});
      }
    });
  }

 private:
  [[nodiscard]] std::uint64_t block_floats() const { return queries_ * problem_.head_dim; }

  AttentionProblem problem_;
  std::uint64_t queries_ = 0, blocks_ = 0;
  Buffer memory_;
  std::vector<std::mutex> locks_;
};

/// What all threads share in a step.
struct Shared {
  const GradientViews* views = nullptr;
  const float* d = nullptr;  // Of each row of Q.
  QuerySums* dq = nullptr;
  std::byte* slot = nullptr;
};

/// What one thread works with.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> make(const AttentionProblem& problem) {
    auto worker = std::make_unique<Worker>();
    worker->problem_ = problem;
    worker->sizes_ = sizes_of(problem);
    const auto shapes = shapes_of(problem);
    for (std::size_t i = 0; i < k_products; ++i) {
      auto product = make_block_product(shapes.at(i));
      if (!product) {
        return product.error();
      }
      worker->products_.at(i) = std::move(*product);
    }
    auto memory = Buffer::of_bytes(floats_of(problem) * sizeof(float));
    if (!memory) {
      return memory.error();
    }
    worker->memory_ = std::move(*memory);
    worker->place();
    return worker;
  }

  [[nodiscard]] const BlockProduct& product() const { return *products_[scores]; }

  static std::uint64_t floats_of(const AttentionProblem& problem) {
    const auto [queries, keys] = sizes_of(problem);
    return 5 * queries * keys + keys * (problem.head_dim + problem.value_dim);
  }

  /// One block of keys of a head of K, with all queries of the heads that share it.
  Result<Done> differentiate(const Shared& shared, std::uint64_t kv_head, std::uint64_t first_key) {
    const std::uint64_t group = problem_.heads / problem_.kv_heads;
    const std::uint64_t key_row = kv_head * problem_.seq + first_key;
    const std::uint64_t begin = problem_.causal ? first_key / sizes_.queries : 0;
    const std::uint64_t blocks = shared.dq->blocks();
    std::fill_n(dk_, sizes_.keys * problem_.head_dim, 0.0F);
    std::fill_n(dv_, sizes_.keys * problem_.value_dim, 0.0F);
    for (std::uint64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      for (std::uint64_t i = 0; i < blocks - begin; ++i) {
        // Each block of keys begins elsewhere, so that few wait for the same block of dQ.
        const std::uint64_t block = begin + (i + first_key / sizes_.keys) % (blocks - begin);
        if (auto done = add_block(shared, {.head = head, .block = block, .key_row = key_row});
            !done) {
          return done;
        }
      }
    }
    const GradientPlaces places = gradient_places(problem_);
    const std::uint64_t rows = std::min(sizes_.keys, problem_.seq - first_key);
    const std::uint64_t element = bytes_of(problem_.output);
    store_scaled({.sums = dk_,
                  .factor = k_gradient_scale,
                  .count = rows * problem_.head_dim,
                  .type = problem_.output,
                  .to = shared.slot + (places.dk + key_row * problem_.head_dim) * element});
    store_scaled({.sums = dv_,
                  .count = rows * problem_.value_dim,
                  .type = problem_.output,
                  .to = shared.slot + (places.dv + key_row * problem_.value_dim) * element});
    return Done{};
  }

 private:
  struct Place {
    std::uint64_t head = 0, block = 0, key_row = 0;  // Head of Q, its block of rows, row of K.
  };

  void place() {
    const std::uint64_t elements = sizes_.queries * sizes_.keys;
    scores_ = memory_.as<float>();
    slopes_ = scores_ + elements;
    p_ = slopes_ + elements;  // As wide as f32 at most.
    ds_ = p_ + elements;
    ds_turned_ = ds_ + elements;
    dk_ = ds_turned_ + elements;
    dv_ = dk_ + sizes_.keys * problem_.head_dim;
  }

  static const std::byte* bytes_at(const float* from) {
    return static_cast<const std::byte*>(static_cast<const void*>(from));
  }

  void weigh(const Shared& shared, const Place& place) {
    const std::uint64_t first = place.block * sizes_.queries;
    const std::uint64_t key = place.key_row % problem_.seq;
    const std::uint64_t row = place.head * problem_.seq + first;
    weigh_slopes({.type = problem_.input,
                  .rows = sizes_.keys,
                  .stride = sizes_.queries,
                  .keys = std::min(sizes_.keys, problem_.seq - key),
                  .queries = std::min(sizes_.queries, problem_.seq - first),
                  .causal = problem_.causal,
                  .first_seeing = static_cast<std::int64_t>(key) - static_cast<std::int64_t>(first),
                  .scores = scores_,
                  .dp = slopes_,
                  .l = shared.views->l + row,
                  .d = shared.d + row,
                  .p = p_,
                  .ds = ds_,
                  .ds_turned = ds_turned_});
  }

  Result<Done> add_block(const Shared& shared, const Place& place) {
    const GradientViews& views = *shared.views;
    const std::uint64_t element = bytes_of(problem_.input);
    const std::uint64_t row = place.head * problem_.seq + place.block * sizes_.queries;
    const std::byte* const q = views.q + row * problem_.head_dim * element;
    const std::byte* const d_o = views.d_o + row * problem_.value_dim * element;
    const std::byte* const k = views.k + place.key_row * problem_.head_dim * element;
    const std::byte* const v = views.v + place.key_row * problem_.value_dim * element;
    if (auto done = products_[scores]->multiply(k, q, scores_); !done) {
      return done;
    }
    if (auto done = products_[slopes]->multiply(v, d_o, slopes_); !done) {
      return done;
    }
    weigh(shared, place);
    if (auto done = products_[to_dv]->multiply(bytes_at(p_), d_o, dv_); !done) {
      return done;
    }
    if (auto done = products_[to_dk]->multiply(bytes_at(ds_), q, dk_); !done) {
      return done;
    }
    const std::uint64_t block = place.head * shared.dq->blocks() + place.block;
    const std::lock_guard alone(shared.dq->lock(block));
    return products_[to_dq]->multiply(bytes_at(ds_turned_), k, shared.dq->sums(block));
  }

  AttentionProblem problem_;
  BlockSizes sizes_;
  std::array<std::unique_ptr<BlockProduct>, k_products> products_;
  Buffer memory_;
  float* scores_ = nullptr;
  float* slopes_ = nullptr;
  float* p_ = nullptr;
  float* ds_ = nullptr;
  float* ds_turned_ = nullptr;
  float* dk_ = nullptr;
  float* dv_ = nullptr;
};

class BlockedGradients final : public GradientCore {
 public:
  static Result<std::unique_ptr<GradientCore>> make(const AttentionProblem& problem) {
    auto core = std::make_unique<BlockedGradients>();
    core->problem_ = problem;
    for (std::uint32_t thread = 0; thread < library_threads(); ++thread) {
      auto worker = Worker::make(problem);
      if (!worker) {
        return worker.error();
      }
      core->workers_.push_back(std::move(*worker));
    }
    auto d =
        Buffer::of_bytes((query_rows(problem) + GradientOperands::k_rows_behind) * sizeof(float));
    if (!d) {
      return d.error();
    }
    core->d_ = std::move(*d);
    if (auto done = core->dq_.allocate(problem); !done) {
      return done.error();
    }
    return std::unique_ptr<GradientCore>(std::move(core));
  }

  [[nodiscard]] Ran ran() const override {
    const BlockProduct& product = workers_.front()->product();
    const auto [queries, keys] = sizes_of(problem_);
    return {.software = "oneDNN",
            .version = product.version(),
            .kernel = "assay gradients, blocks " + std::to_string(queries) + "x" +
                      std::to_string(keys) + " of " + product.kernel(),
            .isa = product.isa(),
            .threads = static_cast<std::uint32_t>(workers_.size())};
  }

  Result<Done> differentiate(const GradientViews& views, std::byte* slot) override {
    const std::uint64_t keys = sizes_of(problem_).keys;
    const std::uint64_t blocks = blocks_of(problem_.seq, keys);
    const std::uint64_t tasks = problem_.batch * problem_.kv_heads * blocks;
    const Shared shared{.views = &views, .d = d_.as<float>(), .dq = &dq_, .slot = slot};
    dq_.clear();
    parallel_ranges(query_rows(problem_), 1, [&](std::uint64_t first, std::uint64_t last) {
      const std::uint64_t bytes = first * problem_.value_dim * bytes_of(problem_.input);
      multiply_rows({.type = problem_.input,
                     .a = views.d_o + bytes,
                     .b = views.o + bytes,
                     .rows = last - first,
                     .columns = problem_.value_dim,
                     .to = d_.as<float>() + first});
    });
    std::atomic<std::uint64_t> next{0};
    std::mutex mutex;
    std::optional<Error> failed;
    parallel_ranges(workers_.size(), 1, [&](std::uint64_t thread, std::uint64_t /*last*/) {
      for (std::uint64_t task = next++; task < tasks; task = next++) {
        // The first keys of a head are seen by the most queries: the longest work first.
        const std::uint64_t first_key = task % blocks * keys;
        if (auto done = workers_[thread]->differentiate(shared, task / blocks, first_key); !done) {
          const std::lock_guard lock(mutex);
          failed = done.error();
          return;
        }
      }
    });
    dq_.store(slot);
    return failed ? Result<Done>(*failed) : Done{};
  }

 private:
  AttentionProblem problem_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Buffer d_;
  QuerySums dq_;
};

}  // namespace

Result<Done> gradient_core_supported(const AttentionProblem& problem) {
  for (const BlockShape& shape : shapes_of(problem)) {
    if (auto known = block_product_supported(shape); !known) {
      return known;
    }
  }
  return Done{};
}

Result<std::unique_ptr<GradientCore>> make_gradient_core(const AttentionProblem& problem) {
  return BlockedGradients::make(problem);
}

std::uint64_t gradient_core_bytes(const AttentionProblem& problem) {
  const std::uint64_t queries = sizes_of(problem).queries;
  const std::uint64_t rows =
      problem.batch * problem.heads * blocks_of(problem.seq, queries) * queries;
  return sizeof(float) * (rows * problem.head_dim + query_rows(problem) +
                          library_threads() * Worker::floats_of(problem));
}

}  // namespace assay
