// A program that is started beside this process, held so that evidence has its digest.
#pragma once

#include <memory>
#include <string>

#include "harness/model/result.h"

namespace assay {

/// Held, the file is mapped as what is executed, so that its digest is taken with those of the
/// objects of this process. Fails with unsupported, naming it.
[[nodiscard]] Result<std::shared_ptr<void>> mapped_program(const std::string& file);

}  // namespace assay
