#include "harness/cli/judgement_text.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>

#include "harness/cli/marks_text.h"

namespace assay {
namespace {

constexpr std::size_t k_verdict_column = 58;
constexpr std::size_t k_named_items = 5;  ///< Per clause; all of them stand in the report.

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::accept: return Tone::good;
    case Outcome::reject: return Tone::bad;
    case Outcome::inconclusive:
    case Outcome::invalid:
    case Outcome::not_run: return Tone::doubtful;
  }
  return Tone::plain;
}

Tone tone_of(Decision decision) {
  switch (decision) {
    case Decision::accepted:
    case Decision::limits_met: return Tone::good;
    case Decision::rejected:
    case Decision::limits_missed: return Tone::bad;
    case Decision::not_accepted: return Tone::doubtful;
  }
  return Tone::plain;
}

std::string words_of(Decision decision) {
  std::string words(name_of(decision));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string value_of(const Clause& clause, const Verdict& verdict) {
  if (!verdict.median || !clause.limit) {
    return "-";
  }
  return for_people(*verdict.median, clause.limit->dimension);
}

/// "ACCEPT", or for many items "7998 of 8000 ACCEPT".
std::string outcome_text(const ClauseResult& result) {
  if (result.verdicts.size() == 1) {
    return std::string(name_of(result.verdicts.front().outcome));
  }
  return std::to_string(result.accepted) + " of " + std::to_string(result.expected) + " ACCEPT";
}

Outcome worst_of(const ClauseResult& result) {
  Outcome worst = Outcome::accept;
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.outcome == Outcome::reject) {
      return Outcome::reject;
    }
    worst = verdict.outcome == Outcome::accept ? worst : verdict.outcome;
  }
  return result.verdicts.empty() ? Outcome::not_run : worst;
}

/// " (advisory)", in the column of verdicts below `outcome` where the line would be too long.
std::string advisory_after(const std::string& outcome) {
  const std::string note = "(advisory)";
  const bool fits = k_verdict_column + outcome.size() + 1 + note.size() <= 80;
  return (fits ? " " : "\n" + std::string(k_verdict_column, ' ')) + note;
}

void print_clause(const Console& console, const Clause& clause, const std::vector<Item>& roster,
                  const ClauseResult& result) {
  const bool single = result.verdicts.size() == 1;
  const std::string runs = single ? std::to_string(result.verdicts.front().below) + " of " +
                                        std::to_string(result.verdicts.front().runs)
                                  : "";
  const std::string outcome = outcome_text(result);
  console.out << "  " << padded(clause.id, 14) << ' '
              << padded(single ? value_of(clause, result.verdicts.front()) : "", 16) << ' '
              << padded(clause.limit ? clause.limit->text : "", 14) << ' ' << padded(runs, 8) << ' '
              << painted(console, tone_of(worst_of(result)), outcome)
              << (is_mandatory(clause) ? "" : advisory_after(outcome)) << '\n';
  std::size_t named = 0;
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.outcome == Outcome::accept) {
      continue;
    }
    if (named++ == k_named_items) {
      console.out << "      ... the others stand in the report\n";
      break;
    }
    console.out << wrapped((single ? "" : roster[verdict.item].id + ": ") +
                               std::string(name_of(verdict.outcome)) + " " +
                               std::string(name_of(verdict.reason)) + ": " + verdict.detail,
                           6);
  }
}

}  // namespace

void print_judgement(const Console& console, const Contract& contract,
                     const std::vector<Item>& roster, const Judgement& judgement,
                     const std::vector<std::string>& marks) {
  std::ostream& out = console.out;
  out << contract.id << ", " << name_of(contract.purpose) << "\n\n"
      << "  " << padded("clause", 14) << ' ' << padded("median", 16) << ' ' << padded("limit", 14)
      << ' ' << padded("below", 8) << " verdict\n";
  for (std::size_t i = 0; i < judgement.clauses.size(); ++i) {
    print_clause(console, contract.clauses[i], roster, judgement.clauses[i]);
  }
  if (!judgement.defects.empty()) {
    out << "\nDefects\n";
  }
  for (const Defect& defect : judgement.defects) {
    const std::string where = defect.clause.empty() ? "campaign" : defect.clause;
    out << wrapped(where + (defect.item.empty() ? "" : " " + defect.item) + ": " + defect.name +
                       " (class " + std::to_string(defect.defect_class) + "): " + defect.sentence,
                   2);
  }
  out << "\nDecision: "
      << painted(console, tone_of(judgement.decision), words_of(judgement.decision))
      << marked(marks) << '\n';
}

Json judgement_json(const Judgement& judgement) {
  Json::Array clauses;
  for (const ClauseResult& result : judgement.clauses) {
    clauses.emplace_back(Json::Object{{"id", result.clause},
                                      {"expected", result.expected},
                                      {"reported", result.reported},
                                      {"accepted", result.accepted},
                                      {"rejected", result.rejected},
                                      {"inconclusive", result.inconclusive},
                                      {"invalid", result.invalid},
                                      {"not_run", result.not_run},
                                      {"replaced", result.replaced}});
  }
  Json::Array defects;
  for (const Defect& defect : judgement.defects) {
    defects.emplace_back(Json::Object{{"clause", defect.clause},
                                      {"item", defect.item},
                                      {"name", defect.name},
                                      {"sentence", defect.sentence},
                                      {"defect_class", defect.defect_class}});
  }
  return Json::Object{{"decision", name_of(judgement.decision)},
                      {"clauses", std::move(clauses)},
                      {"defects", std::move(defects)}};
}

}  // namespace assay
