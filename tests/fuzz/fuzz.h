// What the fuzzers share: the bytes as text, and what must hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace assay {

/// Ends the process, and with it the input that led here is kept, unless `holds`.
inline void require(bool holds, const char* sentence) {
  if (!holds) {
    std::fprintf(stderr, "fuzzer: it does not hold that %s\n", sentence);
    std::abort();
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace assay

/// libFuzzer's name for the function under test. Each <subject>_fuzz.cpp defines it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
