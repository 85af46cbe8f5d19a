// Decoding a JSON object into a closed struct: every member asked for, none left over.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "harness/model/natural.h"
#include "reports/json.h"

namespace assay {

/// Reads one object's members. The first failure is kept; later calls return empty values, so a
/// decoder reads straight down and asks for done() once, at its end.
class Members {
 public:
  /// `place` names the object in messages: "clauses[3]". "" is the document itself.
  Members(const Json& value, std::string place);

  [[nodiscard]] bool has(std::string_view name) const;
  std::string text(std::string_view name);  ///< Required string.
  std::string text_or(std::string_view name, std::string_view fallback);
  std::int64_t whole(std::string_view name);  ///< Required whole number from 0.
  /// Required, from 0 to `most`: no cast of it to what holds `most` cuts anything.
  std::int64_t whole_up_to(std::string_view name, std::int64_t most);
  std::int64_t whole_or(std::string_view name, std::int64_t fallback);
  Natural decimal(std::string_view name);  ///< Required decimal string, a Natural.
  bool boolean_or(std::string_view name, bool fallback);
  const Json* object(std::string_view name);    ///< Required; nullptr after a failure.
  const Json* array(std::string_view name);     ///< Required; nullptr after a failure.
  const Json* optional(std::string_view name);  ///< nullptr where absent.

  /// Records a failure at member `name` ("" for the object itself), unless there already is one.
  void fail(std::string_view name, std::string_view sentence);
  [[nodiscard]] std::string place_of(std::string_view name) const;  ///< "clauses[3].at_least"

  /// Fails on the first failure recorded, else on the first member nobody asked for.
  [[nodiscard]] Result<Done> done() const;

 private:
  const Json* take(std::string_view name);

  const Json* value_;
  std::string place_;
  std::set<std::string, std::less<>> seen_;
  std::optional<Error> error_;
};

}  // namespace assay
