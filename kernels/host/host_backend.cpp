#include "kernels/host/host_backend.h"

#include <string>
#include <type_traits>

#include "kernels/host/attention_kernel.h"
#include "kernels/host/cpu.h"
#include "kernels/host/gemm_kernel.h"
#include "kernels/host/latency_kernel.h"
#include "kernels/host/memory_kernel.h"
#include "kernels/host/storage_kernels.h"
#include "kernels/host/transformer_kernel.h"
#include "kernels/soak_kernel.h"

namespace assay {
namespace {

constexpr std::string_view k_name = "host";

Result<Done> known(const Device& device) {
  if (device.id != k_name) {
    return Error{Error::Code::not_found, "the host backend has no device '" + device.id + "'"};
  }
  return Done{};
}

class HostBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return k_name; }

  Result<std::vector<Device>> devices() override {
    return std::vector<Device>{{.id = std::string(k_name), .model = cpu_model(), .serial = ""}};
  }

  Result<Done> supports(const Problem& problem, const Device& device) override {
    if (auto found = known(device); !found) {
      return found;
    }
    if (const auto* const gemm = std::get_if<GemmProblem>(&problem)) {
      return GemmKernel::supports(*gemm);
    }
    if (const auto* const link = std::get_if<LinkProblem>(&problem)) {
      return no_link(*link);
    }
    if (const auto* const latency = std::get_if<LatencyProblem>(&problem)) {
      return LatencyKernel::supports(*latency);
    }
    if (const auto* const attention = std::get_if<AttentionProblem>(&problem)) {
      return AttentionKernel::supports(*attention);
    }
    if (const auto* const files = std::get_if<StorageProblem>(&problem)) {
      return supports_files(*files);
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      return no_ranks("network." + std::string(name_of(collective->op)));
    }
    if (const auto* const soak = std::get_if<SoakProblem>(&problem)) {
      return soak_supported(*this, soak_parts(*soak, copy_of(*soak)), device);
    }
    if (const auto* const layer = std::get_if<TransformerProblem>(&problem)) {
      return layer->ranks > 1 ? Result<Done>(no_ranks("compute.transformer_step"))
                              : TransformerKernel::supports(*layer);
    }
    return MemoryKernel::supports(std::get<MemoryProblem>(problem));
  }

  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    if (auto found = known(device); !found) {
      return found.error();
    }
    if (const auto* const gemm = std::get_if<GemmProblem>(&problem)) {
      return as_kernel(GemmKernel::prepare(*gemm, seed));
    }
    if (const auto* const link = std::get_if<LinkProblem>(&problem)) {
      return no_link(*link);
    }
    if (const auto* const latency = std::get_if<LatencyProblem>(&problem)) {
      return as_kernel(LatencyKernel::prepare(*latency, seed));
    }
    if (const auto* const attention = std::get_if<AttentionProblem>(&problem)) {
      return as_kernel(AttentionKernel::prepare(*attention, seed));
    }
    if (const auto* const files = std::get_if<StorageProblem>(&problem)) {
      return prepare_files(*files, seed);
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      return no_ranks("network." + std::string(name_of(collective->op)));
    }
    if (const auto* const soak = std::get_if<SoakProblem>(&problem)) {
      return prepare_soak(*this, soak_parts(*soak, copy_of(*soak)), device, seed);
    }
    if (const auto* const layer = std::get_if<TransformerProblem>(&problem)) {
      if (layer->ranks > 1) {
        return no_ranks("compute.transformer_step");
      }
      return as_kernel(TransformerKernel::prepare(*layer, 0, seed));
    }
    return as_kernel(MemoryKernel::prepare(std::get<MemoryProblem>(problem), seed));
  }

 private:
  static Error no_ranks(const std::string& a_case) {
    return {Error::Code::unsupported, a_case + " takes several processes, and this is one"};
  }

  static Error no_link(const LinkProblem& link) {
    return {Error::Code::unsupported,
            std::string(case_of(link)) + " is about a GPU's links: the host backend has none"};
  }

  /// From memory to memory: a host has no device beside it.
  static Problem copy_of(const SoakProblem& soak) {
    return MemoryProblem{.op = MemoryProblem::Op::copy, .array_bytes = soak.copy_bytes};
  }

  template <class Prepared>
  static Result<std::unique_ptr<Kernel>> as_kernel(Result<std::unique_ptr<Prepared>> prepared) {
    if (!prepared) {
      return prepared.error();
    }
    return std::unique_ptr<Kernel>(std::move(*prepared));
  }
};

}  // namespace

std::unique_ptr<Backend> make_host_backend() {
  return std::make_unique<HostBackend>();
}

}  // namespace assay
