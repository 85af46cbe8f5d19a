#include "harness/run/ranked_backend.h"

#include <utility>

#include "harness/run/collective_kernel.h"
#include "harness/run/fio_kernel.h"
#include "harness/run/gpu_file_kernel.h"
#include "harness/run/layer_step_kernel.h"
#include "kernels/host/host_backend.h"
#include "kernels/rank_layout.h"

namespace assay {
namespace {

template <class Prepared>
Result<std::unique_ptr<Kernel>> as_kernel(Result<std::unique_ptr<Prepared>> prepared) {
  if (!prepared) {
    return prepared.error();
  }
  return std::unique_ptr<Kernel>(std::move(*prepared));
}

class RankedHostBackend final : public Backend {
 public:
  explicit RankedHostBackend(RankLaunch launch)
      : launch_(std::move(launch)), host_(make_host_backend()) {}

  [[nodiscard]] std::string_view name() const noexcept override { return host_->name(); }
  Result<std::vector<Device>> devices() override { return host_->devices(); }

  Result<Done> supports(const Problem& problem, const Device& device) override {
    if (const auto* const layer = layer_of_ranks(problem)) {
      return LayerStepKernel::supports(launch_, *layer);
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      return CollectiveKernel::supports(launch_, *collective);
    }
    const auto* const files = of_fio(problem);
    return files != nullptr ? FioKernel::supports(*files) : host_->supports(problem, device);
  }

  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    if (const auto* const layer = layer_of_ranks(problem)) {
      return as_kernel(LayerStepKernel::prepare(launch_, *layer, seed));
    }
    if (const auto* const collective = std::get_if<CollectiveProblem>(&problem)) {
      return as_kernel(CollectiveKernel::prepare(launch_, *collective, seed));
    }
    const auto* const files = of_fio(problem);
    return files != nullptr ? as_kernel(FioKernel::prepare(*files, seed))
                            : host_->prepare(problem, device, seed);
  }

 private:
  /// Null for every other problem, and for one rank, which needs no other.
  static const TransformerProblem* layer_of_ranks(const Problem& problem) {
    const auto* const layer = std::get_if<TransformerProblem>(&problem);
    return layer != nullptr && layer->ranks > 1 ? layer : nullptr;
  }
  static const StorageProblem* of_fio(const Problem& problem) {
    const auto* const files = std::get_if<StorageProblem>(&problem);
    return files != nullptr && files->engine == StorageProblem::Engine::fio ? files : nullptr;
  }

  RankLaunch launch_;
  std::unique_ptr<Backend> host_;
};

class RankedDeviceBackend final : public Backend {
 public:
  RankedDeviceBackend(RankLaunch launch, std::unique_ptr<Backend> backend)
      : launch_(std::move(launch)),
        backend_(std::move(backend)),
        files_(dynamic_cast<FileBackend*>(backend_.get())) {}

  [[nodiscard]] std::string_view name() const noexcept override { return backend_->name(); }
  Result<std::vector<Device>> devices() override { return backend_->devices(); }
  [[nodiscard]] std::string management_library() const override {
    return backend_->management_library();
  }
  std::vector<VendorLibrary> libraries() override { return backend_->libraries(); }
  Result<Done> supports(const Problem& problem, const Device& device) override {
    const auto* const problem_of_files = of_device_files(problem);
    if (files_ == nullptr || problem_of_files == nullptr) {
      return backend_->supports(problem, device);
    }
    auto able = GpuFileKernel::supports(*problem_of_files);
    return able ? files_->supports_files(device) : able;
  }

  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    const auto* const problem_of_files = of_device_files(problem);
    if (files_ != nullptr && problem_of_files != nullptr) {
      return as_kernel(GpuFileKernel::prepare(*problem_of_files, seed, [&](std::uint64_t bytes) {
        return files_->open_files(device, bytes);
      }));
    }
    const auto* const collective = std::get_if<CollectiveProblem>(&problem);
    if (collective == nullptr) {
      return backend_->prepare(problem, device, seed);
    }
    if (auto able = backend_->supports(problem, device); !able) {
      return able.error();
    }
    const auto devices = backend_->devices();
    if (!devices) {
      return devices.error();
    }
    RankLaunch launch = launch_;
    const auto count = static_cast<std::uint32_t>(devices->size());
    for (const std::uint32_t place : ranks::places_of(*collective, count, seed)) {
      launch.devices.push_back((*devices)[place].id);
    }
    return as_kernel(CollectiveKernel::start(launch, *collective, seed));
  }

 private:
  static const StorageProblem* of_device_files(const Problem& problem) {
    const auto* const files = std::get_if<StorageProblem>(&problem);
    return files != nullptr && files->engine == StorageProblem::Engine::gpu ? files : nullptr;
  }

  RankLaunch launch_;
  std::unique_ptr<Backend> backend_;
  FileBackend* files_;  ///< The same; null where its devices move no files.
};

}  // namespace

std::unique_ptr<Backend> make_ranked_host_backend(RankLaunch launch) {
  return std::make_unique<RankedHostBackend>(std::move(launch));
}

Result<LoadedBackend> load_ranked_backend(std::string_view name, const std::string& module,
                                          const RankLaunch& launch) {
  auto loaded = load_backend(name, ModuleChoice::from(module));
  if (!loaded) {
    return loaded;
  }
  RankLaunch own = launch;
  own.backend = name;
  own.module = module;
  return LoadedBackend{
      .backend = std::make_unique<RankedDeviceBackend>(own, std::move(loaded->backend)),
      .mark = loaded->mark};
}

}  // namespace assay
