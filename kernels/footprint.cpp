#include "kernels/footprint.h"

#include "kernels/transformer_plan.h"

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
  const Natural forward =
      bytes_of(queries * attention.head_dim, attention.input) +
      bytes_of(keys * (attention.head_dim + attention.value_dim), attention.input) +
      bytes_of(queries * attention.value_dim, attention.output);
  if (attention.pass != AttentionProblem::Pass::prefill_backward) {
    return forward;
  }
  // O is read too, and so are dO and a logarithm in f32 of each query; dQ, dK and dV are as large
  // as Q, K and V.
  return 2 * forward + 4 * queries;
}

/// Of memory: what is in flight, or a slot of a GPU. The files themselves need room elsewhere.
std::optional<Natural> least_bytes_of(const StorageProblem& storage) {
  if (storage.engine == StorageProblem::Engine::gpu) {
    return Natural{storage.clients} * storage.extent_bytes;
  }
  return Natural{storage.clients} * storage.depth * storage.request_bytes;
}

/// What goes in, and out of it a slot, on each rank of the host.
std::optional<Natural> least_bytes_of(const CollectiveProblem& collective) {
  if (collective.op == CollectiveProblem::Op::links) {
    return Natural{collective.ranks + 1} * collective.bytes * collective.ranks;
  }
  return Natural{2} * collective.bytes * collective.ranks;
}

std::optional<Natural> least_bytes_of(const SoakProblem& soak) {
  const MemoryProblem triad{.op = MemoryProblem::Op::triad, .array_bytes = soak.array_bytes};
  const Natural copies = Natural{soak.copy_bytes} * 2;
  return *least_bytes_of(soak.product) + Natural{soak.array_bytes} * arrays_of(triad) + copies;
}

/// On each rank: its tokens and their gradient, the weights, and a slot, of which the gradients of
/// weights stand twice where they are exchanged.
std::optional<Natural> least_bytes_of(const TransformerProblem& layer) {
  const Natural operands = 2 * Natural{tokens_of(layer)} * layer.hidden + weights_of(layer);
  const Natural summed = layer.ranks > 1 ? weights_of(layer) : 0;
  return layer.ranks * (bytes_of(operands, layer.input) + LayerPlaces(layer).bytes() +
                        bytes_of(summed, NumberType::f32));
}

}  // namespace

std::optional<Natural> least_bytes(const Problem& problem) {
  return std::visit([](const auto& known) { return least_bytes_of(known); }, problem);
}

}  // namespace assay
