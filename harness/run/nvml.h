// NVIDIA's management library, opened at run time by our own declarations: no header of it is
// needed to build, and nothing of NVIDIA's is linked. What a driver lacks is a function that isn't
// there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/model/gpu_facts.h"
#include "harness/model/result.h"
#include "harness/run/nvml_gpu.h"

namespace assay {

class Nvml {
 public:
  /// Fails with unsupported, naming the file it looked for. Asks the driver nothing yet.
  [[nodiscard]] static Result<std::unique_ptr<Nvml>> open(
      const std::string& file = "libnvidia-ml.so.1");
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  /// Everything of all GPUs. Fails with unsupported if the driver doesn't answer; a GPU that
  /// doesn't is in the list with its reason.
  [[nodiscard]] Result<MachineFacts> read();
  /// The one of that UUID, whatever its number is here and elsewhere. Fails with unsupported if the
  /// driver doesn't know it.
  [[nodiscard]] Result<std::unique_ptr<NvmlGpu>> gpu(const std::string& uuid);

 private:
  explicit Nvml(std::shared_ptr<const nvml::Functions> functions);

  std::shared_ptr<const nvml::Functions> functions_;
};

}  // namespace assay
