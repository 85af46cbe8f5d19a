// What tests of whole signature checks share.
#pragma once

#include <string>
#include <string_view>

#include "reports/signature_check.h"

namespace assay::test {

inline constexpr std::string_view k_report = R"({"id":"C-1","n":1,"schema":"assay.report/1"})";

[[nodiscard]] inline std::string said(const SignatureCheck& check) {
  const char* indication = check.indication == Indication::total_passed   ? "TOTAL-PASSED"
                           : check.indication == Indication::total_failed ? "TOTAL-FAILED"
                                                                          : "INDETERMINATE";
  return std::string(indication) + (check.sub_indication.empty() ? "" : " " + check.sub_indication);
}

}  // namespace assay::test
