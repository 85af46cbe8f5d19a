#include "reports/node_journal.h"

#include <algorithm>
#include <array>
#include <set>

#include "reports/chain_members.h"
#include "reports/digest.h"
#include "reports/end_check.h"
#include "reports/excuse.h"
#include "reports/journal.h"
#include "reports/machine_identity.h"
#include "reports/machine_line.h"
#include "reports/node_name.h"
#include "reports/repeat_line.h"
#include "reports/selftest_line.h"
#include "reports/time_of_day.h"
#include "reports/window_history.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

std::string numbered(std::uint64_t attempt) {
  return "attempt " + std::to_string(attempt);
}

/// Walks over one journal; keeps what later lines are held against.
class Walk {
 public:
  Walk(const CampaignFrame& frame, std::uint32_t node)
      : frame_(frame), window_history_(frame.session) {
    out_.facts.node = node;
    last_link_ = frame.session.nonce.anchor;
    if (const auto created = time_from(frame.session.created)) {
      latest_ns_ = *created;
    }
  }

  Result<Done> line(const Json& json);
  Result<NodeJournal> finish(std::uint64_t lines);

 private:
  using Handler = Result<Done> (Walk::*)(const Json&);
  static Handler handler_of(std::string_view kind);

  Result<Done> open(const Json& json);
  Result<Done> machine(const Json& json);
  Result<Done> selftest(const Json& json);
  Result<Done> round(const Json& json);
  Result<Done> begin(const Json& json);
  Result<Done> end(const Json& json);
  Result<Done> repeat(const Json& json);
  Result<Done> drop(const Json& json);
  Result<Done> resume(const Json& json);
  Result<Done> interrupt(const Json& json);
  Result<Done> replacement(const Json& json);
  Result<Done> excuse(const Json& json);
  Result<Done> close(const Json& json);

  Result<Done> at(std::int64_t time_ns);
  void remark(const std::string& what) {
    out_.remarks.push_back(journal_name(out_.facts.node) + ":" + std::to_string(line_) + ": " +
                           what);
  }
  void keep(std::string& fact, std::string now, std::string_view what);
  Result<Done> check_begin(const AttemptKey& key) const;

  struct Open {
    AttemptKey key;
    std::int64_t at_ns = 0;
    Digest link{};  ///< Of its round.
  };

  const CampaignFrame& frame_;
  NodeJournal out_;
  std::uint64_t line_ = 0;
  Digest last_link_{};
  std::uint32_t rounds_ = 0;
  std::int64_t latest_ns_ = 0;
  std::map<std::uint64_t, Open> open_;  ///< Attempts begun and not ended.
  WindowHistory window_history_;
  bool machine_seen_ = false;
  bool selftest_seen_ = false, selftest_failed_ = false;
};

Walk::Handler Walk::handler_of(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, Handler>, 13> k_handlers = {
      {{"open", &Walk::open},
       {"machine", &Walk::machine},
       {"selftest", &Walk::selftest},
       {"round", &Walk::round},
       {"begin", &Walk::begin},
       {"end", &Walk::end},
       {"repeat", &Walk::repeat},
       {"drop", &Walk::drop},
       {"resume", &Walk::resume},
       {"interrupt", &Walk::interrupt},
       {"replacement", &Walk::replacement},
       {"excuse", &Walk::excuse},
       {"close", &Walk::close}}};
  for (const auto& [name, handler] : k_handlers) {
    if (name == kind) {
      return handler;
    }
  }
  return nullptr;
}

Result<Done> Walk::line(const Json& json) {
  ++line_;
  const std::string& kind = *json.find("kind")->text();
  const Handler handler = handler_of(kind);
  if (handler == nullptr) {
    return bad("kind: '" + kind + "' is unknown");
  }
  if ((line_ == 1) != (kind == "open")) {
    return bad(line_ == 1 ? "kind: the first line is no 'open'" : "kind: a second 'open'");
  }
  if (out_.facts.closed) {
    return bad("kind: a line after 'close'");
  }
  return (this->*handler)(json);
}

