#include "reports/time_of_day.h"

#include <array>

namespace assay {
namespace {

constexpr std::string_view k_form = "0000-00-00T00:00:00";

/// Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant, days_from_civil).
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_form(std::string_view text) {
  if (text.size() < k_form.size() + 1 || text.back() != 'Z') {
    return false;
  }
  for (std::size_t i = 0; i < k_form.size(); ++i) {
    if (k_form[i] == '0' ? !is_digit(text[i]) : text[i] != k_form[i]) {
      return false;
    }
  }
  const std::string_view rest = text.substr(k_form.size(), text.size() - k_form.size() - 1);
  if (rest.empty()) {
    return true;
  }
  if (rest[0] != '.' || rest.size() < 2 || rest.size() > 10) {
    return false;
  }
  return rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::int64_t number_at(std::string_view text, std::size_t offset, std::size_t digits) {
  std::int64_t value = 0;
  for (std::size_t i = offset; i < offset + digits; ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool is_leap(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

std::int64_t days_in(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> k_days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return k_days[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

Result<std::int64_t> time_from(std::string_view text) {
  const Error refused{
      Error::Code::bad_input,
      "'" + std::string(text.substr(0, 40)) + "' is no time of day such as 2026-01-31T12:00:00Z"};
  if (!has_form(text)) {
    return refused;
  }
  const std::int64_t year = number_at(text, 0, 4);
  const std::int64_t month = number_at(text, 5, 2);
  const std::int64_t day = number_at(text, 8, 2);
  const std::int64_t hour = number_at(text, 11, 2);
  const std::int64_t minute = number_at(text, 14, 2);
  const std::int64_t second = number_at(text, 17, 2);
  if (year < 1970 || year > 2199) {
    return Error{Error::Code::bad_input,
                 "'" + std::string(text) + "' is not between the years 1970 and 2199"};
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
      minute > 59 || second > 59) {
    return refused;
  }
  std::int64_t ns = 0;
  const std::size_t point = k_form.size();
  for (std::size_t i = 0; i < 9; ++i) {
    const std::size_t place = point + 1 + i;
    ns = ns * 10 + (text[point] == '.' && place + 1 < text.size() ? text[place] - '0' : 0);
  }
  const std::int64_t seconds =
      days_of(year, month, day) * k_seconds_per_day + hour * 3600 + minute * 60 + second;
  return seconds * k_ns_per_second + ns;
}

std::string time_of_day(std::int64_t seconds) {
  std::int64_t days = seconds / k_seconds_per_day;
  std::int64_t rest = seconds % k_seconds_per_day;
  if (rest < 0) {
    rest += k_seconds_per_day;
    --days;
  }
  std::int64_t year = 1970;
  for (; days < 0; --year) {
    days += is_leap(year - 1) ? 366 : 365;
  }
  for (; days >= (is_leap(year) ? 366 : 365); ++year) {
    days -= is_leap(year) ? 366 : 365;
  }
  std::int64_t month = 1;
  for (; days >= days_in(year, month); ++month) {
    days -= days_in(year, month);
  }
  return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(days + 1, 2) + "T" +
         padded(rest / 3600, 2) + ":" + padded(rest / 60 % 60, 2) + ":" + padded(rest % 60, 2) +
         "Z";
}

}  // namespace assay
