#include "harness/model/judge_screen.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/model/how_many.h"
#include "harness/model/judge_rules.h"
#include "harness/model/repetition.h"

namespace assay {
namespace {

/// Whether an attempt counts in that sense.
bool is_since(const Setting& setting, const Attempt& attempt, Renewal renewal) {
  return attempt.number > setting.slots.renewed_after(attempt.item, renewal);
}

std::string attempt_named(const Setting& setting, const Attempt& attempt) {
  return "attempt " + std::to_string(attempt.number) + " of " + setting.roster[attempt.item].id;
}

bool has_repeats(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

bool has_duplicates(std::span<const Attempt* const> attempts) {
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> rounds;
  for (const Attempt* attempt : attempts) {
    numbers.push_back(attempt->number);
    rounds.push_back(attempt->round);
  }
  return has_repeats(std::move(numbers)) || has_repeats(std::move(rounds));
}

/// No contract can make it possible, and no part of a system is excepted.
std::optional<Finding> beyond_clock(const Setting& setting, const Attempt& attempt) {
  const auto value = value_of(attempt);
  if (!attempt.rate.is_known() || !value || !is_rate(attempt.dimension)) {
    return std::nullopt;
  }
  const Ratio bound = bound_of(attempt.rate);
  if (std::is_lteq(compare(*value, Value{bound.numerator, 1, bound.denominator}))) {
    return std::nullopt;
  }
  return Finding{Outcome::invalid, Reason::beyond_clock,
                 "The value of " + attempt_named(setting, attempt) + ", " +
                     for_people(ratio_of(*value), attempt.dimension) + ", lies beyond " +
                     for_people(bound, attempt.dimension) +
                     ", all that the device can do at its measured clock (" +
                     formula_of(attempt.rate) +
                     "): it was not computed then, or not densely in this type."};
}

/// Who put out something else than the others: the odd one, where most agree.
std::string disagreement(const Setting& setting, const Attempt& attempt) {
  const Agreement::Votes& votes = setting.agreement.votes_on(attempt);
  const std::string what = attempt_named(setting, attempt);
  const std::string round = "round " + std::to_string(attempt.round);
  const std::string all = std::to_string(votes.all);
  if (votes.agreed > 0) {
    const std::uint64_t odd = votes.all - votes.agreed;
    return "The outputs of " + what + " are not those that " + std::to_string(votes.agreed) +
           " of " + all + " items put out in " + round +
           " from the same operands: " + setting.roster[attempt.item].id +
           (odd <= 1 ? " is the odd one." : " is one of " + std::to_string(odd) + " odd ones.");
  }
  const bool is_of_two = votes.all == 2 && (&attempt == &setting.attempts[votes.first_two[0]] ||
                                            &attempt == &setting.attempts[votes.first_two[1]]);
  if (is_of_two) {
    return "The outputs of " + attempt_named(setting, setting.attempts[votes.first_two[0]]) +
           " and of " + attempt_named(setting, setting.attempts[votes.first_two[1]]) + " in " +
           round + " are not the same, though their operands were: one is wrong, and with two " +
           "nothing says which.";
  }
  return "The outputs of " + what + " are not those of more than half of the " + all +
         " items of " + round + ", whose operands were the same, and nor are any others: nothing " +
         "says which are right.";
}

std::optional<Finding> invalid_value(const Setting& setting, const Attempt& attempt,
                                     bool value_is_judged) {
  if (attempt.ending == Ending::unwitnessed) {
    return Finding{Outcome::invalid, Reason::unwitnessed,
                   "In " + attempt_named(setting, attempt) +
                       " nothing shows that the device was measured: " + attempt.note + "."};
  }
  if (attempt.ending != Ending::measured || setting.clause.rule == Rule::once) {
    return std::nullopt;
  }
  const std::string what = attempt_named(setting, attempt);
  if (setting.yardstick.other_dimension(attempt)) {
    return Finding{Outcome::invalid, Reason::other_unit,
                   "The value of " + what + " is of dimension " +
                       std::string(name_of(attempt.dimension)) + ", not the limit's."};
  }
  if (setting.agreement.differs(attempt)) {
    return Finding{Outcome::invalid, Reason::outputs_differ, disagreement(setting, attempt)};
  }
  if (const std::string fault = setting.together.fault_of(attempt); !fault.empty()) {
    return Finding{
        Outcome::invalid, Reason::not_together,
        "The window of " + what + " " + fault + ", but the clause wants all items at once."};
  }
  const bool is_value_rule =
      setting.clause.rule == Rule::sign_1_5_9 || setting.clause.rule == Rule::sign_1_4_8;
  const auto value = value_of(attempt);
  if (attempt.checked == 0 || (is_value_rule && !value)) {
    return Finding{Outcome::invalid, Reason::unverified,
                   "The value of " + what + " comes without a verified output."};
  }
  if (auto found = beyond_clock(setting, attempt)) {
    return found;
  }
  if (is_value_rule && value_is_judged && setting.yardstick.implausible(*value)) {
    return Finding{Outcome::invalid, Reason::implausible,
                   "The value of " + what + ", " + for_people(ratio_of(*value), attempt.dimension) +
                       ", lies beyond " + setting.clause.plausible->text +
                       ", which is held possible."};
  }
  return std::nullopt;
}

std::optional<Finding> invalid_device(const Setting& setting, ItemIndex item,
                                      std::span<const Attempt* const> counted) {
  if (const std::string* why = setting.slots.contradiction(item)) {
    return Finding{Outcome::invalid, Reason::device_changed,
                   "Looks at " + setting.roster[item].id + " contradict each other. " + *why};
  }
  const std::string* serial = nullptr;
  bool changed = setting.slots.is_inconsistent(item);
  for (const Attempt* attempt : counted) {
    if (setting.slots.is_banned(*attempt)) {
      return Finding{Outcome::invalid, Reason::banned_serial,
                     "The device of " + attempt_named(setting, *attempt) + ", serial number '" +
                         attempt->serial + "', is one that was replaced."};
    }
    if (!attempt->serial.empty()) {
      changed = changed || (serial != nullptr && *serial != attempt->serial);
      serial = &attempt->serial;
    }
  }
  if (changed) {
    return Finding{Outcome::invalid, Reason::device_changed,
                   "The serial numbers in slot " + setting.roster[item].id +
                       " are not those that its replacements name, change without one, or are "
                       "those of another slot."};
  }
  return std::nullopt;
}

/// Not the superseded ones: a node's serial number may change with a device in it.
std::vector<const Attempt*> of_today(const Setting& setting,
                                     std::span<const Attempt* const> counted) {
  std::vector<const Attempt*> today;
  std::copy_if(
      counted.begin(), counted.end(), std::back_inserter(today),
      [&setting](const Attempt* attempt) { return is_since(setting, *attempt, Renewal::any); });
  return today;
}

std::optional<Finding> invalid_evidence(const Setting& setting, ItemIndex item,
                                        const Screened& screened, bool duplicates) {
  if (duplicates) {
    return Finding{
        Outcome::invalid, Reason::duplicate_evidence,
        "Two attempts of " + setting.roster[item].id + " have the same number or the same round."};
  }
  if (screened.excused_rounds.size() > setting.contract.max_invalid) {
    return Finding{Outcome::invalid, Reason::too_many_excused,
                   "The buyer excused " + how_many(screened.excused_rounds.size(), "attempt") +
                       " of " + setting.roster[item].id + "; the contract allows " +
                       std::to_string(setting.contract.max_invalid) + "."};
  }
  return invalid_device(setting, item, of_today(setting, screened.counted));
}

/// Those that an exchange around the item superseded. They decide nothing any more, but its own
/// faults stay.
std::optional<Finding> standing(const Setting& setting, std::span<const Attempt* const> superseded,
                                bool value_is_judged) {
  std::vector<Run> runs;
  for (const Attempt* attempt : superseded) {
    if (auto found = rejection(setting, *attempt)) {
      return found;
    }
    runs.push_back(run_of(setting, *attempt));
  }
  return value_is_judged ? broken_floor(setting, runs) : std::nullopt;
}

}  // namespace

std::optional<Finding> rejection(const Setting& setting, const Attempt& attempt) {
  if (attempt.ending == Ending::wrong_result || attempt.wrong > 0) {
    return Finding{Outcome::reject, Reason::wrong_result,
                   "In " + attempt_named(setting, attempt) + " " + std::to_string(attempt.wrong) +
                       " of " + std::to_string(attempt.checked) + " checked outputs were wrong." +
                       text_of_repetitions(attempt, setting.roster)};
  }
  if (attempt.ending == Ending::device_lost) {
    return Finding{Outcome::reject, Reason::device_lost,
                   "In " + attempt_named(setting, attempt) + " the device was lost."};
  }
  return std::nullopt;
}

Screened screen(const Setting& setting, ItemIndex item, std::span<const std::uint32_t> indices,
                const Sieve& sieve) {
  std::vector<const Attempt*> all;
  all.reserve(indices.size());
  for (const std::uint32_t index : indices) {
    all.push_back(&setting.attempts[index]);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Attempt* a, const Attempt* b) { return a->number < b->number; });
  Screened screened;
  std::vector<const Attempt*> superseded;
  for (const Attempt* attempt : all) {
    const bool counts = is_since(setting, *attempt, sieve.since);
    if (attempt->excused) {
      if (counts) {
        screened.excused_rounds.push_back(attempt->round);
      }
    } else if (counts) {
      screened.counted.push_back(attempt);
    } else if (is_since(setting, *attempt, Renewal::own)) {
      superseded.push_back(attempt);
    }
  }
  for (const Attempt* attempt : screened.counted) {
    if (auto found = rejection(setting, *attempt)) {
      screened.finding = std::move(found);
      return screened;
    }
  }
  screened.finding = standing(setting, superseded, sieve.value_is_judged);
  if (!screened.finding) {
    screened.finding = invalid_evidence(setting, item, screened, has_duplicates(all));
  }
  for (const Attempt* attempt : screened.counted) {
    if (screened.finding) {
      break;
    }
    screened.finding = invalid_value(setting, *attempt, sieve.value_is_judged);
  }
  return screened;
}

std::optional<Finding> nothing_to_judge(std::span<const Screened> parts) {
  const Attempt* first = nullptr;
  for (const Screened& part : parts) {
    for (const Attempt* attempt : part.counted) {
      if (attempt->ending != Ending::unsupported) {
        return std::nullopt;
      }
      first = first == nullptr ? attempt : first;
    }
  }
  if (first != nullptr) {
    const std::string why = first->note.empty() ? "." : ": " + first->note + ".";
    return Finding{Outcome::not_run, Reason::unsupported,
                   "Every attempt ended as unsupported on this machine" + why};
  }
  return Finding{Outcome::not_run, Reason::no_evidence, "There is no attempt that counts."};
}

void conclude(Verdict& verdict, Finding finding) {
  verdict.outcome = finding.outcome;
  verdict.reason = finding.reason;
  verdict.detail = std::move(finding.detail);
}

}  // namespace assay
