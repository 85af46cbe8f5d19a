// A case says what can be measured and how it is counted. One case is one file under suites/; see
// docs/adding_a_case.md. How it is timed, verified and judged is none of its business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/contract.h"
#include "kernels/backend.h"

namespace assay {

/// One parameter of a case. A contract can't name one that isn't declared.
struct Param {
  std::string_view name;
  std::string_view meaning;              ///< With its unit.
  std::vector<std::string_view> values;  ///< The allowed words.
  bool whole = false;                    ///< A whole number from 1 is allowed (too).
  std::string_view fallback;             ///< "" where the contract must say it.
  std::string_view bench;  ///< What `assay bench` takes without fallback; "": 1, or each word.
};

struct Case {
  std::string_view id;       ///< "area.noun", as in the path suites/area/noun.cpp. Never renamed.
  std::string_view summary;  ///< One line, shown by `list`.
  std::string_view formula;  ///< What a run's value is, with its source.
  std::vector<Scope> scopes;
  std::vector<Rule> rules;  ///< By which its runs can be judged; a contract can't ask for another.
  std::vector<Param> params;

  /// Whether the host's backend serves it, whatever computes: what it is about is the host's.
  bool on_host = false;

  /// Whether items are measured one at a time: what shows their bytes counts for all of a node.
  bool one_at_a_time = false;

  /// Whether the first wrong step of a run is done again, there and on a neighbour.
  bool repeats_wrong_step = false;

  /// The dimension of a run's value; params are complete (fallbacks filled in) and checked.
  Dimension (*dimension)(const Params& params) = nullptr;

  /// The problem to run. Fails with bad_input on a combination that makes no sense. None for a case
  /// that finds: it asks what is there, and harness/model/as_ordered.h compares it.
  Result<Problem> (*problem)(const Params& params) = nullptr;

  /// Of a case that harness/model/step_size.h doesn't know: FLOPs, operations or bytes of one step,
  /// for params whose problem makes sense; none where the machine decides. It is fixed in the
  /// session, so that nobody can count more later; who verifies can't work it out.
  std::optional<Natural> (*work_per_step)(const Params& params) = nullptr;
};

/// Whether the case asks what is there instead of measuring.
[[nodiscard]] inline bool finds(const Case& a_case) {
  return a_case.problem == nullptr;
}

/// As harness/model/step_size.h says it, or the case; none where neither does.
[[nodiscard]] std::optional<Natural> work_per_step(const Case& a_case, const Params& params);

/// Every case of this build, in the order of their ids. Generated from the files in suites/.
[[nodiscard]] std::vector<Case> all_cases();

/// Fills in fallbacks and refuses unknown, missing or ill-formed parameters, naming the parameter.
[[nodiscard]] Result<Params> complete_params(const Case& a_case, const Params& given);

}  // namespace assay
