#include "kernels/host/host_backend.h"

#include <string>
#include <type_traits>

#include "kernels/host/attention_kernel.h"
#include "kernels/host/cpu.h"
#include "kernels/host/gemm_kernel.h"
#include "kernels/host/latency_kernel.h"
#include "kernels/host/memory_kernel.h"

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
    return as_kernel(MemoryKernel::prepare(std::get<MemoryProblem>(problem), seed));
  }

 private:
  static Error no_link(const LinkProblem& link) {
    return {Error::Code::unsupported,
            std::string(case_of(link)) + " is about a GPU's links: the host backend has none"};
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
