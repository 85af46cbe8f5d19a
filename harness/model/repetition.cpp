#include "harness/model/repetition.h"

#include <algorithm>
#include <set>

#include "harness/model/how_many.h"

namespace assay {
namespace {

std::string_view kind_of(const Repetition& repetition) {
  return repetition.wrong == 0                  ? "transient"
         : repetition.wrong == repetition.times ? "steady"
                                                : "intermittent";
}

}  // namespace

std::optional<ItemIndex> neighbour_of(const Attempt& attempt, const std::vector<ItemIndex>& items,
                                      const std::vector<Attempt>& attempts) {
  std::set<ItemIndex> faulty{attempt.item};
  for (const Attempt& other : attempts) {
    if (other.clause == attempt.clause && other.ending != Ending::measured) {
      faulty.insert(other.item);
    }
  }
  const auto after = std::upper_bound(items.begin(), items.end(), attempt.item);
  std::vector<ItemIndex> in_turn(after, items.end());
  in_turn.insert(in_turn.end(), items.begin(), after);
  const auto found = std::find_if(in_turn.begin(), in_turn.end(),
                                  [&](ItemIndex item) { return !faulty.contains(item); });
  return found == in_turn.end() ? std::nullopt : std::optional(*found);
}

std::string text_of_repetitions(const Attempt& attempt, const std::vector<Item>& roster) {
  std::string text;
  for (const Repetition& repetition : attempt.repetitions) {
    const std::string times = how_many(repetition.times, "time");
    const std::string wrong = std::to_string(repetition.wrong);
    if (!repetition.item) {
      text += " The node has no other item without a fault to try it on.";
      continue;
    }
    const std::string& id = roster[*repetition.item].id;
    if (repetition.times == 0) {
      text += " It could not be tried again on " + id + ".";
    } else if (repetition.item == attempt.item) {
      text.append(" Its first wrong step, done ").append(times).append(" again there, was wrong ");
      text.append(wrong).append(" of ").append(times).append(": ");
      text.append(kind_of(repetition)).append(".");
    } else {
      text.append(" On ").append(id).append(" it was wrong ").append(wrong);
      text.append(" of ").append(times).append(".");
    }
  }
  return text;
}

}  // namespace assay
