#include "harness/run/draw.h"

#include <array>
#include <limits>
#include <string>

namespace assay {

std::uint64_t Draw::next() {
  if (used_ == digest_.size()) {
    const std::array<std::string, 1> parts{std::to_string(counter_++)};
    digest_ = derive(seed_, "draw", parts);
    used_ = 0;
  }
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8U | digest_.at(used_++);
  }
  return number;
}

std::uint64_t Draw::below(std::uint64_t bound) {
  constexpr std::uint64_t k_largest = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t fair = k_largest - k_largest % bound;  // a multiple of bound
  std::uint64_t number = next();
  while (number >= fair) {
    number = next();
  }
  return number % bound;
}

std::uint64_t DrawnOrder::next() {
  if (used_ == size_) {
    used_ = 0;
    moved_.clear();
  }
  const auto at = [this](std::uint64_t place) {
    const auto found = moved_.find(place);
    return found == moved_.end() ? place : found->second;
  };
  const std::uint64_t chosen = used_ + draw_.below(size_ - used_);
  const std::uint64_t value = at(chosen);
  moved_[chosen] = at(used_);
  moved_.erase(used_);
  ++used_;
  return value;
}

}  // namespace assay
