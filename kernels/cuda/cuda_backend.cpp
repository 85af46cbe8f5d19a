#include "kernels/cuda/cuda_backend.h"

#include <string>
#include <utility>

#include "kernels/cuda/attention_kernel.h"
#include "kernels/cuda/collective_rank.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/gemm_kernel.h"
#include "kernels/cuda/gpu_files.h"
#include "kernels/cuda/gradient_kernel.h"
#include "kernels/cuda/latency_kernel.h"
#include "kernels/cuda/library.h"
#include "kernels/cuda/link_kernel.h"
#include "kernels/cuda/memory_kernel.h"
#include "kernels/cuda/optional_libraries.h"
#include "kernels/soak_kernel.h"

namespace assay::cuda {
namespace {

constexpr std::string_view k_name = "cuda";
constexpr unsigned k_hopper_fp8_bits = 14;
constexpr int k_oldest_major = 9;  // Of what cmake/modules.cmake compiles for.

std::string uuid_of(const cudaDeviceProp& properties) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    const auto byte = static_cast<unsigned char>(properties.uuid.bytes[i]);
    text += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
    text += k_digits[byte / 16U];
    text += k_digits[byte % 16U];
  }
  return text;
}

std::string architecture_of(const cudaDeviceProp& properties) {
  return "sm_" + std::to_string(10 * properties.major + properties.minor);
}

std::uint32_t multiprocessors_of(const cudaDeviceProp& properties) {
  return static_cast<std::uint32_t>(properties.multiProcessorCount);
}

/// Of what fails before any device was asked for: whatever is wrong then, none was lost.
Error no_devices(const Error& why) {
  return {Error::Code::unsupported, why.message};
}

/// The driver is looked for by name first: the sentence then says which file is missing.
Result<int> count_devices() {
  if (const auto driver = open_library({"libcuda.so.1"}); !driver) {
    return Error{Error::Code::unsupported, "no NVIDIA driver: " + driver.error().message};
  }
  int version = 0;
  if (auto done = check(cudaDriverGetVersion(&version), "cudaDriverGetVersion"); !done) {
    return no_devices(done.error());
  }
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorNoDevice) {
    return 0;
  }
  if (auto done = check(status, "cudaGetDeviceCount (driver " + std::to_string(version) + ")");
      !done) {
    return no_devices(done.error());
  }
  return count;
}

