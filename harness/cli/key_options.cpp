#include "harness/cli/key_options.h"

#include <CLI/CLI.hpp>

namespace assay {

void add_passphrase_options(CLI::App& command, PassphraseOptions& options) {
  auto* file = command.add_option("--passphrase-file", options.file,
                                  "File whose one line is the key's passphrase\n(mode 0600)");
  command
      .add_option("--passphrase-fd", options.descriptor,
                  "Open descriptor to read the passphrase from")
      ->excludes(file)
      ->check(CLI::NonNegativeNumber);
}

Result<Secret> passphrase_of(const PassphraseOptions& options) {
  if (!options.file.empty()) {
    return read_passphrase(options.file);
  }
  if (options.descriptor >= 0) {
    return read_passphrase(options.descriptor);
  }
  return Secret();
}

}  // namespace assay
