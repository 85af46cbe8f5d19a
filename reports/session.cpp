#include "reports/session.h"

#include <set>

#include "harness/model/step_size.h"
#include "reports/json.h"
#include "reports/keys.h"
#include "reports/members.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

constexpr std::string_view k_schema = "assay.session/1";
constexpr std::int64_t k_most = 1'000'000;  ///< Rounds or days: bounds what a check can cost.

Error refused(const std::string& place, const std::string& why) {
  return Error{Error::Code::bad_input, place + ": " + why};
}

std::uint32_t count(Members& members, std::string_view name) {
  const std::int64_t value = members.whole(name);
  if (value < 1 || value > k_most) {
    members.fail(name, "must be from 1 to 1000000");
    return 1;
  }
  return static_cast<std::uint32_t>(value);
}

std::string digest(Members& members, std::string_view name) {
  std::string text = members.text(name);
  if (!digest_from_hex(text)) {
    members.fail(name, "must be a SHA-256 in lower-case hex");
  }
  return text;
}

Purpose purpose(Members& members) {
  const std::string text = members.text("purpose");
  for (const Purpose each :
       {Purpose::acceptance, Purpose::prevalidation, Purpose::regression, Purpose::demonstration}) {
    if (name_of(each) == text) {
      return each;
    }
  }
  members.fail("purpose", "is none of acceptance, prevalidation, regression, demonstration");
  return Purpose::demonstration;
}

Result<NonceChain> read_nonce(const Json& value) {
  Members members(value, "nonce");
  const std::string anchor = digest(members, "anchor");
  NonceChain chain;
  chain.rounds = count(members, "rounds");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  chain.anchor = digest_from_hex(anchor).value();
  return chain;
}

Result<std::vector<std::string>> read_items(const Json& value) {
  std::vector<std::string> items;
  std::set<std::string> seen;
  for (const Json& item : *value.array()) {
    const std::string place = "items[" + std::to_string(items.size()) + "]";
    if (item.text() == nullptr || item.text()->empty()) {
      return refused(place, "must be the id of an item");
    }
    if (!seen.insert(*item.text()).second) {
      return refused(place, "stands twice");
    }
    items.push_back(*item.text());
  }
  if (items.empty()) {
    return refused("items", "a session without items judges nothing");
  }
  return items;
}

std::string p256_key(Members& members, std::string_view name) {
  std::string text = members.text(name);
  const auto key = from_base64(text);
  if (!key || !is_p256(*key)) {
    members.fail(name, "must be base64 of a P-256 SubjectPublicKeyInfo");
  }
  return text;
}

/// {"C-1": "268435456", ...}
void read_work(Members& members, Session& session) {
  const Json* work = members.has("work_per_step") ? members.object("work_per_step") : nullptr;
  if (work == nullptr) {
    return;
  }
  for (const auto& [clause, value] : *work->object()) {
    const auto natural =
        value.text() == nullptr ? Result<Natural>(Error{}) : natural_from(*value.text());
    if (!natural || *natural == 0) {
      members.fail("work_per_step", "must give clause " + clause + " a decimal string over 0");
      return;
    }
    session.work_per_step.emplace(clause, *natural);
  }
}

/// What many sessions have not: the work of a step, marks and a key for the buyer's excuses.
void read_optional(Members& members, Session& session) {
  read_work(members, session);
  session.buyer_key = members.has("buyer_key") ? p256_key(members, "buyer_key") : "";
  if (!members.has("marks")) {
    return;
  }
  const Json* marks = members.array("marks");
  if (marks == nullptr) {
    return;
  }
  for (const Json& mark : *marks->array()) {
    if (mark.text() == nullptr || !is_mark(*mark.text())) {
      members.fail("marks", "must be a list of emulated, simulated, replayed, reduced");
      return;
    }
    session.marks.push_back(*mark.text());
  }
}

Result<SessionNode> read_node(const Json& value, std::size_t index) {
  Members members(value, "nodes[" + std::to_string(index) + "]");
  SessionNode node;
  if (members.whole("node") != static_cast<std::int64_t>(index)) {
    members.fail("node", "nodes are numbered from 0 in their order");
  }
  node.node = static_cast<std::uint32_t>(index);
  node.key = p256_key(members, "key");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return node;
}

