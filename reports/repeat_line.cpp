#include "reports/repeat_line.h"

#include <optional>

#include "reports/chain_members.h"
#include "reports/members.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

/// The items of the node that the clause binds, in the order of the roster.
std::vector<ItemIndex> bound_on(const CampaignFrame& frame, std::uint32_t node,
                                const std::string& clause) {
  const auto& binds = frame.binds[frame.clause_of.find(clause)->second];
  std::vector<ItemIndex> items;
  for (ItemIndex item = 0; item < frame.roster.size(); ++item) {
    if (binds[item] && frame.roster[item].node == node) {
      items.push_back(item);
    }
  }
  return items;
}

}  // namespace

Json::Object json_of(const RepeatLine& line) {
  return {{"attempt", static_cast<std::int64_t>(line.attempt)},
          {"item", line.item},
          {"note", line.note},
          {"times", line.times},
          {"wrong", line.wrong}};
}

Result<RepeatLine> read_repeat(const Json& line, std::int64_t& at_ns) {
  Members members(line, "");
  take_chain_members(members);
  at_ns = take_time(members, "at");
  RepeatLine repeat;
  repeat.attempt = static_cast<std::uint64_t>(members.whole("attempt"));
  repeat.item = members.text("item");
  repeat.times = static_cast<std::uint32_t>(members.whole_up_to("times", k_repetitions));
  repeat.wrong = static_cast<std::uint32_t>(members.whole_up_to("wrong", k_repetitions));
  repeat.note = members.text("note");
  if (repeat.wrong > repeat.times) {
    members.fail("wrong", "is " + std::to_string(repeat.wrong) + " of " +
                              std::to_string(repeat.times) + " times");
  }
  if (repeat.note.empty() != (repeat.times == k_repetitions)) {
    members.fail("note", repeat.note.empty() ? "is empty, but the step was done " +
                                                   std::to_string(repeat.times) + " times only"
                                             : "stands there, but the step was done as often as "
                                               "it should be");
  }
  if (repeat.item.empty() && repeat.times > 0) {
    members.fail("item", "is missing, but the step was done somewhere");
  }
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return repeat;
}

Result<Done> take_repeat(const RepeatLine& line, const CampaignFrame& frame, std::uint32_t node,
                         std::vector<Attempt>& attempts) {
  const std::string numbered = "attempt " + std::to_string(line.attempt);
  if (line.attempt < 1 || line.attempt > attempts.size() || attempts[line.attempt - 1].wrong == 0) {
    return bad("attempt: " + numbered + " has no wrong step that could be done again");
  }
  Attempt& attempt = attempts[line.attempt - 1];
  if (attempt.repetitions.size() > 1) {
    return bad("attempt: the wrong step of " + numbered + " is done again at two places only");
  }
  std::optional<ItemIndex> place = attempt.item;
  if (attempt.repetitions.size() == 1) {
    place = neighbour_of(attempt, bound_on(frame, node, attempt.clause), attempts);
  }
  const std::string expected = place ? frame.roster[*place].id : "";
  if (line.item != expected) {
    return bad("item: is '" + line.item + "', but " + numbered + " is done again " +
               (place ? "on '" + expected + "'" : "nowhere else: the node has no other item left") +
               " next");
  }
  attempt.repetitions.push_back({.item = place, .times = line.times, .wrong = line.wrong});
  return Done{};
}

}  // namespace assay
