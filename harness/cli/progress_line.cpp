#include "harness/cli/progress_line.h"

#include <algorithm>
#include <ostream>

namespace assay {
namespace {

constexpr std::size_t k_columns = 79;

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string text_of(const ProgressEvent& event) {
  if (event.kind == ProgressEvent::Kind::selftest) {
    return "self-test: faults are injected and must be found";
  }
  return event.clause + " on " + event.item + ", run " + std::to_string(event.round) + " of " +
         std::to_string(event.rounds) + ", " + minutes_and_seconds(event.elapsed_ns) +
         " so far, about " + minutes_and_seconds(event.left_ns) + " left";
}

}  // namespace

std::string minutes_and_seconds(std::int64_t nanoseconds) {
  const std::int64_t seconds = std::max<std::int64_t>(nanoseconds, 0) / 1'000'000'000;
  const std::int64_t hours = seconds / 3600;
  const std::int64_t minutes = seconds / 60 % 60;
  return (hours > 0 ? std::to_string(hours) + ":" + two_digits(minutes) : std::to_string(minutes)) +
         ":" + two_digits(seconds % 60);
}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::event(const ProgressEvent& event) {
  using Kind = ProgressEvent::Kind;
  const bool worth_a_line = event.kind == Kind::attempt_done && event.ending != "measured";
  if (worth_a_line) {
    clear();
    console_.err << "assay: " << event.clause << " on " << event.item << ", run " << event.round
                 << ": " << event.ending << (event.note.empty() ? "" : ": " + event.note) << '\n';
  }
  if (event.kind == Kind::selftest_done) {
    clear();
    if (event.ending != "passed") {
      console_.err << "assay: self-test " << event.ending << '\n';
    }
  } else if (event.kind != Kind::attempt_done) {
    show(text_of(event));
  }
}

void ProgressLine::show(const std::string& text) {
  if (console_.err_is_terminal) {
    console_.err << "\r\033[K" << text.substr(0, k_columns) << std::flush;
    shown_ = true;
  }
}

void ProgressLine::clear() {
  if (shown_) {
    console_.err << "\r\033[K" << std::flush;
    shown_ = false;
  }
}

}  // namespace assay
