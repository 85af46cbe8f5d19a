#include "harness/cli/doctor_questions.h"

#include <utility>

namespace assay {
namespace {

using Questions = std::vector<std::pair<std::string, Problem>>;

void ask_products(Questions& questions) {
  struct Types {
    NumberType input, accumulate, output;
  };
  using enum NumberType;
  for (const auto& [input, accumulate, output] :
       {Types{f64, f64, f64}, Types{f32, f32, f32}, Types{tf32, f32, f32}, Types{bf16, f32, f32},
        Types{bf16, f32, bf16}, Types{f16, f32, f16}, Types{fp8_e4m3, f32, bf16},
        Types{fp8_e5m2_e4m3, f32, bf16}, Types{mxfp8_e4m3, f32, bf16}, Types{nvfp4, f32, bf16},
        Types{s8, s32, s32}}) {
    questions.emplace_back("compute.gemm " + std::string(name_of(input)) + ", " +
                               std::string(name_of(accumulate)) + " sums, " +
                               std::string(name_of(output)) + " output",
                           GemmProblem{.input = input,
                                       .accumulate = accumulate,
                                       .output = output,
                                       .m = 512,
                                       .n = 512,
                                       .k = 512});
  }
}

void ask_memory(Questions& questions) {
  constexpr std::uint64_t k_bytes = std::uint64_t{1} << 20U;
  for (const auto op :
       {MemoryProblem::Op::read, MemoryProblem::Op::copy, MemoryProblem::Op::triad}) {
    questions.emplace_back("compute.memory " + std::string(name_of(op)),
                           MemoryProblem{.op = op, .array_bytes = k_bytes, .non_temporal = true});
  }
  questions.emplace_back("compute.latency", LatencyProblem{.array_bytes = k_bytes});
}

void ask_attention(Questions& questions) {
  for (const auto pass :
       {AttentionProblem::Pass::prefill_forward, AttentionProblem::Pass::prefill_backward,
        AttentionProblem::Pass::decode}) {
    for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
      questions.emplace_back(
          "compute.attention " + std::string(name_of(pass)) + ", " + std::string(name_of(type)),
          AttentionProblem{.pass = pass,
                           .input = type,
                           .output = type,
                           .seq = 512,
                           .head_dim = 128,
                           .value_dim = 128});
    }
  }
}

void ask_layer(Questions& questions) {
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    questions.emplace_back("compute.transformer_step, " + std::string(name_of(type)),
                           TransformerProblem{.input = type,
                                              .seq = 512,
                                              .hidden = 512,
                                              .ffn = 2048,
                                              .heads = 8,
                                              .kv_heads = 2,
                                              .head_dim = 64});
  }
}

void ask_links(Questions& questions) {
  constexpr std::uint64_t k_bytes = std::uint64_t{1} << 20U;
  using enum LinkProblem::Path;
  for (const auto& [path, end] : {std::pair(near_host, ", near NUMA node"),
                                  std::pair(far_host, ", far NUMA node"), std::pair(peer, "")}) {
    const LinkProblem link{.path = path, .bytes = k_bytes};
    questions.emplace_back(std::string(case_of(link)) + end, link);
  }
}

/// Files are the host's business, and here is as good a directory as any.
void ask_files(Questions& questions) {
  constexpr std::uint64_t k_bytes = std::uint64_t{1} << 20U;
  using enum StorageProblem::Op;
  for (const auto op : {write, read, random_read, mixed, training, save, restore, create}) {
    const std::string name = op == training      ? "dataset"
                             : is_metadata(op)   ? "metadata"
                             : is_checkpoint(op) ? "checkpoint, " + std::string(name_of(op))
                                                 : std::string(name_of(op));
    questions.emplace_back("storage." + name + ", files in this directory",
                           StorageProblem{.op = op,
                                          .file_bytes = k_bytes,
                                          .extent_bytes = k_bytes,
                                          .request_bytes = 4096,
                                          .files = 1,
                                          .directory = "."});
  }
  questions.emplace_back("storage.write, read, random_read and mixed by fio, in this directory",
                         StorageProblem{.op = read,
                                        .engine = StorageProblem::Engine::fio,
                                        .file_bytes = k_bytes,
                                        .extent_bytes = k_bytes,
                                        .request_bytes = 4096,
                                        .directory = "."});
}

/// One for both: they need the same library.
void ask_files_of_a_gpu(Questions& questions) {
  constexpr std::uint64_t k_bytes = std::uint64_t{1} << 20U;
  questions.emplace_back("storage.gpu_read and gpu_write, in this directory",
                         StorageProblem{.op = StorageProblem::Op::read,
                                        .engine = StorageProblem::Engine::gpu,
                                        .file_bytes = k_bytes,
                                        .extent_bytes = k_bytes,
                                        .request_bytes = k_bytes,
                                        .directory = "."});
}

/// One for all: they need the same launcher, module and processes.
void ask_collectives(Questions& questions) {
  questions.emplace_back("network.all_reduce and other collectives, of 2 ranks",
                         CollectiveProblem{.bytes = 64, .ranks = 2});
}

}  // namespace

std::vector<Ability> abilities_of(Backend& backend, const Device& device) {
  Questions questions;
  ask_products(questions);
  ask_attention(questions);
  ask_layer(questions);
  ask_memory(questions);
  ask_links(questions);
  ask_collectives(questions);
  if (backend.name() == "host") {
    ask_files(questions);
  }
  ask_files_of_a_gpu(questions);
  std::vector<Ability> abilities;
  for (const auto& [what, problem] : questions) {
    const auto supported = backend.supports(problem, device);
    abilities.push_back({device.id, what, supported ? "" : supported.error().message});
  }
  return abilities;
}

}  // namespace assay
