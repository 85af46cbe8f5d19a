#include "harness/cli/verify_command.h"

#include <ostream>

#include "harness/cli/console.h"
#include "harness/cli/marks_text.h"
#include "reports/json.h"
#include "reports/time_of_day.h"
#include "reports/verify.h"

namespace assay {
namespace {

constexpr int k_usage = 64;

std::string_view name_of(Indication indication) {
  switch (indication) {
    case Indication::total_passed: return "TOTAL-PASSED";
    case Indication::total_failed: return "TOTAL-FAILED";
    case Indication::indeterminate: break;
  }
  return "INDETERMINATE";
}

Json::Array list_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

bool is_judged(const Verification& verification) {
  return verification.indication == Indication::total_passed;
}

void print_json(const Verification& verification, std::int64_t at_s, std::ostream& out) {
  const Json decision = is_judged(verification) ? Json(name_of(verification.decision)) : nullptr;
  out << canonical_json(Json::Object{{"at", time_of_day(at_s)},
                                     {"checked", list_of(verification.checked)},
                                     {"decision", decision},
                                     {"exit_code", exit_code_of(verification)},
                                     {"marks", list_of(verification.marks)},
                                     {"indication", name_of(verification.indication)},
                                     {"not_checked", list_of(verification.not_checked)},
                                     {"policy_met", verification.policy_met},
                                     {"sentence", printable(verification.sentence)},
                                     {"signers", list_of(verification.signers)},
                                     {"sub_indication", verification.sub_indication}})
      << "\n";
}

std::string headline(const Verification& verification) {
  std::string decided = "valid, decision: " + std::string(name_of(verification.decision)) +
                        marked(verification.marks);
  switch (exit_code_of(verification)) {
    case 0:
    case 5: return decided;
    case 4: return decided + ", but the policy is not met";
    case 3: return "indeterminate";
    default: return "not valid";
  }
}

void print_list(std::string_view title, const std::vector<std::string>& lines, std::ostream& out) {
  if (lines.empty()) {
    return;
  }
  out << title << "\n";
  for (const std::string& line : lines) {
    out << wrapped(line, 2);
  }
}

void print_text(const Verification& verification, std::ostream& out) {
  out << headline(verification) << "\n";
  if (!verification.sentence.empty()) {
    out << wrapped(verification.sentence, 2);
  }
  out << name_of(verification.indication)
      << (verification.sub_indication.empty() ? "" : " " + verification.sub_indication) << "\n";
  print_list("signed by", verification.signers, out);
  print_list("checked", verification.checked, out);
  print_list("not checked", verification.not_checked, out);
}

}  // namespace

int verify_command(const VerifyArguments& arguments, std::int64_t now_s, std::ostream& out,
                   std::ostream& err) {
  std::int64_t at_s = now_s;
  if (arguments.at) {
    const Result<std::int64_t> at = time_from(*arguments.at);
    if (!at) {
      err << arguments.program << ": --at: " << printable(at.error().message) << "\n";
      return k_usage;
    }
    at_s = *at / k_ns_per_second;
  }
  const Verification verification = verify_campaign({.folder = arguments.folder,
                                                     .policy_path = arguments.policy,
                                                     .deep = arguments.deep,
                                                     .at_s = at_s});
  if (arguments.json) {
    print_json(verification, at_s, out);
  } else {
    print_text(verification, out);
  }
  return exit_code_of(verification);
}

std::string verify_footer(const std::string& program) {
  return "Example:\n  " + program +
         " out --policy my-policy.json --deep && pay\n\n"
         "Exit codes:\n"
         "  0  valid and accepted (of a demonstration: limits met)\n"
         "  1  not valid\n"
         "  3  indeterminate, also where the campaign could not be read\n"
         "  4  valid, but the policy is not met: roles, threshold, contract,\n"
         "     session or buyer's key\n"
         "  5  valid, but rejected or not accepted\n"
         "  64 usage  70 bug  74 the result can't be written\n";
}

}  // namespace assay
