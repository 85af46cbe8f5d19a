// Strict reading: the grammar of RFC 8259, and what I-JSON and this project forbid beyond it.
#include <algorithm>
#include <iterator>
#include <set>

#include "reports/json.h"
#include "reports/json_scanner.h"
#include "reports/shown.h"

namespace assay {
namespace {

constexpr std::size_t k_few_members = 16;  ///< Up to here, names are compared one by one.

/// Finds a name that stands twice, in n log n steps however many there are.
class Names {
 public:
  /// Whether `name` stands among `members`, to which it is about to be added.
  bool has(const Json::Object& members, const std::string& name) {
    if (members.size() < k_few_members) {
      return std::any_of(members.begin(), members.end(),
                         [&](const Json::Member& member) { return member.first == name; });
    }
    if (many_.empty()) {
      for (const Json::Member& member : members) {
        many_.insert(member.first);
      }
    }
    return !many_.insert(name).second;
  }

 private:
  std::set<std::string, std::less<>> many_;
};

/// One member of a path: where in its parent a value stands.
struct Step {
  const std::string* name = nullptr;  ///< nullptr: an array's element.
  std::size_t index = 0;
};

/// Recursive descent. A function that returns false has said why, and where, in refusal_.
class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits)
      : text_(text), scanner_(text), limits_(limits), spare_(limits.depth) {}

  Result<Json> read() {
    Json value;
    if (document(value)) {
      return value;
    }
    const std::string_view passed = text_.substr(0, scanner_.position());
    const auto line = 1 + std::count(passed.begin(), passed.end(), '\n');
    return Error{Error::Code::bad_input, "line " + std::to_string(line) + ": " + refusal_};
  }

 private:
  bool document(Json& value) {
    if (scanner_.take("\xEF\xBB\xBF")) {
      return refuse("begins with a byte order mark");
    }
    scanner_.skip_space();
    if (!this->value(value)) {
      return false;
    }
    scanner_.skip_space();
    return scanner_.at_end() || refuse("is no JSON: something follows its end");
  }

  bool value(Json& value) {
    if (++values_ > limits_.values) {
      path_.clear();
      return refuse("has more than " + std::to_string(limits_.values) + " values");
    }
    switch (scanner_.peek()) {
      case '{': return nested() && object(value);
      case '[': return nested() && array(value);
      case '"': return string(value);
      case 't': return word("true", Json(true), value);
      case 'f': return word("false", Json(false), value);
      case 'n': return word("null", Json(), value);
      default: return scanner_.at_number() ? accept(scanner_.number(value)) : refuse(no_value());
    }
  }

  /// What stands where a value should.
  [[nodiscard]] std::string no_value() const {
    if (scanner_.at_end()) {
      return path_.empty() ? "is no JSON: it is empty" : "is no JSON: it ends before its value";
    }
    return "is no JSON: no value begins with " + scanner_.next_shown();
  }

  bool nested() {
    return path_.size() < limits_.depth ||
           refuse("is nested deeper than " + std::to_string(limits_.depth));
  }

  bool word(std::string_view text, const Json& meaning, Json& value) {
    value = meaning;
    return scanner_.take(text) || refuse("is no JSON: an unknown word");
  }

  bool string(Json& value) {
    std::string text;
    if (!accept(scanner_.string(text))) {
      return false;
    }
    value = Json(std::move(text));
    return true;
  }

  bool array(Json& value) {
    scanner_.take('[');
    Json::Array items;
    scanner_.skip_space();
    if (!scanner_.take(']')) {
      path_.emplace_back();
      do {
        path_.back().index = items.size();
        scanner_.skip_space();
        if (!this->value(items.emplace_back())) {
          return false;
        }
        scanner_.skip_space();
      } while (scanner_.take(','));
      path_.pop_back();
      if (!scanner_.take(']')) {
        return refuse("is no JSON: an array without its end");
      }
    }
    value = Json(std::move(items));
    return true;
  }

  bool object(Json& value) {
    scanner_.take('{');
    Json::Object members = std::move(spare_[path_.size()]);
    Names names;
    scanner_.skip_space();
    if (!scanner_.take('}')) {
      do {
        scanner_.skip_space();
        if (!member(members, names)) {
          return false;
        }
        scanner_.skip_space();
      } while (scanner_.take(','));
      if (!scanner_.take('}')) {
        return refuse("is no JSON: an object without its end");
      }
    }
    // Exactly as many as there are: growing in place costs more than the reading itself.
    value = Json(Json::Object(std::make_move_iterator(members.begin()),
                              std::make_move_iterator(members.end())));
    members.clear();
    spare_[path_.size()] = std::move(members);
    return true;
  }

  bool member(Json::Object& members, Names& names) {
    if (scanner_.peek() != '"') {
      return refuse("is no JSON: an object where a name is missing");
    }
    std::string name;
    if (const char* why = scanner_.string(name)) {
      return refuse("has a member whose name " + std::string(why));
    }
    const bool twice = names.has(members, name);
    Json::Member& placed = members.emplace_back();
    placed.first = std::move(name);
    path_.push_back({&placed.first, 0});
    if (twice) {
      return refuse("stands twice");
    }
    scanner_.skip_space();
    if (!scanner_.take(':')) {
      return refuse("is no JSON: a name without a value");
    }
    scanner_.skip_space();
    if (!value(placed.second)) {
      return false;
    }
    path_.pop_back();
    return true;
  }

  bool accept(const char* why) { return why == nullptr || refuse(why); }

  bool refuse(const std::string& why) {
    std::string place;
    for (const Step& step : path_) {
      if (step.name == nullptr) {
        place += "[" + std::to_string(step.index) + "]";
      } else {
        place += (place.empty() ? "" : ".") + shown(*step.name);
      }
    }
    refusal_ = (place.empty() ? "the document" : place) + " " + why;
    return false;
  }

  std::string_view text_;
  JsonScanner scanner_;
  JsonLimits limits_;
  std::vector<Step> path_;  ///< To the value that is being read.
  std::size_t values_ = 0;
  std::vector<Json::Object> spare_;  ///< By depth: room in which members are gathered, reused.
  std::string refusal_;
};

}  // namespace

Result<Json> read_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{Error::Code::bad_input,
                 "the document is larger than " + std::to_string(limits.bytes) + " bytes"};
  }
  return Reader(text, limits).read();
}

}  // namespace assay
