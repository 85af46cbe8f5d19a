// The rules on what is delivered.
#include <set>
#include <string>

#include "harness/model/checks.h"
#include "harness/model/validate.h"

namespace assay {
namespace {

constexpr std::uint32_t k_most_nodes = 100'000;
constexpr std::uint32_t k_most_parts = 1024;
constexpr std::uint64_t k_most_items = 2'000'000;

void check_gpus(Checks& checks, const Gpus& gpus) {
  checks.require(!gpus.model.empty(), "gpus.model", "empty; it is compared with what is found");
  checks.require(gpus.count >= 1 && gpus.count <= k_most_parts, "gpus.count",
                 "from 1 to 1024, per node");
  if (gpus.memory) {
    checks.require(gpus.memory->dimension == Dimension::bytes, "gpus.memory",
                   "'" + gpus.memory->text + "' is no amount of memory");
  }
  if (gpus.power_limit) {
    checks.require(
        gpus.power_limit->dimension == Dimension::power && gpus.power_limit->base.numerator > 0,
        "gpus.power_limit", "'" + gpus.power_limit->text + "' is no power limit");
  }
}

void check_line(Checks& checks, const InventoryLine& line) {
  checks.require(is_identifier(line.id), "id", "'" + line.id + "' is no plain identifier");
  checks.require(line.id != "system", "id", "'system' is the name of the whole");
  checks.require(is_identifier(line.kind), "kind", "'" + line.kind + "' is no plain identifier");
  checks.require(line.nodes >= 1 && line.nodes <= k_most_nodes, "nodes", "from 1 to 100000");
  checks.require(line.spares <= line.nodes, "spares", "more spares than nodes");
  checks.require(line.links <= k_most_parts, "links", "from 0 to 1024, per node");
  if (line.gpus) {
    check_gpus(checks, *line.gpus);
  }
}

}  // namespace

std::optional<Error> fault_of_inventory(const Contract& contract) {
  if (contract.inventory.empty()) {
    return Error{Error::Code::bad_input,
                 "inventory: empty; a contract without items can be neither met nor missed"};
  }
  std::set<std::string, std::less<>> seen;
  std::uint64_t items = 0;
  for (std::size_t i = 0; i < contract.inventory.size(); ++i) {
    const InventoryLine& line = contract.inventory[i];
    Checks checks("inventory[" + std::to_string(i) + "]");
    check_line(checks, line);
    checks.require(seen.insert(line.id).second, "id", "'" + line.id + "' stands twice");
    items += std::uint64_t{line.nodes} * (1 + line.links + (line.gpus ? line.gpus->count : 0));
    checks.require(items <= k_most_items, "nodes", "more than 2000000 items in all");
    if (checks.error()) {
      return checks.error();
    }
  }
  return std::nullopt;
}

}  // namespace assay
