#include "kernels/footprint.h"

namespace assay {
namespace {

Natural bytes_of(Natural elements, NumberType type) {
  return elements * bits_of(type) / 8;
}

std::optional<Natural> least_bytes_of(const GemmProblem& gemm) {
  const Natural m = gemm.m;
  const Natural n = gemm.n;
  const Natural k = gemm.k;
  return bytes_of(m * k + k * n, gemm.input) + bytes_of(m * n, gemm.output);
}

std::optional<Natural> least_bytes_of(const MemoryProblem& memory) {
  if (memory.array_bytes == 0) {
    return std::nullopt;
  }
  return Natural{memory.array_bytes} * arrays_of(memory);
}

std::optional<Natural> least_bytes_of(const LinkProblem& link) {
  const bool both = link.direction == LinkProblem::Direction::both;
  return Natural{link.bytes} * (both ? 2 : 1);
}

std::optional<Natural> least_bytes_of(const LatencyProblem& latency) {
  return latency.array_bytes == 0 ? std::nullopt : std::optional<Natural>(latency.array_bytes);
}

std::optional<Natural> least_bytes_of(const AttentionProblem& attention) {
  const bool decodes = attention.pass == AttentionProblem::Pass::decode;
  const Natural queries =
      Natural{attention.batch} * attention.heads * (decodes ? 1 : attention.seq);
  const Natural keys = Natural{attention.batch} * attention.kv_heads * attention.seq;
  return bytes_of(queries * attention.head_dim, attention.input) +
         bytes_of(keys * (attention.head_dim + attention.value_dim), attention.input) +
         bytes_of(queries * attention.value_dim, attention.output);
}

}  // namespace

std::optional<Natural> least_bytes(const Problem& problem) {
  return std::visit([](const auto& known) { return least_bytes_of(known); }, problem);
}

}  // namespace assay
