#include <string>
#include <utility>

#include "harness/run/gpu_inventory.h"
#include "harness/run/host_facts.h"
#include "harness/run/kernel_log.h"
#include "harness/run/nvml.h"

namespace assay {
namespace {

class MachineInventory final : public Inventory {
 public:
  MachineInventory() : nvml_(Nvml::open()) {}

  Result<MachineFacts> find(const InventoryRequest& request) override {
    auto gpus = nvml_ ? (*nvml_)->read() : Result<MachineFacts>(nvml_.error());
    if (!gpus && request.needs_gpus) {
      return gpus.error();
    }
    MachineFacts facts = gpus ? std::move(*gpus) : without_gpus(gpus.error().message);
    if (request.gpu) {
      std::erase_if(facts.gpus, [&](const GpuFacts& gpu) { return gpu.index != *request.gpu; });
    }
    facts.host = read_host_facts();
    facts.xids = read_kernel_log();
    return facts;
  }

 private:
  static MachineFacts without_gpus(const std::string& reason) {
    MachineFacts facts;
    facts.source = "host";
    facts.driver.reason = facts.gpu_count.reason = reason;
    return facts;
  }

  Result<std::unique_ptr<Nvml>> nvml_;
};

}  // namespace

std::unique_ptr<Inventory> make_machine_inventory() {
  return std::make_unique<MachineInventory>();
}

}  // namespace assay
