// In a test's own tools a failure is a bug of the test.
#pragma once

#include <cstdlib>
#include <iostream>
#include <utility>

#include "harness/model/result.h"

namespace assay::testing_doubles {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::cerr << "a test's tool failed: " << result.error().message << "\n";
    std::abort();
  }
  return *std::move(result);
}

}  // namespace assay::testing_doubles
