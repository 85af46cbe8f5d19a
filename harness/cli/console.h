// Where the programs print, and whether a person is looking.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace assay {

enum class Tone { plain, good, bad, doubtful, faint };

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool colours = false;  ///< Only on a terminal, and never with NO_COLOR set (no-color.org).
};

/// Standard output and error of this process.
[[nodiscard]] Console system_console();

/// From here on a pipe whose reader is gone is an error of writing and no longer this process's
/// death: for what measures, and must not be cut off because nobody looks any more.
void outlive_readers();

/// `text` in a colour where the console has colours, else as it is.
[[nodiscard]] std::string painted(const Console& console, Tone tone, std::string_view text);

/// "assay: <sentence>" on standard error; returns `exit_code`, so that commands can return it.
int complain(const Console& console, std::string_view sentence, int exit_code);

/// `exit_code` if what was printed has reached its reader; otherwise says as `program` that it
/// hasn't, and returns k_exit_io.
[[nodiscard]] int written(const Console& console, std::string_view program, int exit_code);

/// Columns counted in code points, for alignment: "ü" is one.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// `text` filled with blanks up to `width` columns; longer text is left as it is.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

/// Foreign text, whole, with nothing in it that a terminal would act on (reports/shown.h).
[[nodiscard]] std::string printable(std::string_view text);

/// Breaks printable text at blanks into lines of at most `width` columns, each begun with `indent`
/// blanks.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent,
                                  std::size_t width = 80);

/// As wrapped, with `label` in the indent of the first line; a longer label pushes the text on.
[[nodiscard]] std::string beside(std::string_view label, std::string_view text, std::size_t indent,
                                 std::size_t width = 80);

}  // namespace assay
