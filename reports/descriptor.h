// An open file that is closed when it is no longer needed. For the .cpp files of this folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }
  /// False if a delayed write failed; then errno says why.
  bool close();

 private:
  int number_;
};

/// Reads until the end of the file or of `buffer`; how many bytes came. Fails with io.
[[nodiscard]] Result<std::size_t> read_into(const Descriptor& file, std::string& buffer,
                                            std::size_t from = 0);

/// False if not all could be written; then errno says why.
[[nodiscard]] bool write_all(const Descriptor& file, std::string_view bytes);

}  // namespace assay
