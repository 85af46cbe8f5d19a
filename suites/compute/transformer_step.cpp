// compute.transformer_step: one training step of a decoder layer, as a cluster's work is made of.
//
// Forward, backward, and the sum of all weights' gradients over the ranks, of the layer of
// kernels/transformer_plan.h. A run's value is model FLOPs over the time of its steps, each from
// the ranks' common start to the end of the slowest one; checks lie between steps. Model FLOPs of a
// step, with P = hidden (heads + 2 kv_heads) head_dim + heads head_dim hidden + 2 hidden ffn
// weights and nnz = seq (seq + 1) / 2 pairs of query and key that the causal mask leaves:
//
//     ranks (6 P batch seq + 14 batch heads nnz head_dim)
//
// 6 for a weight and a token: two for the product, two each for the gradients of what goes in and
// of the weight (Kaplan et al. 2020, arXiv 2001.08361, section 2.1). 14 for a pair:
// compute.attention's 4 forward and 10 backward. Norms, softmax, ReLU, the sums over the ranks, and
// scores that are computed again count nothing. Model FLOP utilisation (Chowdhery et al. 2022,
// arXiv 2204.02311, appendix B) is a note: the value over the peak that the clause names in GFLOP/s
// of all ranks together, or that each rank measures after the window: its largest product alone.
#include <limits>

#include "harness/run/case.h"
#include "kernels/transformer_plan.h"

namespace assay {
namespace {

constexpr Natural k_most = Natural{1} << 20U;
constexpr Natural k_most_ranks = 4096;
constexpr Natural k_most_peak_gflops = 1'000'000'000;  // An exaflop.
constexpr std::uint64_t k_giga = 1'000'000'000;

Dimension dimension(const Params& /*params*/) {
  return Dimension::flop_rate;
}

Error refuse(const std::string& why) {
  return {Error::Code::bad_input, "params." + why};
}

/// 1 to 2^20.
Result<std::uint64_t> number_of(const Params& params, const char* name) {
  const auto number = natural_from(params.at(name));
  if (!number || *number > k_most) {
    return refuse(std::string(name) + ": at most 1048576");
  }
  return static_cast<std::uint64_t>(*number);
}

Result<Done> read_shape(const Params& params, TransformerProblem& layer) {
  struct Named {
    const char* name;
    std::uint64_t* to;
  };
  for (const auto& [name, to] :
       {Named{"batch", &layer.batch}, Named{"seq", &layer.seq}, Named{"hidden", &layer.hidden},
        Named{"ffn", &layer.ffn}, Named{"heads", &layer.heads}, Named{"kv_heads", &layer.kv_heads},
        Named{"head_dim", &layer.head_dim}}) {
    const auto number = number_of(params, name);
    if (!number) {
      return number.error();
    }
    *to = *number;
  }
  if (layer.heads % layer.kv_heads != 0) {
    return refuse("kv_heads: " + params.at("heads") + " heads do not share " +
                  params.at("kv_heads") + " in equal groups");
  }
  // Gradients of weights are summed over the ranks in one call, and MPI counts its elements so.
  if (weights_of(layer) > Natural{std::numeric_limits<std::int32_t>::max()}) {
    return refuse("hidden: a layer of more than 2147483647 weights is summed by no call of MPI");
  }
  if (longest_sum(layer) > k_most_summed) {
    return refuse("seq: a sum of " + std::to_string(longest_sum(layer)) +
                  " terms (tokens, columns, or queries that share a key) rounds by so much that "
                  "terms could be left out unseen: at most " +
                  std::to_string(k_most_summed));
  }
  return Done{};
}

Result<Problem> problem(const Params& params) {
  if (params.at("output") != params.at("input")) {
    return refuse("output: a layer on " + params.at("input") + " is stored as " +
                  params.at("input"));
  }
  const auto input = number_type_from(params.at("input"));
  const auto ranks = natural_from(params.at("ranks"));
  if (!input || !ranks || *ranks > k_most_ranks) {
    return refuse("ranks: 1 to 4096");
  }
  TransformerProblem layer{.input = *input, .ranks = static_cast<std::uint32_t>(*ranks)};
  if (auto read = read_shape(params, layer); !read) {
    return read.error();
  }
  if (const std::string& peak = params.at("peak_gflops"); peak != "measured") {
    const auto gflops = natural_from(peak);
    if (!gflops || *gflops > k_most_peak_gflops) {
      return refuse("peak_gflops: at most 1000000000, or measured");
    }
    layer.peak_flops = static_cast<std::uint64_t>(*gflops) * k_giga;
  }
  return Problem{layer};
}

}  // namespace

Case compute_transformer_step() {
  return {
      .id = "compute.transformer_step",
      .summary =
          "Training step of a decoder layer, gradients summed over ranks, every stage checked",
      .formula =
          "ranks (6 P batch seq + 14 batch heads nnz head_dim) / t: P weights, nnz = seq (seq "
          "+ 1) / 2; t: mean of the steps' times, each the longest of all ranks'",
      .scopes = {Scope::each_node},
      .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
      .params =
          {{.name = "input",
            .meaning = "type of tokens, weights and what products read",
            .values = {"f32", "bf16"}},
           {.name = "accumulate", .meaning = "type sums are kept in", .values = {"f32"}},
           {.name = "output",
            .meaning = "type activations are stored in; gradients of weights are f32",
            .values = {"f32", "bf16"}},
           {.name = "sparsity", .meaning = "weights left out", .values = {"dense"}},
           {.name = "emulation",
            .meaning = "whether other types may stand in",
            .values = {"forbidden"}},
           {.name = "operands", .meaning = "distribution of the values", .values = {"integers"}},
           {.name = "batch", .meaning = "sequences of each rank", .whole = true, .bench = "1"},
           {.name = "seq", .meaning = "tokens of a sequence", .whole = true, .bench = "512"},
           {.name = "hidden", .meaning = "columns of a token", .whole = true, .bench = "512"},
           {.name = "ffn", .meaning = "columns within the MLP", .whole = true, .bench = "2048"},
           {.name = "heads", .meaning = "heads of Q", .whole = true, .bench = "8"},
           {.name = "kv_heads",
            .meaning = "heads of K and V, shared in equal groups",
            .whole = true,
            .bench = "2"},
           {.name = "head_dim", .meaning = "columns of a head", .values = {"64", "128"}},
           {.name = "ranks",
            .meaning = "processes on the node, 1 to 4096; of 1 nothing is exchanged",
            .whole = true,
            .bench = "1"},
           {.name = "peak_gflops",
            .meaning = "what MFU is a share of, in GFLOP/s of all ranks; it is judged by nobody",
            .values = {"measured"},
            .whole = true,
            .fallback = "measured"}},
      .dimension = dimension,
      .problem = problem};
}

}  // namespace assay
