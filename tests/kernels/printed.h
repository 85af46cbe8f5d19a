// How parameters of tests print: by name, so that no test is called after bytes of memory.
#pragma once

#include <ostream>

#include "kernels/backend.h"

namespace assay {

inline std::ostream& operator<<(std::ostream& out, NumberType type) {
  return out << name_of(type);
}

}  // namespace assay
