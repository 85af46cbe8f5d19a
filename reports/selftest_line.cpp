#include "reports/selftest_line.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "reports/chain_members.h"
#include "reports/members.h"

namespace assay {
namespace {

constexpr std::string_view k_control = "healthy";
constexpr std::array<std::string_view, 10> k_names{
    k_control,      "flipped_bit",   "skipped_step",      "cached_result",     "slow_worker",
    "slowed_clock", "dropped_block", "reordered_journal", "truncated_journal", "edited_verdict"};

/// Each fault of assay.run/1, and the healthy control, exactly once.
bool has_every_name(const Json::Array& checks) {
  const auto once = [&checks](std::string_view name) {
    return std::count_if(checks.begin(), checks.end(), [name](const Json& check) {
             const Json* stated = check.find("name");
             return stated != nullptr && stated->text() != nullptr && *stated->text() == name;
           }) == 1;
  };
  return checks.size() == k_names.size() && std::all_of(k_names.begin(), k_names.end(), once);
}

}  // namespace

Result<SelftestLine> read_selftest(const Json& line) {
  Members members(line, "");
  take_chain_members(members);
  const Json* stated = members.optional("passed");
  const Json* checks = members.array("checks");
  if (stated == nullptr || stated->boolean() == nullptr) {
    members.fail("passed", "must be true or false");
  }
  if (Result<Done> done = members.done(); !done) {
    return done.error();
  }
  bool passed = has_every_name(*checks->array());
  for (std::size_t i = 0; i < checks->array()->size(); ++i) {
    Members check((*checks->array())[i], "checks[" + std::to_string(i) + "]");
    // A healthy run is injected, too, and must not be called a fault.
    const bool is_fault = check.text("name") != k_control;
    passed = check.boolean_or("caught", !is_fault) == is_fault && passed;
    static_cast<void>(check.text("by"));
    if (Result<Done> done = check.done(); !done) {
      return done.error();
    }
  }
  if (passed != *stated->boolean()) {
    return Error{Error::Code::bad_input, "passed: is not what its checks say"};
  }
  return SelftestLine{
      .passed = passed,
      .canonical = canonical_json(Json::Object{{"passed", passed}, {"checks", *checks}})};
}

}  // namespace assay