Result<Done> Walk::open(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  if (members.text("schema") != "assay.run/1") {
    members.fail("schema", "must be assay.run/1");
  }
  if (members.text("session") != frame_.session_sha256) {
    members.fail("session", "is not the digest of this session.json");
  }
  if (members.whole("node") != out_.facts.node) {
    members.fail("node", "is not " + std::to_string(out_.facts.node));
  }
  if (members.text("tool") != frame_.session.tool_sha256) {
    members.fail("tool", "is not the program that the session names");
  }
  const Json* marks = members.has("marks") ? members.array("marks") : nullptr;
  if (marks != nullptr) {
    for (const Json& mark : *marks->array()) {
      if (mark.text() == nullptr || !is_mark(*mark.text())) {
        members.fail("marks", "holds an unknown mark");
        break;
      }
      out_.marks.push_back(*mark.text());
    }
  }
  return members.done();
}

Result<Done> Walk::machine(const Json& json) {
  const Result<MachineLine> read = read_machine_line(json);
  if (!read) {
    return read.error();
  }
  if (out_.first_inventory.is_null()) {
    out_.first_inventory = *read->inventory;
  }
  if (const std::string other = machine_difference(out_.first_inventory, *read->inventory);
      !other.empty()) {
    return bad("inventory: is that of another machine, and the node was not replaced: " + other);
  }
  keep(out_.facts.inventory, canonical_json(*read->inventory), "inventory");
  keep(out_.facts.environment, canonical_json(*read->environment), "environment");
  keep(out_.facts.objects, canonical_json(*read->objects), "mapped objects");
  machine_seen_ = true;
  return Done{};
}

/// A report shows the last of a node's facts, so it says where they were others before.
void Walk::keep(std::string& fact, std::string now, std::string_view what) {
  if (!fact.empty() && fact != now) {
    remark("the " + std::string(what) + " changed; the report shows the last");
  }
  fact = std::move(now);
}

Result<Done> Walk::selftest(const Json& json) {
  auto line = read_selftest(json);
  if (!line) {
    return line.error();
  }
  if (out_.attempts.empty()) {
    selftest_seen_ = true;
  }
  if (!selftest_failed_) {
    out_.facts.selftest = std::move(line->canonical);  // the last one, or the first that failed
  }
  selftest_failed_ = selftest_failed_ || !line->passed;
  return Done{};
}

Result<Done> Walk::round(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  const std::int64_t number = members.whole("round");
  const auto link = digest_from_hex(members.text("link"));
  if (number != std::int64_t{rounds_} + 1) {
    members.fail("round", "must be " + std::to_string(rounds_ + 1));
  }
  if (number > frame_.session.nonce.rounds) {
    members.fail("round", "the session's nonce has only " +
                              std::to_string(frame_.session.nonce.rounds) + " links");
  }
  if (!link || sha256(*link) != last_link_) {
    members.fail("link", "is not the next link of the buyer's nonce");
  }
  if (Result<Done> done = members.done(); !done) {
    return done;
  }
  ++rounds_;
  last_link_ = *link;
  return Done{};
}

/// Times of day only go on, but for a clock's small corrections.
Result<Done> Walk::at(std::int64_t time_ns) {
  if (time_ns < latest_ns_ - k_clock_slack_ns) {
    return bad("at: is before the line before, or before the session was opened");
  }
  latest_ns_ = std::max(latest_ns_, time_ns);
  return Done{};
}

Result<Done> Walk::check_begin(const AttemptKey& key) const {
  if (key.attempt != out_.attempts.size() + 1) {
    return bad("attempt: must be " + std::to_string(out_.attempts.size() + 1) +
               ", since attempts have no gaps");
  }
  if (key.round != rounds_) {
    return bad("round: is " + std::to_string(key.round) + ", but link " + std::to_string(rounds_) +
               " was revealed last: rounds are run in their order");
  }
  for (const auto& [number, open] : open_) {
    if (open.key.item == key.item) {
      return bad("item: " + numbered(number) + " still runs on '" + key.item + "'");
    }
  }
  const auto clause = frame_.clause_of.find(key.clause);
  if (clause == frame_.clause_of.end()) {
    return bad("clause: '" + key.clause + "' is not in the contract");
  }
  const Result<ItemIndex> item = own_item(frame_, out_.facts.node, key.item);
  if (!item) {
    return item.error();
  }
  if (!frame_.binds[clause->second][*item]) {
    return bad("item: clause " + key.clause + " doesn't bind '" + key.item + "'");
  }
  if (!machine_seen_) {
    return bad("kind: an attempt begins before a 'machine' line");
  }
  return Done{};
}

