// What was bought. Read from JSON by reports/contract_json.h; every rule on its content is in
// validate(), so that no reader can forget one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/quantity.h"
#include "harness/model/result.h"

namespace assay {

enum class Purpose { acceptance, prevalidation, regression, demonstration };
enum class Scope { each_gpu, each_node, each_link, system };
enum class Comparator { at_least, at_most };
enum class Rule { sign_1_5_9, sign_1_4_8, once, zero_wrong, poisson };
enum class Aggregate { none, sum, slowest_times_count, minimum, quantile };
enum class Concurrency { unstated, all_items, one_at_a_time };
enum class Weight { mandatory, advisory };

using Params = std::map<std::string, std::string>;  ///< Whole numbers as decimal text.
using Text = std::map<std::string, std::string>;    ///< Language tag to text.

struct Gpus {
  std::string model;
  std::uint32_t count = 0;  ///< Per node.
  std::optional<Quantity> memory;
  std::optional<Quantity> power_limit;
};

/// One line of the delivery note. Items are numbered from 0 in the order of the lines.
struct InventoryLine {
  std::string id;
  std::string kind;
  std::uint32_t nodes = 0;
  std::uint32_t spares = 0;
  std::optional<Gpus> gpus;
  std::uint32_t links = 0;  ///< Links to judge per node, for clauses of scope each_link.
};

struct Clause {
  std::string id;
  Text title;
  std::string case_id;
  std::vector<std::string> population;  ///< Ids of inventory lines; never empty.
  Scope scope = Scope::each_node;
  Concurrency concurrent = Concurrency::unstated;
  Params params;
  std::optional<Quantity> soak;    ///< Time; absent: none.
  std::optional<Quantity> window;  ///< Time; required but for `once`.
  Rule rule = Rule::sign_1_5_9;
  Comparator comparator = Comparator::at_least;
  std::optional<Quantity> limit;      ///< Absent only for zero_wrong, poisson and once.
  std::optional<Quantity> every_run;  ///< The floor (ceiling) that one run already breaks.
  std::optional<Quantity> plausible;  ///< at_most_plausible of rates, at_least_plausible of times.
  Aggregate aggregate = Aggregate::none;
  std::optional<Quantity> quantile;             ///< Percent, for Aggregate::quantile.
  std::optional<std::uint32_t> at_most_events;  ///< For poisson.
  Weight weight = Weight::mandatory;
  std::uint32_t defect_class = 1;  ///< 1 prevents operation, 2 hinders it, 3 is slight.
  bool provisional = false;        ///< Not mandatory until frozen by an amendment.
  std::optional<Quantity> freeze_not_below;
  std::string source;  ///< Where the figure comes from; informative.
};

struct Conditions {
  std::optional<Quantity> block_gap;           ///< Percent of the window, 0..2 %.
  std::optional<Quantity> clock_disagreement;  ///< Percent, 0..0.1 % (1 % for a demonstration).
  std::optional<Quantity> session_spread;  ///< Pilot's spread between sessions, percent, 0..5 %.
  std::optional<Quantity> start_skew;      ///< Time, up to 1 s.
};

struct Remedy {
  std::optional<Quantity> replacements;  ///< Percent of a line's items.
  std::uint32_t per_slot = 1;
};

struct Contract {
  std::string id;
  Purpose purpose = Purpose::acceptance;
  Text title;
  std::string buyer;
  std::string supplier;
  std::vector<InventoryLine> inventory;
  std::uint32_t days = 1;
  Conditions conditions;
  std::optional<Remedy> remedy;
  std::uint32_t max_invalid = 0;
  std::vector<Clause> clauses;
};

/// Every rule on a contract's content that needs no knowledge of the cases. The message names the
/// place: "clauses[3].at_least: ...". Fails with bad_input.
[[nodiscard]] Result<Done> validate(const Contract& contract);

/// An advisory or provisional clause is judged and printed, but decides nothing.
[[nodiscard]] inline bool is_mandatory(const Clause& clause) {
  return clause.weight == Weight::mandatory && !clause.provisional;
}

/// Letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit; ASCII only.
[[nodiscard]] bool is_identifier(std::string_view text);

[[nodiscard]] std::string_view name_of(Purpose purpose);
[[nodiscard]] std::string_view name_of(Scope scope);
[[nodiscard]] std::string_view name_of(Comparator comparator);
[[nodiscard]] std::string_view name_of(Rule rule);
[[nodiscard]] std::string_view name_of(Aggregate aggregate);
[[nodiscard]] std::string_view name_of(Concurrency concurrency);
[[nodiscard]] std::string_view name_of(Weight weight);

}  // namespace assay
