// Rules applied one after the other to one object of a contract; the first that fails is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/model/result.h"

namespace assay {

class Checks {
 public:
  /// `place` names the object in messages: "clauses[3]"; "" is the contract itself.
  explicit Checks(std::string place) : place_(std::move(place)) {}

  /// Records that `member` breaks a rule, unless there already is a failure.
  void fail(std::string_view member, const std::string& sentence) {
    if (!error_) {
      const std::string dot = place_.empty() || member.empty() ? "" : ".";
      error_ = Error{Error::Code::bad_input, place_ + dot + std::string(member) + ": " + sentence};
    }
  }
  void require(bool holds, std::string_view member, const std::string& sentence) {
    if (!holds) {
      fail(member, sentence);
    }
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::string place_;
  std::optional<Error> error_;
};

}  // namespace assay
