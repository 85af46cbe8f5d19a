// `assay verify` and `assay-verify`: one command, in a program that measures and in one that can't.
// May include model and reports only, so that assay-verify stays small enough to audit.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace assay {

struct VerifyArguments {
  std::string program = "assay";  ///< What a complaint on standard error begins with.
  std::string folder;
  std::string policy;
  std::optional<std::string> at;  ///< RFC 3339; absent: `now_s`.
  bool deep = false;
  bool json = false;
};

/// Verifies, prints to `out` (the caller sees to it that it was written) and returns the exit code:
/// 0 valid and accepted (limits met), 1 not valid, 3 indeterminate, 4 policy not met, 5 valid but
/// rejected or not accepted, 64 usage. `now_s` is the Unix time of the caller's clock.
int verify_command(const VerifyArguments& arguments, std::int64_t now_s, std::ostream& out,
                   std::ostream& err);

/// The lines of --help about exit codes, with an example for a program of this name.
[[nodiscard]] std::string verify_footer(const std::string& program);

}  // namespace assay
