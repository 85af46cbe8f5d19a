// JSON values as files hold them: strictly read, canonically written. Why the reader
// is our own: docs/decisions/0003-json-reader.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "harness/model/result.h"

namespace assay {

/// A value of I-JSON (RFC 7493). Whole numbers within 2^53-1 are kept as std::int64_t.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  ///< In the order read; names are unique.

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : state_(value) {}
  Json(std::int64_t value) : state_(value) {}
  Json(int value) : state_(static_cast<std::int64_t>(value)) {}
  Json(std::uint32_t value) : state_(static_cast<std::int64_t>(value)) {}
  Json(double value) : state_(value) {}
  Json(std::string value) : state_(std::move(value)) {}
  Json(std::string_view value) : state_(std::string(value)) {}
  Json(const char* value) : state_(std::string(value)) {}
  Json(Array value) : state_(std::move(value)) {}
  Json(Object value) : state_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return state_.index() == 0; }
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&state_); }
  [[nodiscard]] const std::int64_t* whole() const { return std::get_if<std::int64_t>(&state_); }
  [[nodiscard]] const double* real() const { return std::get_if<double>(&state_); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&state_); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&state_); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&state_); }
  [[nodiscard]] Array* array() { return std::get_if<Array>(&state_); }
  [[nodiscard]] Object* object() { return std::get_if<Object>(&state_); }

  /// The member of that name, or nullptr if there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const;

  /// "an object", "a string", ...: for messages.
  [[nodiscard]] std::string_view kind() const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> state_;
};

struct JsonLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t depth = 64;
  std::size_t values = std::size_t{10} << 20;
};

/// Reads one JSON text. Refuses, with the place ("line 3: member 'at_least' stands twice"):
/// duplicate names (escaped ones too), a BOM, ill-formed UTF-8, lone surrogates, noncharacters,
/// whole numbers beyond 2^53-1, overflow, depth, size, trailing bytes. Fails with bad_input.
[[nodiscard]] Result<Json> read_json(std::string_view text, const JsonLimits& limits = {});

/// RFC 8785: names ordered by UTF-16 code units, shortest digits, no white space.
/// Precondition: no NaN or infinity in `value`.
[[nodiscard]] std::string canonical_json(const Json& value);

/// As read_json, and the text must be its own canonical form, byte for byte.
[[nodiscard]] Result<Json> read_canonical_json(std::string_view text,
                                               const JsonLimits& limits = {});

}  // namespace assay
