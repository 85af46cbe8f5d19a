// Where a passphrase comes from: a file or an open descriptor, never the command line or the
// environment, where others could read it.
#pragma once

#include <string>

#include "harness/model/result.h"
#include "reports/secrets.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of CLI11
class App;
}  // namespace CLI

namespace assay {

struct PassphraseOptions {
  std::string file;
  int descriptor = -1;
};

/// Adds --passphrase-file and --passphrase-fd.
void add_passphrase_options(CLI::App& command, PassphraseOptions& options);

/// The passphrase; empty if none was named.
[[nodiscard]] Result<Secret> passphrase_of(const PassphraseOptions& options);

}  // namespace assay
