#include "harness/model/judge.h"

namespace assay {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::accept: return "ACCEPT";
    case Outcome::reject: return "REJECT";
    case Outcome::inconclusive: return "INCONCLUSIVE";
    case Outcome::invalid: return "INVALID";
    case Outcome::not_run: return "NOT_RUN";
  }
  return "UNKNOWN";
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::limit_met: return "limit_met";
    case Reason::below_limit: return "below_limit";
    case Reason::run_below_floor: return "run_below_floor";
    case Reason::wrong_result: return "wrong_result";
    case Reason::device_lost: return "device_lost";
    case Reason::events_exceeded: return "events_exceeded";
    case Reason::not_as_ordered: return "not_as_ordered";
    case Reason::undecided: return "undecided";
    case Reason::too_few_runs: return "too_few_runs";
    case Reason::too_few_days: return "too_few_days";
    case Reason::ended_badly: return "ended_badly";
    case Reason::unverified: return "unverified";
    case Reason::implausible: return "implausible";
    case Reason::unwitnessed: return "unwitnessed";
    case Reason::beyond_clock: return "beyond_clock";
    case Reason::other_unit: return "other_unit";
    case Reason::too_many_excused: return "too_many_excused";
    case Reason::outputs_differ: return "outputs_differ";
    case Reason::not_together: return "not_together";
    case Reason::banned_serial: return "banned_serial";
    case Reason::device_changed: return "device_changed";
    case Reason::duplicate_evidence: return "duplicate_evidence";
    case Reason::no_evidence: return "no_evidence";
    case Reason::unsupported: return "unsupported";
    case Reason::part_missing: return "part_missing";
  }
  return "unknown";
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::accepted: return "accepted";
    case Decision::rejected: return "rejected";
    case Decision::not_accepted: return "not_accepted";
    case Decision::limits_met: return "limits_met";
    case Decision::limits_missed: return "limits_missed";
  }
  return "unknown";
}

}  // namespace assay
