// journal/<node>.jsonl: one canonical JSON object a line, each with the digest of the line before.
// The format is described in docs/report_format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/evidence.h"
#include "reports/json.h"
#include "reports/sizes.h"

namespace assay {

/// Appends to a journal. Every append is on the disk (fsync) before the call returns.
class JournalWriter {
 public:
  /// Starts a journal at `path`, which must not exist, or goes on with the one there: a torn last
  /// line is cut off, and a line {"kind":"drop"} says so. Fails with bad_input if the chain of
  /// what is there is broken, with io if the file can't be written or locked by another process.
  /// `largest`: bytes that the file never grows beyond, since no reader would take it.
  static Result<std::unique_ptr<JournalWriter>> open(const std::string& path,
                                                     const std::string& session_sha256,
                                                     std::uint32_t node,
                                                     std::size_t largest = k_largest_journal);
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;
  ~JournalWriter();

  /// Appends {"kind": kind, "prev": ..., "seq": ..., members...}. On failure (a full disk, a full
  /// journal) nothing of the line stays in the file, and the journal still verifies.
  Result<Done> append(std::string_view kind, Json::Object members);

  /// Number for the next attempt: one more than the largest begun so far.
  [[nodiscard]] std::uint64_t next_attempt() const;
  /// What was there when the journal was opened, line by line.
  [[nodiscard]] const std::vector<Json>& found() const;
  [[nodiscard]] std::uint64_t dropped_bytes() const;

 private:
  struct State;
  explicit JournalWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct JournalHead {
  std::uint64_t lines = 0;
  std::string sha256;  ///< Of the last line.
};

/// Reads a journal line by line, checking form, canonical bytes, `seq` and `prev` of each; calls
/// `line` for each. Fails with bad_input and the place: "journal/00000.jsonl:7: ...".
Result<JournalHead> read_journal(std::string_view name, std::string_view bytes,
                                 const std::function<Result<Done>(const Json& line)>& line);

}  // namespace assay
