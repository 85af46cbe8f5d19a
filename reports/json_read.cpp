// Strict reading: nlohmann_json finds the tokens, this handler refuses what it would let through
// (duplicate names, a BOM, large whole numbers, noncharacters) and builds the value.
#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "reports/json.h"
#include "reports/shown.h"

namespace assay {
namespace {

constexpr std::int64_t k_largest_whole = (std::int64_t{1} << 53) - 1;
constexpr std::size_t k_few_members = 16;  ///< Up to here, names are compared one by one.

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

/// U+0000 and the noncharacters, in well-formed UTF-8. nullptr: there is none.
const char* forbidden_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned lead = byte_at(text, i);
    if (lead == 0) {
      return "holds the character U+0000";
    }
    if (lead < 0xEFU) {
      continue;
    }
    const unsigned second = byte_at(text, i + 1);
    const unsigned third = byte_at(text, i + 2);
    const unsigned last = byte_at(text, i + 3);
    const bool bmp_end = lead == 0xEFU && second == 0xBFU && third >= 0xBEU;
    const bool arabic = lead == 0xEFU && second == 0xB7U && third >= 0x90U && third <= 0xAFU;
    const bool plane_end =
        lead >= 0xF0U && (second & 0x0FU) == 0x0FU && third == 0xBFU && last >= 0xBEU;
    if (bmp_end || arabic || plane_end) {
      return "holds a noncharacter (U+FFFE, say)";
    }
  }
  return nullptr;
}

/// Receives the events of nlohmann's parser. The parent of an open container doesn't grow, so
/// pointers into it stay good.
class Builder {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(Json(value)); }
  bool number_integer(std::int64_t value) {
    return value < -k_largest_whole ? beyond() : put(Json(value));
  }
  bool number_unsigned(std::uint64_t value) {
    return value > static_cast<std::uint64_t>(k_largest_whole)
               ? beyond()
               : put(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(double value, const std::string& written) {
    // Digits only, but too many even for 64 bits; or, like 1e20, canonically written as such.
    constexpr double k_first_with_exponent = 1e21;
    const double size = std::fabs(value);
    if (written.find_first_of(".eE") == std::string::npos ||
        (size > static_cast<double>(k_largest_whole) && size < k_first_with_exponent)) {
      return beyond();
    }
    return put(Json(value));
  }
  bool string(std::string& value) {
    if (const char* why = forbidden_character(value)) {
      return refuse(next_place(), why);
    }
    return put(Json(std::move(value)));
  }
  bool binary(std::vector<std::uint8_t>& /*value*/) { return refuse("", "is no JSON"); }

  bool start_object(std::size_t /*size*/) { return open(Json(Json::Object())); }
  bool start_array(std::size_t /*size*/) { return open(Json(Json::Array())); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Open& top = open_.back();
    Json::Object& members = *top.value->object();
    if (const char* why = forbidden_character(name)) {
      return refuse(place_of(open_.size() - 1), "has a member whose name " + std::string(why));
    }
    if (stands_twice(top, members, name)) {
      members.emplace_back(std::move(name), Json());
      return refuse(next_place(), "stands twice");
    }
    members.emplace_back(std::move(name), Json());
    return true;
  }

  template <class Exception>
  bool parse_error(std::size_t /*position*/, const std::string& token, const Exception& exception) {
    constexpr int k_out_of_range = 406;
    if (exception.id == k_out_of_range) {
      return refuse(next_place(), "is too large for a number: " + shown(token));
    }
    return refuse(next_place(), "is no JSON: " + reason_in(exception.what()));
  }

  /// Json of the whole text, if nothing was refused.
  [[nodiscard]] Json& root() { return root_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  struct Open {
    Json* value;
    std::set<std::string, std::less<>> names;  ///< Filled once there are more than a few.
  };

  static bool stands_twice(Open& top, const Json::Object& members, const std::string& name) {
    if (members.size() < k_few_members) {
      return std::any_of(members.begin(), members.end(),
                         [&](const Json::Member& member) { return member.first == name; });
    }
    if (top.names.empty()) {
      for (const Json::Member& member : members) {
        top.names.insert(member.first);
      }
    }
    return !top.names.insert(name).second;
  }

  /// What nlohmann says, without its numbering and without bytes of the input.
  static std::string reason_in(std::string_view what) {
    const std::size_t start = what.rfind(" - ");
    std::string_view reason =
        start == std::string_view::npos ? "malformed" : what.substr(start + 3);
    return shown(reason.substr(0, reason.find("; last read")));
  }

  bool beyond() { return refuse(next_place(), "is a whole number beyond 2^53-1"); }

  bool refuse(const std::string& place, const std::string& why) {
    refusal_ = (place.empty() ? "the document" : place) + " " + why;
    return false;
  }

  /// The path through the outermost `levels` open containers; in the innermost one, to the value
  /// that is being read.
  [[nodiscard]] std::string place_of(std::size_t levels) const {
    std::string place;
    for (std::size_t i = 0; i < levels; ++i) {
      if (const auto* items = open_[i].value->array()) {
        const bool innermost = i + 1 == open_.size();
        place += "[" + std::to_string(innermost ? items->size() : items->size() - 1) + "]";
      } else if (const auto* members = open_[i].value->object(); !members->empty()) {
        place += (place.empty() ? "" : ".") + shown(members->back().first);
      }
    }
    return place;
  }
  [[nodiscard]] std::string next_place() const { return place_of(open_.size()); }

  bool put(Json value) { return placed(std::move(value)) != nullptr; }

  Json* placed(Json value) {
    if (++values_ > limits_.values) {
      refuse("", "has more than " + std::to_string(limits_.values) + " values");
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (Json::Object* members = parent.object()) {
      members->back().second = std::move(value);
      return &members->back().second;
    }
    return &parent.array()->emplace_back(std::move(value));
  }

  bool open(Json value) {
    if (open_.size() >= limits_.depth) {
      return refuse(next_place(), "is nested deeper than " + std::to_string(limits_.depth));
    }
    Json* const here = placed(std::move(value));
    if (here == nullptr) {
      return false;
    }
    open_.push_back({here, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonLimits limits_;
  Json root_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
  std::string refusal_;
};

/// Walks the text and leaves in `*at` how far it came: only used to name the line of a refusal.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  const char* here;
  const char** at;
  reference operator*() const { return *here; }
  CountingIterator& operator++() {
    *at = ++here;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return here == other.here; }
  bool operator!=(const CountingIterator& other) const { return here != other.here; }
};

Error refused_at(std::string_view before, const std::string& why) {
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return Error{Error::Code::bad_input, "line " + std::to_string(line) + ": " + why};
}

Error refusal_of(std::string_view text, const JsonLimits& limits) {
  const char* at = text.data();
  const CountingIterator first{text.data(), &at};
  const CountingIterator last{text.data() + text.size(), &at};
  Builder builder(limits);
  nlohmann::json::sax_parse(first, last, &builder);
  const auto passed = static_cast<std::size_t>(at - text.data());
  return refused_at(text.substr(0, passed), builder.refusal());
}

}  // namespace

Result<Json> read_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{Error::Code::bad_input,
                 "the document is larger than " + std::to_string(limits.bytes) + " bytes"};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return Error{Error::Code::bad_input, "line 1: the document begins with a byte order mark"};
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    // nlohmann's parser takes it for the end and would accept whatever follows.
    return refused_at(text.substr(0, nul), "the document holds a zero byte and is no JSON");
  }
  Builder builder(limits);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return refusal_of(text, limits);
  }
  return std::move(builder.root());
}

}  // namespace assay
