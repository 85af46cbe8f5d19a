#include "reports/campaign_frame.h"

#include <set>

#include "harness/model/step_size.h"
#include "reports/contract_json.h"
#include "reports/digest.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

Result<Done> check_items(const CampaignFrame& frame) {
  const std::vector<std::string>& items = frame.session.items;
  if (items.size() != frame.roster.size()) {
    return bad("session.json: lists " + std::to_string(items.size()) +
               " items, but the contract's inventory has " + std::to_string(frame.roster.size()));
  }
  std::set<std::uint32_t> nodes;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] != frame.roster[i].id) {
      return bad("session.json: items[" + std::to_string(i) + "] is '" + items[i] +
                 "', but the contract's inventory has '" + frame.roster[i].id + "' there");
    }
    if (frame.roster[i].kind != Scope::system) {
      nodes.insert(frame.roster[i].node);
    }
  }
  if (frame.session.nodes.size() != nodes.size()) {
    return bad("session.json: lists " + std::to_string(frame.session.nodes.size()) +
               " nodes, but the contract's inventory has " + std::to_string(nodes.size()));
  }
  for (std::size_t i = 0; i < frame.session.nodes.size(); ++i) {
    if (frame.session.nodes[i].node != i) {
      return bad("session.json: nodes[" + std::to_string(i) + "] is not node " + std::to_string(i));
    }
  }
  return Done{};
}

/// What a step is follows from the contract, wherever this release knows the case: another number
/// is refused. A session of a release that didn't know it states none; its windows must have it.
Result<Done> settle_steps(CampaignFrame& frame) {
  auto& stated = frame.session.work_per_step;
  for (const auto& [clause, work] : stated) {
    if (!frame.clause_of.contains(clause)) {
      return bad("session.json: work_per_step names '" + clause +
                 "', which is no clause of the contract");
    }
  }
  for (const Clause& clause : frame.contract.clauses) {
    const auto found = stated.find(clause.id);
    const auto expected = step_size(clause.case_id, clause.params);
    if (found == stated.end()) {
      if (expected) {
        stated.emplace(clause.id, *expected);
      }
      continue;
    }
    const std::string is = "session.json: work_per_step of clause " + clause.id + " is " +
                           to_decimal(found->second) + ", but its params ";
    if (expected && found->second != *expected) {
      return bad(is + "make it " + to_decimal(*expected));
    }
    if (!expected && has_step_size(clause.case_id)) {
      return bad(is + "leave it to the machine");
    }
  }
  return Done{};
}

Result<Done> check_pair(const CampaignFrame& frame, std::string_view contract_bytes) {
  const std::string digest = hex(sha256(contract_bytes));
  if (digest != frame.session.contract_sha256) {
    return bad("contract.json: its digest is " + digest + ", but the session was opened for " +
               frame.session.contract_sha256);
  }
  if (frame.session.purpose != frame.contract.purpose) {
    return bad("session.json: its purpose is " + std::string(name_of(frame.session.purpose)) +
               ", but the contract's is " + std::string(name_of(frame.contract.purpose)));
  }
  if (frame.session.days != frame.contract.days) {
    return bad("session.json: it has " + std::to_string(frame.session.days) +
               " days, but the contract has " + std::to_string(frame.contract.days));
  }
  return check_items(frame);
}

void index(CampaignFrame& frame) {
  frame.ordered = ordered_gpus(frame.contract, frame.roster);
  for (std::size_t i = 0; i < frame.roster.size(); ++i) {
    frame.item_of.emplace(frame.roster[i].id, static_cast<ItemIndex>(i));
  }
  for (std::size_t i = 0; i < frame.contract.clauses.size(); ++i) {
    const Clause& clause = frame.contract.clauses[i];
    frame.clause_of.emplace(clause.id, i);
    std::vector<bool> binds(frame.roster.size(), false);
    for (const ItemIndex item : parts_of(clause, frame.contract, frame.roster)) {
      binds[item] = true;
    }
    frame.binds.push_back(std::move(binds));
  }
}

}  // namespace

Result<CampaignFrame> make_frame(std::string_view contract_bytes, std::string_view session_bytes) {
  Result<Session> session = read_session(session_bytes);
  if (!session) {
    return bad("session.json: " + session.error().message);
  }
  Result<Contract> contract = read_contract(contract_bytes);
  if (!contract) {
    return bad("contract.json: " + contract.error().message);
  }
  CampaignFrame frame;
  frame.session_sha256 = hex(sha256(session_bytes));
  frame.contract = *std::move(contract);
  frame.session = *std::move(session);
  frame.roster = roster_of(frame.contract);
  if (const Result<Done> checked = check_pair(frame, contract_bytes); !checked) {
    return checked.error();
  }
  index(frame);
  if (const Result<Done> settled = settle_steps(frame); !settled) {
    return settled.error();
  }
  return frame;
}

Result<ItemIndex> own_item(const CampaignFrame& frame, std::uint32_t node, const std::string& id) {
  const auto found = frame.item_of.find(id);
  if (found == frame.item_of.end()) {
    return bad("item: '" + id + "' is not in the inventory");
  }
  const Item& item = frame.roster[found->second];
  if (item.kind != Scope::system && item.node != node) {
    return bad("item: '" + id + "' belongs to node " + std::to_string(item.node));
  }
  return found->second;
}

}  // namespace assay
