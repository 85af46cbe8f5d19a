// What every program refuses before any command sees it.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the name of CLI11
class App;
}  // namespace CLI

namespace assay {

/// Makes an empty value ("--out ''") a usage error that names its option, in the program and all
/// its commands. Call it when all of them are added.
void refuse_empty_values(CLI::App& app);

}  // namespace assay
