#include "reports/bound_line.h"

#include <limits>

#include "harness/model/step_size.h"
#include "reports/blocks.h"
#include "reports/members.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

template <class Number>
Json null_or(const std::optional<Number>& number) {
  return number ? Json(std::int64_t{*number}) : Json(nullptr);
}

std::string text_of(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "null";
}

/// A whole number from 1, or null.
std::optional<std::int64_t> whole_or_null(Members& members, std::string_view name,
                                          std::int64_t most) {
  const Json* value = members.optional(name);
  if (value != nullptr && value->is_null()) {
    return std::nullopt;
  }
  if (value == nullptr || value->whole() == nullptr || *value->whole() < 1 ||
      *value->whole() > most) {
    members.fail(name, "must be null or a whole number from 1 to " + std::to_string(most));
    return std::nullopt;
  }
  return *value->whole();
}

}  // namespace

bool states_bound(std::string_view case_id) {
  return case_id == k_product_case;
}

bool states_bound(const Clause& clause) {
  return states_bound(clause.case_id);
}

std::string multiplied_by(const Params& params) {
  const auto input = params.find("input");
  return input == params.end() ? "" : input->second;
}

Json::Object json_of(const BoundLine& bound) {
  Json::Object object{{"architecture", bound.architecture},
                      {"clock_khz", null_or(bound.clock_khz)},
                      {"multiprocessors", bound.multiprocessors},
                      {"ops_per_clock", null_or(bound.ops)}};
  if (!bound.reason.empty()) {
    object.emplace_back("reason", bound.reason);
  }
  return object;
}

Result<BoundLine> read_bound(const Json& object) {
  constexpr std::int64_t k_most = std::numeric_limits<std::uint32_t>::max();
  Members members(object, "bound");
  BoundLine bound;
  bound.architecture = members.text("architecture");
  bound.clock_khz = whole_or_null(members, "clock_khz", k_most_clock_khz);
  bound.multiprocessors =
      static_cast<std::uint32_t>(members.whole_up_to("multiprocessors", k_most));
  if (const auto ops = whole_or_null(members, "ops_per_clock", k_most)) {
    bound.ops = static_cast<std::uint32_t>(*ops);
  }
  bound.reason = members.text_or("reason", "");
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return bound;
}

Result<Done> check_bound(const BoundLine& bound, const Clause& clause) {
  if (bound.architecture.empty() != (bound.multiprocessors == 0)) {
    return bad("bound.multiprocessors: is " + std::to_string(bound.multiprocessors) +
               " of architecture '" + bound.architecture + "'");
  }
  const std::string input = multiplied_by(clause.params);
  const auto ops = ops_per_clock(bound.architecture, input);
  if (bound.ops && bound.ops != ops) {  // null: the release that measured knew no rate
    return bad("bound.ops_per_clock: is " + text_of(bound.ops) + ", but " + input + " on '" +
               bound.architecture + "' has " + text_of(ops));
  }
  if (bound.reason.empty() != (bound.ops && bound.clock_khz)) {
    return bad(bound.reason.empty()
                   ? "bound.reason: is missing, but nothing bounds the value"
                   : "bound.reason: stands there, but nothing is missing to the bound");
  }
  return Done{};
}

MachineRate rate_of(const BoundLine& bound) {
  return {.multiprocessors = bound.multiprocessors,
          .ops_per_clock = bound.ops.value_or(0),
          .clock_khz = bound.clock_khz.value_or(0)};
}

}  // namespace assay
