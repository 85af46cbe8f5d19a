// SHA-256 and what is built on it; hex and base64url.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"

namespace assay {

using Digest = std::array<std::uint8_t, 32>;
using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] Digest sha256(std::span<const std::uint8_t> bytes);
[[nodiscard]] Digest sha256(std::string_view text);

/// SHA-256 of a sequence of parts, for what doesn't stand in memory at once.
class Hasher {
 public:
  Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();
  void add(std::span<const std::uint8_t> bytes);
  void add(std::string_view text);
  [[nodiscard]] Digest finish();

 private:
  void* context_;
};

/// HMAC-SHA-256(key, label || 0x00 || part || 0x00 || ...): seeds and challenges. Parts are text.
[[nodiscard]] Digest derive(std::span<const std::uint8_t> key, std::string_view label,
                            std::span<const std::string> parts);

[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);
/// Lower-case hex of exactly 32 bytes. Fails with bad_input.
[[nodiscard]] Result<Digest> digest_from_hex(std::string_view text);

[[nodiscard]] std::string base64(std::span<const std::uint8_t> bytes);     ///< With padding.
[[nodiscard]] std::string base64url(std::span<const std::uint8_t> bytes);  ///< Without padding.
[[nodiscard]] std::string base64url(std::string_view text);
/// Strict: no padding, white space, foreign letters or non-zero trailing bits.
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);  ///< Strict, padding required.

[[nodiscard]] inline std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace assay
