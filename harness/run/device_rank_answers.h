// One rank of a collective on a device: what it answers to its worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/run/nvml_gpu.h"
#include "harness/run/rank_messages.h"
#include "kernels/device_rank.h"
#include "kernels/module.h"

namespace assay {

/// As its worker starts it.
struct DeviceRankChoice {
  std::string backend;  ///< "cuda"; "": a rank of MPI.
  ModuleChoice module;
  std::string device;  ///< "gpu3"
  std::uint32_t rank = 0;
};

class DeviceRankAnswers {
 public:
  /// `say_alive` is called between calls.
  DeviceRankAnswers(DeviceRankChoice choice, std::function<void()> say_alive);

  RankRecord operator()(const RankCommand& command);

 private:
  Result<Done> obey(const RankCommand& command, RankRecord& record);
  Result<Done> start(const RankCommand& command, RankRecord& record);
  Result<Done> join(const RankCommand& command, RankRecord& record);
  Result<Done> run(const RankCommand& command, RankRecord& record);
  Result<Done> check(const RankCommand& command, RankRecord& record);
  Result<Done> look(RankRecord& record);
  /// From now on the driver is asked what this GPU's links sent.
  void watch(const Device& device);
  Result<Done> each_step(const RankCommand& command,
                         const std::function<Result<Done>(const Step&)>& work);

  DeviceRankChoice choice_;
  std::function<void()> say_alive_;
  CollectiveProblem problem_;
  LoadedBackend loaded_;
  std::unique_ptr<DeviceRank> rank_;
  std::unique_ptr<NvmlGpu> gpu_;  ///< Null for `no_gpu_`.
  std::string no_gpu_;
};

}  // namespace assay
