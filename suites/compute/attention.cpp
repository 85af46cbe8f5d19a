// compute.attention: scaled dot-product attention on one device, O = softmax(scale Q K^T) V.
//
// A prefill's value is 2 batch heads nnz (head_dim + value_dim) I / T: nnz pairs of query and key
// that the mask leaves, counted exactly (causal: key j is seen by query i if j <= i, so s (s + 1) /
// 2; full: s^2), I prefills completed in the window of length T, checks included. So counts cuDNN's
// front end; FlashAttention's scripts halve s^2 for a causal mask, which is s / (s + 1) of it.
// Softmax and mask count nothing. Its backward pass is five such products, 2 batch heads nnz
// (3 head_dim + 2 value_dim): what is computed again counts nothing (so cuDNN's front end; 2.5
// times the forward pass, as FlashAttention has it, holds for equal dimensions alone). A step of
// decoding reads every key and value once for all heads that share it: its value is bytes over
// time, batch kv_heads seq (head_dim + value_dim) bytes.
#include "harness/run/case.h"

namespace assay {
namespace {

constexpr Natural k_most_seq = Natural{1} << 20U;
constexpr Natural k_most_heads = Natural{1} << 16U;

AttentionProblem::Pass pass_of(const Params& params) {
  using enum AttentionProblem::Pass;
  const std::string& pass = params.at("pass");
  return pass == "decode"             ? decode
         : pass == "prefill_backward" ? prefill_backward
                                      : prefill_forward;
}

bool decodes(const Params& params) {
  return pass_of(params) == AttentionProblem::Pass::decode;
}

Dimension dimension(const Params& params) {
  return decodes(params) ? Dimension::byte_rate : Dimension::flop_rate;
}

Error refuse(const std::string& why) {
  return {Error::Code::bad_input, "params." + why};
}

/// A contract says what is fixed here too: a limit without it would mean nothing.
Result<Done> check_combination(const Params& params) {
  if (params.at("output") != params.at("input")) {
    return refuse("output: attention on " + params.at("input") + " is stored as " +
                  params.at("input"));
  }
  if (params.at("head_dim") == "192" ? params.at("value_dim") != "128"
                                     : params.at("value_dim") != params.at("head_dim")) {
    return refuse("value_dim: head_dim and value_dim are 64 and 64, 128 and 128, or 192 and 128");
  }
  if (decodes(params) && params.at("masking") != "full") {
    return refuse("masking: the one query of a decoding step sees every key: full");
  }
  return Done{};
}

Result<Problem> problem(const Params& params) {
  if (auto possible = check_combination(params); !possible) {
    return possible.error();
  }
  const auto input = number_type_from(params.at("input"));
  const auto output = number_type_from(params.at("output"));
  const auto batch = natural_from(params.at("batch"));
  const auto heads = natural_from(params.at("heads"));
  const auto kv_heads = natural_from(params.at("kv_heads"));
  const auto seq = natural_from(params.at("seq"));
  const auto head_dim = natural_from(params.at("head_dim"));
  const auto value_dim = natural_from(params.at("value_dim"));
  if (!input || !output || !batch || !heads || !kv_heads || !seq || !head_dim || !value_dim) {
    return Error{Error::Code::bad_input, "params: not those of compute.attention"};
  }
  if (*batch > k_most_heads || *heads > k_most_heads || *seq > k_most_seq) {
    return Error{Error::Code::bad_input,
                 "params: batch and heads are at most 65536, seq at most 1048576"};
  }
  if (*heads % *kv_heads != 0) {
    return refuse("kv_heads: " + params.at("heads") + " heads do not share " +
                  params.at("kv_heads") + " in equal groups");
  }
  return Problem{AttentionProblem{.pass = pass_of(params),
                                  .causal = params.at("masking") == "causal",
                                  .input = *input,
                                  .output = *output,
                                  .batch = static_cast<std::uint64_t>(*batch),
                                  .heads = static_cast<std::uint64_t>(*heads),
                                  .kv_heads = static_cast<std::uint64_t>(*kv_heads),
                                  .seq = static_cast<std::uint64_t>(*seq),
                                  .head_dim = static_cast<std::uint64_t>(*head_dim),
                                  .value_dim = static_cast<std::uint64_t>(*value_dim)}};
}

}  // namespace

Case compute_attention() {
  return {
      .id = "compute.attention",
      .summary =
          "Attention on one device (prefill, its gradients, decoding), every output slot verified",
      .formula =
          "prefill: 2 batch heads nnz (head_dim + value_dim) I / T, nnz pairs left by the mask; "
          "backward: (3 head_dim + 2 value_dim) instead; decode: bytes of K and V x steps / T",
      .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
      .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
      .params =
          {{.name = "pass",
            .meaning = "prefill of a whole prompt, its gradients, or one decoding step",
            .values = {"prefill_forward", "prefill_backward", "decode"}},
           {.name = "masking",
            .meaning = "causal: query i sees keys 0 to i",
            .values = {"causal", "full"}},
           {.name = "input", .meaning = "type of Q, K and V", .values = {"f32", "bf16"}},
           {.name = "accumulate", .meaning = "type scores and sums are kept in", .values = {"f32"}},
           {.name = "output", .meaning = "type of O", .values = {"f32", "bf16"}},
           {.name = "sparsity", .meaning = "pairs left out", .values = {"dense"}},
           {.name = "emulation",
            .meaning = "whether other types may stand in",
            .values = {"forbidden"}},
           {.name = "operands", .meaning = "distribution of the values", .values = {"integers"}},
           {.name = "batch", .meaning = "sequences", .whole = true, .bench = "1"},
           {.name = "heads", .meaning = "heads of Q and O", .whole = true, .bench = "8"},
           {.name = "kv_heads",
            .meaning = "heads of K and V, shared in equal groups",
            .whole = true,
            .bench = "2"},
           {.name = "seq",
            .meaning = "keys of a sequence; queries too, of a prefill",
            .whole = true,
            .bench = "512"},
           {.name = "head_dim", .meaning = "columns of Q and K", .values = {"64", "128", "192"}},
           {.name = "value_dim", .meaning = "columns of V and O", .values = {"64", "128"}}},
      .dimension = dimension,
      .problem = problem};
}

}  // namespace assay
