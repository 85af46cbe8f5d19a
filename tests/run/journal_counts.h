// What a campaign's journal holds, counted.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "reports/files.h"
#include "reports/journal.h"

namespace assay {

/// Counts of a folder's journal, read as an outsider would.
struct JournalCounts {
  std::map<std::string, int> kinds;
  std::map<std::int64_t, int> begins, ends;
  std::set<std::string> endings;
  std::string error;
};

inline JournalCounts journal_in(const std::string& folder) {
  JournalCounts journal;
  const auto bytes = read_file(folder + "/journal/00000.jsonl", 1U << 26U);
  if (!bytes) {
    journal.error = bytes.error().message;
    return journal;
  }
  const auto head = read_journal("journal", *bytes, [&journal](const Json& line) {
    const std::string& kind = *line.find("kind")->text();
    ++journal.kinds[kind];
    if (kind == "begin") {
      ++journal.begins[*line.find("attempt")->whole()];
    } else if (kind == "end") {
      ++journal.ends[*line.find("attempt")->whole()];
      journal.endings.insert(*line.find("ending")->text());
    }
    return Result<Done>(Done{});
  });
  if (!head) {
    journal.error = head.error().message;
  }
  return journal;
}

}  // namespace assay
