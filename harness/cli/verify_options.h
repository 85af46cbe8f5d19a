// The arguments of `assay verify` and `assay-verify`, declared once.
#pragma once

#include "harness/cli/verify_command.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of CLI11
class App;
}  // namespace CLI

namespace assay {

void add_verify_options(CLI::App& command, VerifyArguments& arguments);

}  // namespace assay
