#include "reports/contract_json.h"

#include "reports/contract_members.h"
#include "reports/shown.h"

namespace assay {
namespace {

constexpr const char* k_schema = "assay.contract/1";

/// Members of which some are objects or arrays with decoders of their own. The first failure of
/// those is kept here, since it already names its place.
class Parts : public Members {
 public:
  using Members::Members;

  /// Reads the member `name` with `read(value, place)` into `target`.
  template <class T, class Read>
  void part(T& target, std::string_view name, Read read) {
    if (const Json* value = object(name)) {
      keep(target, read(*value, place_of(name)));
    }
  }

  template <class T, class Read>
  void list(std::vector<T>& target, std::string_view name, Read read) {
    const Json* value = array(name);
    for (std::size_t i = 0; value != nullptr && i < value->array()->size() && !inner_; ++i) {
      T element;
      keep(element, read((*value->array())[i], place_of(name) + "[" + std::to_string(i) + "]"));
      target.push_back(std::move(element));
    }
  }

  template <class T>
  [[nodiscard]] Result<T> finish(T value) const {
    const auto own = done();
    if (!own || inner_) {
      return inner_ ? *inner_ : own.error();
    }
    return value;
  }

 private:
  template <class T, class U>
  void keep(T& target, Result<U> read) {
    if (read) {
      target = *std::move(read);
    } else if (!inner_) {
      inner_ = read.error();
    }
  }

  std::optional<Error> inner_;
};

Result<Gpus> read_gpus(const Json& value, const std::string& place) {
  Parts members(value, place);
  Gpus gpus;
  gpus.model = members.text("model");
  gpus.count = count_of(members, "count");
  gpus.memory = quantity_of(members, "memory");
  gpus.power_limit = quantity_of(members, "power_limit");
  return members.finish(gpus);
}

Result<InventoryLine> read_line(const Json& value, const std::string& place) {
  Parts members(value, place);
  InventoryLine line;
  line.id = members.text("id");
  line.kind = members.text("kind");
  line.nodes = count_of(members, "nodes");
  line.spares = count_of(members, "spares", 0);
  line.links = count_of(members, "links", 0);
  if (members.has("gpus")) {
    members.part(line.gpus, "gpus", read_gpus);
  }
  return members.finish(line);
}

Result<std::string> read_party(const Json& value, const std::string& place) {
  Parts members(value, place);
  return members.finish(members.text("name"));
}

Result<Conditions> read_conditions(const Json& value, const std::string& place) {
  Parts members(value, place);
  Conditions conditions;
  conditions.block_gap = quantity_of(members, "block_gap");
  conditions.clock_disagreement = quantity_of(members, "clock_disagreement");
  conditions.session_spread = quantity_of(members, "session_spread");
  conditions.start_skew = quantity_of(members, "start_skew");
  return members.finish(conditions);
}

Result<Remedy> read_remedy(const Json& value, const std::string& place) {
  Parts members(value, place);
  Remedy remedy;
  remedy.replacements = quantity_of(members, "replacements");
  remedy.per_slot = count_of(members, "per_slot", 1);
  return members.finish(remedy);
}

Result<std::uint32_t> read_days(const Json& value, const std::string& place) {
  Parts members(value, place);
  const std::uint32_t days = count_of(members, "days");
  return members.finish(days);
}

struct Parties {
  std::string buyer, supplier;
};

Result<Parties> read_parties(const Json& value, const std::string& place) {
  Parts members(value, place);
  Parties parties;
  members.part(parties.buyer, "buyer", read_party);
  members.part(parties.supplier, "supplier", read_party);
  return members.finish(parties);
}

Result<Contract> decode(const Json& document) {
  Parts members(document, "");
  Contract contract;
  if (const std::string schema = members.text("schema"); schema != k_schema) {
    members.fail("schema", "'" + schema + "' is not '" + k_schema + "'");
  }
  contract.id = members.text("id");
  contract.purpose = word_of(
      members, "purpose",
      {Purpose::acceptance, Purpose::prevalidation, Purpose::regression, Purpose::demonstration});
  contract.title = text_of(members, "title");
  Parties parties;
  members.part(parties, "parties", read_parties);
  contract.buyer = parties.buyer;
  contract.supplier = parties.supplier;
  members.list(contract.inventory, "inventory", read_line);
  members.part(contract.days, "sessions", read_days);
  members.part(contract.conditions, "conditions", read_conditions);
  if (members.has("remedy")) {
    members.part(contract.remedy, "remedy", read_remedy);
  }
  contract.max_invalid = count_of(members, "max_invalid", 0);
  members.list(contract.clauses, "clauses", read_clause);
  return members.finish(std::move(contract));
}

/// A refusal quotes names and values as the contract has them: one sentence all the same.
Error in_one_line(const Error& refusal) {
  return {refusal.code, shown(refusal.message, refusal.message.size())};
}

}  // namespace

Result<Contract> read_contract(std::string_view text) {
  const auto document = read_json(text);
  if (!document) {
    return document.error();
  }
  auto contract = decode(*document);
  if (!contract) {
    return in_one_line(contract.error());
  }
  const auto valid = validate(*contract);
  if (!valid) {
    return in_one_line(valid.error());
  }
  return contract;
}

}  // namespace assay
