#include "harness/cli/doctor_gpus.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "harness/model/quantity.h"
#include "reports/machine_facts.h"

namespace assay {
namespace {

template <class T, class Show>
std::string shown(const Fact<T>& fact, Show show) {
  return fact.value ? show(*fact.value) : "not shown";
}

std::string line_of(const GpuFacts& gpu) {
  const std::string name = "gpu" + std::to_string(gpu.index) + ": ";
  if (!gpu.lost.empty()) {
    return name + "doesn't answer: " + gpu.lost;
  }
  const auto same = [](const std::string& text) { return text; };
  const auto active =
      std::count_if(gpu.nvlinks.begin(), gpu.nvlinks.end(),
                    [](const LinkFacts& link) { return link.active.value.value_or(false); });
  const auto watts = [](std::int64_t milliwatts) {
    return for_people({static_cast<Natural>(milliwatts), 1000}, Dimension::power);
  };
  const auto on = [](bool value) { return std::string(value ? "on" : "off"); };
  return name + shown(gpu.model, same) + ", " + shown(gpu.uuid, same) + ", power limit " +
         shown(gpu.power_limit_mw, watts) + ", ECC " + shown(gpu.ecc, on) + ", MIG " +
         shown(gpu.mig, on) + ", " + std::to_string(active) + " of " +
         std::to_string(gpu.nvlinks.size()) + " NVLinks active";
}

}  // namespace

void print_gpus(const Console& console, const Result<MachineFacts>& found) {
  console.out << "\nGPUs by the driver's library\n";
  if (!found) {
    console.out << wrapped("none: " + found.error().message, 2);
    return;
  }
  console.out << "  driver " << found->driver.value.value_or(found->driver.reason) << ", "
              << found->gpus.size() << " GPUs\n";
  for (const GpuFacts& gpu : found->gpus) {
    console.out << wrapped(line_of(gpu), 2);
  }
  if (!found->xids.reason.empty()) {
    console.out << wrapped("Xids not shown: " + found->xids.reason, 2);
  }
  for (const XidLine& line : found->xids.lines) {
    console.out << "  " << line.text << '\n';
  }
}

Json gpus_json(const Result<MachineFacts>& found) {
  return found ? Json(json_of(*found)) : Json(Json::Object{{"reason", found.error().message}});
}

}  // namespace assay
