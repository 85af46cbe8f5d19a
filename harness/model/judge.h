// The judge: (contract, roster, evidence) to verdicts. Pure; integers and exact ratios only. Its
// rules are frozen per report schema: what is changed here is a new schema version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/roster.h"

namespace assay {

enum class Outcome { accept, reject, inconclusive, invalid, not_run };
[[nodiscard]] std::string_view name_of(Outcome outcome);  ///< "ACCEPT", ...

/// The one named reason of a verdict. Names are stable: they stand in signed reports.
enum class Reason {
  limit_met,           ///< accept
  below_limit,         ///< reject by the rule's count
  run_below_floor,     ///< reject: one run beyond every_run
  wrong_result,        ///< reject
  device_lost,         ///< reject
  events_exceeded,     ///< reject, poisson
  not_as_ordered,      ///< reject, once
  undecided,           ///< inconclusive after the last look
  too_few_runs,        ///< inconclusive: the next look is not reached
  too_few_days,        ///< inconclusive: enough runs, but on fewer days than the contract's
  ended_badly,         ///< inconclusive: a failed attempt under a rule that counts no runs
  unverified,          ///< invalid: a value without a verified output
  implausible,         ///< invalid: beyond at_most_plausible
  unwitnessed,         ///< invalid: nothing shows that the device did it, and not a cache
  beyond_clock,        ///< invalid: more than the device's units do at its measured clock
  other_unit,          ///< invalid: evidence of another dimension
  too_many_excused,    ///< invalid: more than max_invalid
  banned_serial,       ///< invalid: a device that was replaced, here or elsewhere
  device_changed,      ///< invalid: another device without a replacement, or one in two slots
  outputs_differ,      ///< invalid: not what the other items of the round put out
  not_together,        ///< invalid: alone, or at another time than the items it runs with
  duplicate_evidence,  ///< invalid: one number or round twice
  no_evidence,         ///< not_run
  unsupported,         ///< not_run
  part_missing         ///< inconclusive or worse: a system value lacks parts
};
[[nodiscard]] std::string_view name_of(Reason reason);

/// The verdict on one item under one clause.
struct Verdict {
  ItemIndex item = 0;
  Outcome outcome = Outcome::not_run;
  Reason reason = Reason::no_evidence;
  std::string detail;          ///< One sentence with the numbers.
  std::uint32_t runs = 0;      ///< Runs that were counted, up to the look that decided.
  std::uint32_t below = 0;     ///< Of these, how many missed the limit.
  std::uint32_t look = 0;      ///< 10, 20, 30; 0 before the first.
  std::uint32_t attempts = 0;  ///< Of the device judged, excused ones too; rounds for a system.
  std::uint32_t excused = 0;
  std::uint32_t generation = 0;  ///< How often it was replaced, or something that it contains.
  std::optional<Ratio> median;   ///< Of the counted runs, base unit; information.
};

struct ClauseResult {
  std::string clause;
  std::vector<Verdict> verdicts;  ///< One per item of items_of(), in that order.
  std::uint32_t expected = 0, reported = 0, accepted = 0, rejected = 0, inconclusive = 0,
                invalid = 0, not_run = 0, replaced = 0;
};

enum class Decision { accepted, rejected, not_accepted, limits_met, limits_missed };
[[nodiscard]] std::string_view name_of(Decision decision);

struct Defect {
  std::string clause;  ///< "" for a defect of the campaign as a whole.
  std::string item;    ///< "" for a whole clause.
  std::string name;    ///< A Reason's name, or "selftest", "chain", "mark", "replacements",
                       ///< "roster", "coverage", "stray_evidence".
  std::string sentence;
  std::uint32_t defect_class = 1;
};

struct Judgement {
  Decision decision = Decision::not_accepted;
  std::vector<ClauseResult> clauses;  ///< In the contract's order.
  std::vector<Defect> defects;        ///< Empty only if accepted or limits_met.
};

/// Judges a campaign. Never fails: what can't be judged is a verdict that is no pass.
/// For purposes other than acceptance, what would be accepted is limits_met and what would be
/// rejected is limits_missed.
[[nodiscard]] Judgement judge(const Contract& contract, const std::vector<Item>& roster,
                              const Evidence& evidence);

/// The guard band U_B of a clause as a share of the value, in parts per billion, rounded up:
/// 2 sqrt(sum t^2 / 3) over every tolerance t in the contract's conditions and its session spread
/// (JCGM 100, 4.3.7: rectangular distributions, k = 2). The start skew is a tolerance where items
/// share one window, as a share of it. At most one billion.
[[nodiscard]] std::uint64_t guard_band_ppb(const Contract& contract, const Clause& clause);

/// The part of it that start_skew makes: its share of the clause's window, in parts per billion,
/// rounded up; 0 where values of different items need no common window.
[[nodiscard]] std::uint64_t start_skew_ppb(const Contract& contract, const Clause& clause);

}  // namespace assay
