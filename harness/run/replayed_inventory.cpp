#include <algorithm>
#include <utility>

#include "harness/run/gpu_inventory.h"
#include "reports/files.h"
#include "reports/machine_facts.h"

namespace assay {
namespace {

class ReplayedInventory final : public Inventory {
 public:
  explicit ReplayedInventory(std::string file) : file_(std::move(file)) {}

  Result<MachineFacts> find(const InventoryRequest& request) override {
    auto looks = read();
    if (!looks) {
      return Error{Error::Code::unsupported, file_ + ": " + looks.error().message};
    }
    MachineFacts facts =
        std::move((*looks)[std::min<std::size_t>(request.look, looks->size() - 1)]);
    if (request.gpu) {
      std::erase_if(facts.gpus, [&](const GpuFacts& gpu) { return gpu.index != *request.gpu; });
    }
    return facts;
  }

 private:
  [[nodiscard]] Result<std::vector<MachineFacts>> read() const {
    constexpr std::size_t k_largest = std::size_t{16} << 20U;
    const auto text = read_file(file_, k_largest);
    return text ? read_recording(*text) : Result<std::vector<MachineFacts>>(text.error());
  }

  std::string file_;
};

}  // namespace

std::unique_ptr<Inventory> make_replayed_inventory(std::string file) {
  return std::make_unique<ReplayedInventory>(std::move(file));
}

}  // namespace assay
