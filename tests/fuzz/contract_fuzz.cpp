// The contract reader takes or refuses, with a sentence, and does so the same way twice.
#include <set>

#include "reports/contract_json.h"
#include "reports/json.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = assay::as_text(data, size);
  const auto contract = assay::read_contract(text);
  if (!contract) {
    assay::require(!contract.error().message.empty(), "a refusal says why");
    assay::require(contract.error().message.find('\n') == std::string::npos, "in one line");
    return 0;
  }
  std::set<std::string> ids;
  for (const assay::Clause& clause : contract->clauses) {
    assay::require(ids.insert(clause.id).second, "clauses have different ids");
  }
  assay::require(!ids.empty(), "a contract promises something");
  assay::require(!contract->inventory.empty(), "a contract delivers something");

  // The canonical form of the same document is the same contract.
  const auto document = assay::read_json(text);
  assay::require(document.has_value(), "a contract is JSON");
  const auto again = assay::read_contract(assay::canonical_json(*document));
  assay::require(again.has_value(), "its canonical form is a contract");
  assay::require(again->id == contract->id, "it has the same id");
  assay::require(again->clauses.size() == contract->clauses.size(), "it has the same clauses");
  return 0;
}
