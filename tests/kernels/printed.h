// How parameters of tests print: by name, so that no test is called after bytes of memory.
#pragma once

#include <ostream>

#include "kernels/backend.h"

namespace assay {

inline void PrintTo(NumberType type, std::ostream* out) {
  *out << name_of(type);
}

}  // namespace assay
