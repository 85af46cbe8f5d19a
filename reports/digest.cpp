#include "reports/digest.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace assay {
namespace {

/// A digest that can't be computed must never look like one: there is no value to return.
[[noreturn]] void no_digest() {
  throw std::runtime_error("libcrypto can't compute SHA-256");
}

EVP_MD_CTX* context_of(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

constexpr std::string_view k_plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(std::span<const std::uint8_t> bytes, std::string_view letters) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = (held << 8U) | byte;
    for (bits += 8; bits >= 6; bits -= 6) {
      text += letters[(held >> (bits - 6)) & 63U];
    }
  }
  if (bits > 0) {
    text += letters[(held << (6 - bits)) & 63U];
  }
  return text;
}

Result<Bytes> decode64(std::string_view text, std::string_view letters) {
  const auto refuse = [](const char* why) { return Error{Error::Code::bad_input, why}; };
  constexpr std::uint8_t k_foreign = 255;
  std::array<std::uint8_t, 256> values{};
  values.fill(k_foreign);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    values.at(static_cast<unsigned char>(letters[i])) = static_cast<std::uint8_t>(i);
  }
  if (text.size() % 4 == 1) {
    return refuse("base64 text of an impossible length");
  }
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t value = values.at(static_cast<unsigned char>(c));
    if (value == k_foreign) {
      return refuse("base64 text with a character that isn't of its alphabet");
    }
    held = (held << 6U) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>((held >> bits) & 255U));
    }
  }
  if ((held & ((1U << bits) - 1U)) != 0) {
    return refuse("base64 text with trailing bits that aren't zero");
  }
  return bytes;
}

}  // namespace

Digest sha256(std::span<const std::uint8_t> bytes) {
  Digest digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
      size != digest.size()) {
    no_digest();
  }
  return digest;
}

Digest sha256(std::string_view text) {
  return sha256(bytes_of(text));
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(context_of(context_));
    no_digest();
  }
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(context_of(context_));
}

void Hasher::add(std::span<const std::uint8_t> bytes) {
  if (EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) != 1) {
    no_digest();
  }
}

void Hasher::add(std::string_view text) {
  add(bytes_of(text));
}

Digest Hasher::finish() {
  Digest digest{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_of(context_), digest.data(), &size) != 1 ||
      size != digest.size()) {
    no_digest();
  }
  return digest;
}

Digest derive(std::span<const std::uint8_t> key, std::string_view label,
              std::span<const std::string> parts) {
  std::string message(label);
  for (const std::string& part : parts) {
    message += '\0';
    message += part;
  }
  Digest digest{};
  unsigned size = 0;
  const auto bytes = bytes_of(message);
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
           digest.data(), &size) == nullptr ||
      size != digest.size()) {
    no_digest();
  }
  return digest;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += k_digits[byte >> 4U];
    text += k_digits[byte & 15U];
  }
  return text;
}

Result<Digest> digest_from_hex(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  Digest digest{};
  if (text.size() != digest.size() * 2 ||
      text.find_first_not_of(k_digits) != std::string_view::npos) {
    return Error{Error::Code::bad_input, "a SHA-256 is 64 lower-case hexadecimal digits"};
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::size_t high = k_digits.find(text[2 * i]);
    const std::size_t low = k_digits.find(text[2 * i + 1]);
    digest.at(i) = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  return encode64(bytes, k_url);
}

std::string base64url(std::string_view text) {
  return base64url(bytes_of(text));
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text = encode64(bytes, k_plain);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

Result<Bytes> from_base64url(std::string_view text) {
  return decode64(text, k_url);
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return Error{Error::Code::bad_input, "base64 text without its padding"};
  }
  const std::size_t last = text.find_last_not_of('=');
  const std::string_view digits = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (text.size() - digits.size() > 2) {
    return Error{Error::Code::bad_input, "base64 text with too much padding"};
  }
  return decode64(digits, k_plain);
}

}  // namespace assay
