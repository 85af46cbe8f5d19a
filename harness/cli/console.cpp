#include "harness/cli/console.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "harness/cli/exit_code.h"
#include "reports/shown.h"

namespace assay {
namespace {

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::good: return "32";
    case Tone::bad: return "31";
    case Tone::doubtful: return "33";
    case Tone::faint: return "2";
    case Tone::plain: break;
  }
  return "0";
}

bool wants_colours() {
  const char* refused =
      std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): read before any thread starts
  const char* kind =
      std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): read before any thread starts
  const bool is_refused = refused != nullptr && *refused != '\0';
  return !is_refused && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

Console system_console() {
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  return Console{.out = std::cout,
                 .err = std::cerr,
                 .out_is_terminal = out_is_terminal,
                 .err_is_terminal = isatty(STDERR_FILENO) == 1,
                 .colours = out_is_terminal && wants_colours()};
}

void outlive_readers() {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for this signal
}

std::string painted(const Console& console, Tone tone, std::string_view text) {
  if (!console.colours || tone == Tone::plain) {
    return std::string(text);
  }
  return "\033[" + std::string(code_of(tone)) + "m" + std::string(text) + "\033[0m";
}

int complain(const Console& console, std::string_view sentence, int exit_code) {
  console.err << "assay: " << printable(sentence) << '\n';
  return exit_code;
}

int written(const Console& console, std::string_view program, int exit_code) {
  console.out.flush();
  if (console.out) {
    return exit_code;
  }
  console.err << program << ": standard output can't be written\n";
  return k_exit_io;
}

std::string printable(std::string_view text) {
  return shown(text, std::numeric_limits<std::size_t>::max());
}

std::size_t width_of(std::string_view text) {
  // Every byte but the second and later ones of a UTF-8 sequence begins a code point.
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t taken = width_of(text);
  return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  return beside("", printable(text), indent, width);
}

std::string beside(std::string_view label, std::string_view text, std::size_t indent,
                   std::size_t width) {
  const std::string margin(indent, ' ');
  std::string lines;
  const bool apart = label.empty() || label.back() == ' ' || width_of(label) < indent;
  std::string line = apart ? padded(label, indent) : std::string(label) + ' ';
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (width_of(line) > indent && width_of(line) + width_of(word) > width) {
      line.pop_back();
      lines += line + '\n';
      line = margin;
    }
    line += std::string(word) + ' ';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  line.pop_back();
  return lines + line + '\n';
}

}  // namespace assay
