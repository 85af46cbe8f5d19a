#include "kernels/host/decode_core.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "kernels/host/buffer.h"
#include "kernels/host/decode_loops.h"
#include "kernels/host/parallel.h"
#include "kernels/host/softmax.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_stretches_a_thread = 4;  // So that a thread that is late delays little.
constexpr std::uint64_t k_shortest_stretch = 256;  // Keys.
static_assert(k_decode_tile <= AttentionOperands::k_rows_behind);

/// The keys of each head of K and V are cut into stretches; what these found is put together in the
/// end.
class DecodeCore final : public AttentionCore {
 public:
  explicit DecodeCore(const AttentionProblem& problem)
      : problem_(problem),
        group_(problem.heads / problem.kv_heads),
        heads_(problem.batch * problem.kv_heads),
        threads_(library_threads()),
        loops_(decode_loops(problem.input).back()) {
    const std::uint64_t wanted = (k_stretches_a_thread * threads_ + heads_ - 1) / heads_;
    const std::uint64_t keys = std::max((problem.seq + wanted - 1) / wanted, k_shortest_stretch);
    keys_ = (keys + k_decode_tile - 1) / k_decode_tile * k_decode_tile;
    stretches_ = (problem.seq + keys_ - 1) / keys_;
  }

  Result<Done> allocate() {
    auto found = Buffer::of_bytes(sizeof(float) * heads_ * stretches_ * found_floats());
    auto scratch = Buffer::of_bytes(sizeof(float) * threads_ * scratch_floats_);
    if (!found || !scratch) {
      return found ? scratch.error() : found.error();
    }
    found_ = std::move(*found);
    scratch_ = std::move(*scratch);
    return Done{};
  }

  [[nodiscard]] Ran ran() const override {
    return {.software = "assay",
            .version = "1",
            .kernel = "decode, stretches of " + std::to_string(keys_) + " keys",
            .isa = std::string(name_of(loops_)),
            .threads = static_cast<std::uint32_t>(threads_)};
  }

  Result<Done> attend(const AttentionViews& operands, std::byte* o) override {
    const std::uint64_t tasks = heads_ * stretches_;
    std::atomic<std::uint64_t> next{0};
    std::vector<std::atomic<std::uint64_t>> done(heads_);  // Stretches of each head.
    parallel_ranges(threads_, 1, [&](std::uint64_t thread, std::uint64_t /*last*/) {
      for (std::uint64_t task = next++; task < tasks; task = next++) {
        decode(operands, task, thread);
        const std::uint64_t head = task / stretches_;
        if (++done[head] == stretches_) {
          put_together(head, o);  // Whoever is last: all threads wait for each other only once.
        }
      }
    });
    return Done{};
  }

 private:
  /// Maxima, sums and outputs of a group.
  [[nodiscard]] std::uint64_t found_floats() const { return group_ * (2 + problem_.value_dim); }
  [[nodiscard]] float* found_by(std::uint64_t task) const {
    return found_.as<float>() + task * found_floats();
  }

  void decode(const AttentionViews& views, std::uint64_t task, std::uint64_t thread) const {
    const std::uint64_t head = task / stretches_;
    const std::uint64_t first = task % stretches_ * keys_;
    const std::uint64_t row = head * problem_.seq + first;
    const std::uint64_t element = bytes_of(problem_.input);
    float* const found = found_by(task);
    const DecodeStretch stretch{.type = problem_.input,
                                .queries = group_,
                                .keys = std::min(keys_, problem_.seq - first),
                                .head_dim = problem_.head_dim,
                                .value_dim = problem_.value_dim,
                                .q = views.q + head * group_ * problem_.head_dim * element,
                                .k = views.k + row * problem_.head_dim * element,
                                .v = views.v + row * problem_.value_dim * element,
                                .scratch = scratch_.as<float>() + thread * scratch_floats_,
                                .maxima = found,
                                .sums = found + group_,
                                .outputs = found + 2 * group_};
    decode_stretch(stretch, loops_);
  }

  void scale(float* found, std::uint64_t query, float factor) const {
    found[group_ + query] *= factor;
    float* const outputs = found + 2 * group_ + query * problem_.value_dim;
    for (std::uint64_t c = 0; c < problem_.value_dim; ++c) {
      outputs[c] *= factor;
    }
  }
  void add(float* to, std::uint64_t query, const float* from) const {
    to[group_ + query] += from[group_ + query];
    const std::uint64_t outputs = 2 * group_ + query * problem_.value_dim;
    for (std::uint64_t c = 0; c < problem_.value_dim; ++c) {
      to[outputs + c] += from[outputs + c];
    }
  }

  /// Scales what each stretch summed to the largest maximum of all, adds it up and divides.
  void put_together(std::uint64_t head, std::byte* o) const {
    float* const all = found_by(head * stretches_);
    for (std::uint64_t query = 0; query < group_; ++query) {
      float most = all[query];
      for (std::uint64_t i = 1; i < stretches_; ++i) {
        most = std::max(most, found_by(head * stretches_ + i)[query]);
      }
      scale(all, query, softmax_power(all[query] - most));
      for (std::uint64_t i = 1; i < stretches_; ++i) {
        float* const part = found_by(head * stretches_ + i);
        scale(part, query, softmax_power(part[query] - most));
        add(all, query, part);
      }
    }
    divide_sums({.rows = group_,
                 .value_dim = problem_.value_dim,
                 .outputs = all + 2 * group_,
                 .sums = all + group_,
                 .type = problem_.output,
                 .to = o + head * group_ * problem_.value_dim * bytes_of(problem_.output)});
  }

  AttentionProblem problem_;
  std::uint64_t group_ = 0, heads_ = 0, threads_ = 0;
  DecodeLoops loops_ = DecodeLoops::sse2;
  std::uint64_t scratch_floats_ = decode_scratch_floats(group_, problem_.head_dim);
  std::uint64_t keys_ = 0, stretches_ = 0;  // Of a stretch; of a head.
  Buffer found_, scratch_;
};

}  // namespace

Result<std::unique_ptr<AttentionCore>> make_decode_core(const AttentionProblem& problem) {
  auto core = std::make_unique<DecodeCore>(problem);
  if (auto done = core->allocate(); !done) {
    return done.error();
  }
  return std::unique_ptr<AttentionCore>(std::move(core));
}

}  // namespace assay