Result<Done> Walk::begin(const Json& json) {
  const Result<BeginLine> read = read_begin(json);
  if (!read) {
    return read.error();
  }
  const AttemptKey& key = read->key;
  if (Result<Done> checked = check_begin(key); !checked) {
    return checked;
  }
  if (Result<Done> in_order = at(read->at_ns); !in_order) {
    return in_order;
  }
  if (Result<Done> looked =
          out_.looks.begin(key, frame_.contract.clauses[frame_.clause_of.find(key.clause)->second]);
      !looked) {
    return looked;
  }
  open_.emplace(key.attempt, Open{.key = key, .at_ns = read->at_ns, .link = last_link_});
  Attempt attempt;
  attempt.number = key.attempt;
  attempt.clause = key.clause;
  attempt.item = frame_.item_of.find(key.item)->second;
  attempt.round = key.round;
  attempt.day = read->at_ns / (k_seconds_per_day * k_ns_per_second);
  out_.attempts.push_back(std::move(attempt));
  return Done{};
}

Result<Done> Walk::end(const Json& json) {
  Result<EndLine> read = read_end(json);
  if (!read) {
    return read.error();
  }
  EndLine& end = *read;
  const auto begun = open_.find(end.key.attempt);
  if (begun == open_.end()) {
    return bad("attempt: " + numbered(end.key.attempt) + " is not running");
  }
  if (begun->second.key != end.key) {
    return bad("attempt: clause, item or round differ from those that " +
               numbered(end.key.attempt) + " began with");
  }
  const Clause& clause = frame_.contract.clauses[frame_.clause_of.find(end.key.clause)->second];
  if (Result<Done> fits = check_rule(end, clause); !fits) {
    return fits;
  }
  Attempt& attempt = out_.attempts[end.key.attempt - 1];
  const WindowLength window{.elapsed_ns = end.elapsed_ns,
                            .gap_ns = end.blocks ? static_cast<Natural>(end.blocks->gap_ns) : 0};
  for (const Result<Done>& checked :
       {check_end(end), check_first(end, begun->second.link),
        out_.looks.end(end, frame_, out_.marks), window_history_.check(end), check_steps(end),
        check_window_times(end, clause, begun->second.at_ns), at(end.at_ns),
        check_device(end, clause, frame_.ordered[attempt.item]), check_io_witness(end, clause),
        check_messages(end, clause),
        end.blocks ? check_conditions(end, window, clause, frame_.contract.conditions)
                   : Result<Done>(Done{})}) {
    if (!checked) {
      return checked;
    }
  }
  attempt.ending = end.ending;
  attempt.dimension = end.dimension;
  attempt.work = end.work;
  attempt.work_per_step = end.work_per_step;
  attempt.outputs = end.outputs;
  attempt.elapsed_ns = end.elapsed_ns;
  attempt.timed_ns = end.timed_ns.value_or(0);
  attempt.start_ns = end.start_ns;
  if (end.blocks && end.start_ns > 0) {
    attempt.day =
        end.start_ns / (k_seconds_per_day * k_ns_per_second);  // the window's, not begin's
  }
  attempt.rate = end.bound ? rate_of(*end.bound) : MachineRate{};
  attempt.checked = end.checked;
  attempt.wrong = end.wrong;
  attempt.matching = end.matching;
  attempt.serial = end.serial;
  attempt.note = end.note;
  if (auto seen = devices_in(end, attempt.item, frame_.roster)) {
    out_.seen.push_back(*std::move(seen));
  }
  open_.erase(begun);
  if (end.blocks) {
    out_.windows.push_back({.line = line_, .end = std::move(end)});
  }
  return Done{};
}

Result<Done> Walk::repeat(const Json& json) {
  std::int64_t time_ns = 0;
  const auto line = read_repeat(json, time_ns);
  if (!line) {
    return line.error();
  }
  const Result<Done> taken = take_repeat(*line, frame_, out_.facts.node, out_.attempts);
  return taken ? at(time_ns) : taken;
}

Result<Done> Walk::drop(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  const std::int64_t bytes = members.whole("bytes");
  if (!digest_from_hex(members.text("sha256"))) {
    members.fail("sha256", "must be a SHA-256 in lower-case hex");
  }
  remark(std::to_string(bytes) + " bytes of a torn line were dropped");
  return members.done();
}

