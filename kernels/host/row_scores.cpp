#include "kernels/host/row_scores.h"

#include "kernels/host/cpu.h"
#include "kernels/host/host_type.h"
#include "kernels/host/lanes.h"

namespace assay {
namespace {

using lanes::k_lanes;

template <class Reader>
[[gnu::always_inline]] inline void score(const ScoreRequest& request) {
  using Stored = typename Reader::Stored;
  const auto* const q = static_cast<const Stored*>(static_cast<const void*>(request.q));
  const auto* const k = static_cast<const Stored*>(static_cast<const void*>(request.k));
  const lanes::Doubles unscaled = lanes::Doubles{} + 1.0;
  lanes::Longs bad{};
  for (std::uint64_t j = 0; j < request.keys; ++j) {
    lanes::Doubles sums{};
    for (std::uint64_t c = 0; c < request.columns; c += k_lanes) {
      lanes::Doubles left;
      lanes::Doubles right;
      Reader::read(q + c, unscaled, 0, left, bad);
      Reader::read(k + j * request.columns + c, unscaled, 0, right, bad);
      sums += left * right;
    }
    double sum = 0;
    for (std::uint64_t lane = 0; lane < k_lanes; ++lane) {
      sum += sums[lane];
    }
    request.scores[j] = sum;
  }
}

template <class Reader>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void score_avx512(
    const ScoreRequest& request) {
  score<Reader>(request);
}
template <class Reader>
[[gnu::target("avx2,fma")]] void score_avx2(const ScoreRequest& request) {
  score<Reader>(request);
}

template <class Reader>
void score_here(const ScoreRequest& request) {
  switch (own_vectors()) {
    case Vectors::avx512: score_avx512<Reader>(request); break;
    case Vectors::avx2: score_avx2<Reader>(request); break;
    case Vectors::sse2: score<Reader>(request); break;
  }
}

}  // namespace

void score_rows(NumberType type, const ScoreRequest& request) {
  host_type(type) == HostType::bf16 ? score_here<lanes::Bf16>(request)
                                    : score_here<lanes::F32>(request);
}

}  // namespace assay