class CudaBackend final : public Backend, public RankBackend, public FileBackend {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return k_name; }

  Result<std::vector<Device>> devices() override {
    const auto count = count_devices();
    if (!count) {
      return count.error();
    }
    std::vector<Device> devices;
    for (int i = 0; i < *count; ++i) {
      cudaDeviceProp properties{};
      if (auto done = check(cudaGetDeviceProperties(&properties, i), "cudaGetDeviceProperties");
          !done) {
        return done.error();
      }
      devices.push_back({.id = "gpu" + std::to_string(i),
                         .model = properties.name,
                         .serial = uuid_of(properties),
                         .architecture = architecture_of(properties),
                         .multiprocessors = multiprocessors_of(properties)});
    }
    return devices;
  }

  [[nodiscard]] std::string management_library() const override {
    return assay::cuda::management_library();
  }

  std::vector<VendorLibrary> libraries() override { return libraries_here(); }

  Result<Done> supports(const Problem& problem, const Device& device) override {
    const auto gpu = make_current(device);
    if (!gpu) {
      return gpu.error();
    }
    if (const auto* const gemm = std::get_if<GemmProblem>(&problem)) {
      return GemmKernel::supports(*gpu, *gemm);
    }
    if (const auto* const link = std::get_if<LinkProblem>(&problem)) {
      return LinkKernel::supports(*gpu, *link);
    }
    if (const auto* const latency = std::get_if<LatencyProblem>(&problem)) {
      return LatencyKernel::supports(*latency);
    }
    if (const auto* const attention = std::get_if<AttentionProblem>(&problem)) {
      return is_backward(*attention) ? GradientKernel::supports(*attention)
                                     : AttentionKernel::supports(*gpu, *attention);
    }
    if (std::holds_alternative<StorageProblem>(problem)) {
      return no_files();
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      const auto count = count_devices();
      return count ? supports_collective(*collective, *count) : Result<Done>(count.error());
    }
    if (const auto* const soak = std::get_if<SoakProblem>(&problem)) {
      return soak_supported(*this, soak_parts(*soak, copy_of(*soak)), device);
    }
    if (const auto* const layer = std::get_if<TransformerProblem>(&problem)) {
      return no_layer(*layer);
    }
    return MemoryKernel::supports(*gpu, std::get<MemoryProblem>(problem));
  }

  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    const auto gpu = make_current(device);
    if (!gpu) {
      return gpu.error();
    }
    if (const auto* const gemm = std::get_if<GemmProblem>(&problem)) {
      return as_kernel(GemmKernel::prepare(*gpu, *gemm, seed));
    }
    if (const auto* const link = std::get_if<LinkProblem>(&problem)) {
      return as_kernel(LinkKernel::prepare(*gpu, *link, seed));
    }
    if (const auto* const latency = std::get_if<LatencyProblem>(&problem)) {
      return as_kernel(LatencyKernel::prepare(*gpu, *latency, seed));
    }
    if (const auto* const attention = std::get_if<AttentionProblem>(&problem)) {
      return is_backward(*attention) ? as_kernel(GradientKernel::prepare(*gpu, *attention, seed))
                                     : as_kernel(AttentionKernel::prepare(*gpu, *attention, seed));
    }
    if (std::holds_alternative<StorageProblem>(problem)) {
      return no_files();
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      return no_ranks(*collective);
    }
    if (const auto* const soak = std::get_if<SoakProblem>(&problem)) {
      return prepare_soak(*this, soak_parts(*soak, copy_of(*soak)), device, seed);
    }
    if (const auto* const layer = std::get_if<TransformerProblem>(&problem)) {
      return no_layer(*layer);
    }
    return as_kernel(MemoryKernel::prepare(*gpu, std::get<MemoryProblem>(problem), seed));
  }

  Result<std::unique_ptr<DeviceRank>> open_rank(const CollectiveProblem& problem,
                                                const Device& device, const Seed& seed,
                                                const RankPlace& place) override {
    const auto gpu = make_current(device);
    return gpu ? open_collective_rank(problem, seed, place)
               : Result<std::unique_ptr<DeviceRank>>(gpu.error());
  }

  Result<Done> supports_files(const Device& device) override {
    if (const auto gpu = make_current(device); !gpu) {
      return gpu.error();
    }
    const auto cufile = load_cufile();
    return cufile ? Result<Done>(Done{}) : cufile.error();
  }

  Result<std::unique_ptr<DeviceFiles>> open_files(const Device& device,
                                                  std::uint64_t buffer_bytes) override {
    const auto gpu = make_current(device);
    return gpu ? GpuFiles::open(gpu->ordinal, buffer_bytes)
               : Result<std::unique_ptr<DeviceFiles>>(gpu.error());
  }

 private:
  static bool is_backward(const AttentionProblem& attention) {
    return attention.pass == AttentionProblem::Pass::prefill_backward;
  }
  static Error no_files() {
    return {Error::Code::unsupported,
            "files are laid out and checked by the host; this backend offers a GPU's memory to "
            "storage.gpu_read and storage.gpu_write alone"};
  }
  static Error no_layer(const TransformerProblem& layer) {
    return {Error::Code::unsupported, "compute.transformer_step in " +
                                          std::string(name_of(layer.input)) +
                                          " on a GPU: the cuda backend has kernels for its "
                                          "attention and products, not for the rest"};
  }
  static Error no_ranks(const CollectiveProblem& collective) {
    return {Error::Code::unsupported, "network." + std::string(name_of(collective.op)) +
                                          " takes a process for each GPU, and this is one"};
  }

  template <class Prepared>
  static Result<std::unique_ptr<Kernel>> as_kernel(Result<std::unique_ptr<Prepared>> prepared) {
    if (!prepared) {
      return prepared.error();
    }
    return std::unique_ptr<Kernel>(std::move(*prepared));
  }

  /// To the host and back: what crosses the link must arrive whole, too.
  static Problem copy_of(const SoakProblem& soak) {
    return LinkProblem{.direction = LinkProblem::Direction::both, .bytes = soak.copy_bytes};
  }

  static Result<GpuTarget> make_current(const Device& device) {
    const auto count = count_devices();
    if (!count) {
      return count.error();
    }
    GpuTarget gpu;
    while (gpu.ordinal < *count && device.id != "gpu" + std::to_string(gpu.ordinal)) {
      ++gpu.ordinal;
    }
    if (gpu.ordinal == *count) {
      return Error{Error::Code::not_found, "the cuda backend has no device '" + device.id + "'"};
    }
    cudaDeviceProp properties{};
    if (auto done = check(cudaSetDevice(gpu.ordinal), "cudaSetDevice"); !done) {
      return done.error();
    }
    if (auto done =
            check(cudaGetDeviceProperties(&properties, gpu.ordinal), "cudaGetDeviceProperties");
        !done) {
      return done.error();
    }
    gpu.isa = architecture_of(properties);
    if (properties.major < k_oldest_major) {
      return Error{Error::Code::unsupported, "the cuda module has no code for " + gpu.isa +
                                                 ", only for sm_90 and what came after"};
    }
    gpu.multiprocessors = multiprocessors_of(properties);
    gpu.has_block_scales = properties.major >= 10;
    if (properties.major == 9) {
      gpu.accumulators.fp8_bits = k_hopper_fp8_bits;
      gpu.fp8_is_measured = true;
    }
    return gpu;
  }
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend() {
  return std::make_unique<CudaBackend>();
}

}  // namespace assay::cuda
