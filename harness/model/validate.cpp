// The rules on a contract as a whole: who and what, its conditions and its remedy.
#include <set>
#include <string>

#include "harness/model/contract.h"

namespace assay {
namespace {

std::string at(std::string_view list, std::size_t index, std::string_view member) {
  return std::string(list) + "[" + std::to_string(index) + "]." + std::string(member);
}

Error refuse(const std::string& place, const std::string& why) {
  return {Error::Code::bad_input, place + ": " + why};
}

}  // namespace

Result<Done> validate(const Contract& contract) {
  if (contract.inventory.empty()) {
    return refuse("inventory", "empty; a contract without items can't be met or missed");
  }
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    const Clause& clause = contract.clauses[i];
    if (!is_identifier(clause.id)) {
      return refuse(at("clauses", i, "id"), "'" + clause.id + "' is no plain identifier");
    }
    if (!seen.insert(clause.id).second) {
      return refuse(at("clauses", i, "id"), "'" + clause.id + "' stands twice");
    }
  }
  return Done{};
}

}  // namespace assay