Result<Done> Walk::resume(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  const std::int64_t time_ns = take_time(members, "at");
  if (Result<Done> done = members.done(); !done) {
    return done;
  }
  open_.clear();  // what ran then has no end
  out_.looks.resume();
  remark("the campaign was resumed");
  return at(time_ns);
}

Result<Done> Walk::interrupt(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  const std::int64_t time_ns = take_time(members, "at");
  const Json* signal = members.optional("signal");
  if (signal == nullptr || (signal->whole() == nullptr && signal->text() == nullptr)) {
    members.fail("signal", "must be the signal's number or name");
  }
  if (Result<Done> done = members.done(); !done) {
    return done;
  }
  remark("the campaign was interrupted");
  return at(time_ns);
}

Result<Done> Walk::replacement(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  Replacement replaced;
  const Result<ItemIndex> item = own_item(frame_, out_.facts.node, members.text("item"));
  replaced.after = static_cast<std::uint64_t>(members.whole("after"));
  replaced.old_serial = members.text("old_serial");
  replaced.new_serial = members.text("new_serial");
  if (replaced.after != out_.attempts.size()) {
    members.fail("after", "must be " + std::to_string(out_.attempts.size()) +
                              ", the number of the last attempt begun before");
  }
  if (replaced.old_serial == replaced.new_serial) {
    members.fail("new_serial", "is that of the old item");
  }
  if (Result<Done> done = members.done(); !done) {
    return done;
  }
  if (!item) {
    return item.error();
  }
  for (const auto& [number, open] : open_) {
    if (frame_.item_of.find(open.key.item)->second == *item) {
      return bad("item: is replaced while " + numbered(number) + " runs on it");
    }
  }
  const std::string& id = frame_.roster[*item].id;
  window_history_.forget(id);
  out_.looks.forget(id);
  if (frame_.roster[*item].kind == Scope::each_node) {
    out_.first_inventory = nullptr;  // the next `machine` line is the new node's
  }
  replaced.item = *item;
  out_.replacements.push_back(std::move(replaced));
  return Done{};
}

Result<Done> Walk::excuse(const Json& json) {
  const ExcuseFrame expected{.buyer_key = frame_.session.buyer_key,
                             .session_sha256 = frame_.session_sha256,
                             .node = out_.facts.node};
  const Result<std::uint64_t> number = read_excuse(json, expected);
  if (!number) {
    return number.error();
  }
  if (*number < 1 || *number > out_.attempts.size()) {
    return bad("attempt: " + numbered(*number) + " was not begun");
  }
  Attempt& attempt = out_.attempts[*number - 1];
  if (attempt.excused) {
    return bad("attempt: " + numbered(*number) + " is excused twice");
  }
  attempt.excused = true;
  return Done{};
}

Result<Done> Walk::close(const Json& json) {
  Members members(json, "");
  take_chain_members(members);
  if (members.whole("attempts") != static_cast<std::int64_t>(out_.attempts.size())) {
    members.fail("attempts", "is not " + std::to_string(out_.attempts.size()) +
                                 ", the number of attempts begun");
  }
  if (!open_.empty()) {
    members.fail("attempts", numbered(open_.begin()->first) + " is still running");
  }
  if (const std::string unfinished = out_.looks.unfinished(); !unfinished.empty()) {
    members.fail("attempts", unfinished);
  }
  out_.facts.closed = true;
  return members.done();
}

Result<NodeJournal> Walk::finish(std::uint64_t lines) {
  const std::string name = journal_name(out_.facts.node);
  if (lines == 0) {
    return bad(name + ": is empty");
  }
  out_.facts.lines = lines;
  out_.facts.latest_ns = latest_ns_;
  out_.selftest_passed = selftest_seen_ && !selftest_failed_;
  if (!out_.facts.closed) {
    out_.remarks.push_back(name + ": has no 'close': the campaign is not complete");
  }
  return std::move(out_);
}

}  // namespace

Result<NodeJournal> read_node_journal(const CampaignFrame& frame, std::uint32_t node,
                                      std::string_view bytes) {
  Walk walk(frame, node);
  const Result<JournalHead> head = read_journal(
      journal_name(node), bytes, [&walk](const Json& json) { return walk.line(json); });
  if (!head) {
    return head.error();
  }
  return walk.finish(head->lines);
}

}  // namespace assay
