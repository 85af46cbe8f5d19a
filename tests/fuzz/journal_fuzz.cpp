// A journal that is read ends where its head says, and a cut or longer one is not the same journal.
#include <algorithm>
#include <string>

#include "reports/journal.h"
#include "tests/fuzz/fuzz.h"

namespace {

assay::Result<assay::JournalHead> read(std::string_view bytes, std::uint64_t& lines) {
  return assay::read_journal("journal/00000.jsonl", bytes,
                             [&lines](const assay::Json& line) -> assay::Result<assay::Done> {
                               assay::require(line.object() != nullptr, "a line is an object");
                               ++lines;
                               return assay::Done{};
                             });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = assay::as_text(data, size);
  std::uint64_t lines = 0;
  const auto head = read(bytes, lines);
  if (!head) {
    assay::require(head.error().message.starts_with("journal/00000.jsonl"), "a refusal says where");
    return 0;
  }
  assay::require(head->lines == lines, "the head counts the lines that were read");
  const auto ends = std::count(bytes.begin(), bytes.end(), '\n');
  assay::require(static_cast<std::uint64_t>(ends) == lines, "every line is read");
  if (!bytes.empty()) {
    std::uint64_t ignored = 0;
    const auto cut = read(bytes.substr(0, bytes.size() - 1), ignored);
    assay::require(!cut || cut->sha256 != head->sha256, "a torn journal is not the same journal");
  }
  return 0;
}