Result<std::vector<SessionNode>> read_nodes(const Json& value) {
  std::vector<SessionNode> nodes;
  std::set<std::string> keys;
  for (const Json& each : *value.array()) {
    auto node = read_node(each, nodes.size());
    if (!node) {
      return node.error();
    }
    if (!keys.insert(node->key).second) {
      return refused("nodes[" + std::to_string(nodes.size()) + "].key",
                     "is the key of another node too");
    }
    nodes.push_back(std::move(*node));
  }
  if (nodes.empty()) {
    return refused("nodes", "a session without nodes runs nothing");
  }
  return nodes;
}

Result<Done> read_lists(Session& session, const Json& nonce, const Json& items, const Json& nodes) {
  auto chain = read_nonce(nonce);
  if (!chain) {
    return chain.error();
  }
  auto ids = read_items(items);
  if (!ids) {
    return ids.error();
  }
  auto list = read_nodes(nodes);
  if (!list) {
    return list.error();
  }
  session.nonce = *chain;
  session.items = std::move(*ids);
  session.nodes = std::move(*list);
  return Done{};
}

}  // namespace

std::string write_session(const Session& session) {
  Json::Array items;
  for (const std::string& item : session.items) {
    items.emplace_back(item);
  }
  Json::Array nodes;
  for (const SessionNode& node : session.nodes) {
    nodes.emplace_back(Json::Object{{"key", node.key}, {"node", node.node}});
  }
  const Json::Object nonce{{"anchor", hex(session.nonce.anchor)}, {"rounds", session.nonce.rounds}};
  Json::Object document{{"contract_sha256", session.contract_sha256},
                        {"created", session.created},
                        {"days", session.days},
                        {"id", session.id},
                        {"items", std::move(items)},
                        {"nodes", std::move(nodes)},
                        {"nonce", nonce},
                        {"plan_sha256", session.plan_sha256},
                        {"purpose", name_of(session.purpose)},
                        {"schema", k_schema},
                        {"tool_sha256", session.tool_sha256}};
  if (!session.work_per_step.empty()) {
    Json::Object work;
    for (const auto& [clause, natural] : session.work_per_step) {
      work.emplace_back(clause, to_decimal(natural));
    }
    document.emplace_back("work_per_step", std::move(work));
  }
  if (!session.marks.empty()) {
    document.emplace_back("marks", Json::Array(session.marks.begin(), session.marks.end()));
  }
  if (!session.buyer_key.empty()) {
    document.emplace_back("buyer_key", session.buyer_key);
  }
  return canonical_json(std::move(document));
}

Result<Session> read_session(std::string_view text) {
  const auto document = read_canonical_json(text);
  if (!document) {
    return document.error();
  }
  Members members(*document, "");
  Session session;
  if (members.text("schema") != k_schema) {
    members.fail("schema", "must be " + std::string(k_schema));
  }
  session.id = members.text("id");
  if (!is_identifier(session.id)) {
    members.fail("id", "is no plain identifier");
  }
  session.contract_sha256 = digest(members, "contract_sha256");
  session.plan_sha256 = digest(members, "plan_sha256");
  session.tool_sha256 = digest(members, "tool_sha256");
  session.created = members.text("created");
  if (!time_from(session.created)) {
    members.fail("created", "must be a time of day such as 2026-01-31T12:00:00Z");
  }
  session.purpose = purpose(members);
  session.days = count(members, "days");
  const Json* nonce = members.object("nonce");
  const Json* items = members.array("items");
  const Json* nodes = members.array("nodes");
  read_optional(members, session);
  if (auto done = members.done(); !done) {
    return done.error();
  }
  if (auto done = read_lists(session, *nonce, *items, *nodes); !done) {
    return done.error();
  }
  return session;
}

bool is_mark(std::string_view name) {
  return name == "emulated" || name == "simulated" || name == "replayed" || name == "reduced";
}

std::vector<std::string> clauses_without_work(const Contract& contract, const Session& session) {
  std::vector<std::string> clauses;
  for (const Clause& clause : contract.clauses) {
    const bool has_rate = clause.limit && is_rate(clause.limit->dimension);
    const bool is_tied = has_step_size(clause.case_id) && session.work_per_step.contains(clause.id);
    if (has_rate && !is_tied) {
      clauses.push_back(clause.id);
    }
  }
  return clauses;
}

Digest nonce_link(const Digest& last, std::uint32_t rounds, std::uint32_t round) {
  Digest link = last;
  for (std::uint32_t i = round; i < rounds; ++i) {
    link = sha256(link);
  }
  return link;
}

bool is_link(const NonceChain& chain, std::uint32_t round, const Digest& link) {
  return round >= 1 && round <= chain.rounds && nonce_link(link, round, 0) == chain.anchor;
}

}  // namespace assay
