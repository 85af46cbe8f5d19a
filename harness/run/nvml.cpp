#include "harness/run/nvml.h"

#include <array>
#include <utility>

#include "harness/run/nvml_questions.h"

namespace assay {
namespace nvml {
namespace {

/// One that doesn't answer is lost, but not one that the caller may not ask: of that nothing is
/// shown.
GpuFacts read_gpu(const Functions& functions, Whole index) {
  GpuFacts gpu{.index = index};
  Handle handle = nullptr;
  const Return result = functions.handle(index, &handle);
  if (result == k_no_permission) {
    each_fact(gpu,
              [&](const char* /*name*/, auto& fact) { fact.reason = functions.reason(result); });
    return gpu;
  }
  gpu.lost = result == k_success ? loss_of(functions, handle) : functions.reason(result);
  if (gpu.lost.empty()) {
    read_facts(Questions(functions, handle), gpu);
  }
  return gpu;
}

}  // namespace
}  // namespace nvml

Nvml::Nvml(std::shared_ptr<const nvml::Functions> functions) : functions_(std::move(functions)) {}

Nvml::~Nvml() = default;  // the library stays mapped: it may have threads of its own

Result<std::unique_ptr<Nvml>> Nvml::open(const std::string& file) {
  auto library = SharedLibrary::open({file});
  if (!library) {
    return Error{Error::Code::unsupported, library.error().message +
                                               ": it comes with the NVIDIA driver, and without it "
                                               "nobody can say what GPUs this machine has"};
  }
  const auto functions = std::make_shared<nvml::Functions>(nvml::Functions{*std::move(library)});
  functions->load(functions->init, "nvmlInit_v2");
  functions->load(functions->shutdown, "nvmlShutdown");
  functions->load(functions->error_string, "nvmlErrorString");
  functions->load(functions->driver_version, "nvmlSystemGetDriverVersion");
  functions->load(functions->count, "nvmlDeviceGetCount_v2");
  functions->load(functions->handle, "nvmlDeviceGetHandleByIndex_v2");
  functions->load(functions->handle_by_uuid, "nvmlDeviceGetHandleByUUID");
  if (functions->init == nullptr || functions->shutdown == nullptr ||
      functions->driver_version == nullptr || functions->count == nullptr ||
      functions->handle == nullptr) {
    return Error{Error::Code::unsupported, file +
                                               " lacks functions that every driver since 2013 "
                                               "has (nvmlInit_v2, nvmlDeviceGetCount_v2, ...)"};
  }
  return std::unique_ptr<Nvml>(new Nvml(functions));
}

Result<MachineFacts> Nvml::read() {
  const nvml::Functions& functions = *functions_;
  if (const nvml::Return result = functions.init(); result != nvml::k_success) {
    return Error{Error::Code::unsupported, "nvmlInit_v2: " + functions.reason(result)};
  }
  MachineFacts facts;
  facts.source = "nvml";
  std::array<char, 128> version{};
  if (functions.driver_version(version.data(), static_cast<nvml::Whole>(version.size())) ==
      nvml::k_success) {
    nvml::Questions::set_text(facts.driver, version.data());
  } else {
    facts.driver.reason = "nvmlSystemGetDriverVersion gave none";
  }
  nvml::Whole count = 0;
  if (const nvml::Return result = functions.count(&count);
      result != nvml::k_success || count > nvml::k_most_gpus) {
    static_cast<void>(functions.shutdown());
    return Error{
        Error::Code::unsupported,
        "nvmlDeviceGetCount_v2: " + (result == nvml::k_success
                                         ? std::to_string(count) + " GPUs, more than any node has"
                                         : functions.reason(result))};
  }
  facts.gpu_count.value = count;
  for (nvml::Whole index = 0; index < count; ++index) {
    facts.gpus.push_back(nvml::read_gpu(functions, index));
  }
  static_cast<void>(functions.shutdown());
  return facts;
}

Result<std::unique_ptr<NvmlGpu>> Nvml::gpu(const std::string& uuid) {
  return NvmlGpu::find(functions_, uuid);
}

}  // namespace assay
