// Where processes of one host give each other bytes: a folder with a page of counters and a file of
// each rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assay::emulated {

class Meeting {
 public:
  /// A new folder where TMPDIR says; "" if none can be made.
  [[nodiscard]] static std::string make();
  /// Null if there is no such folder.
  [[nodiscard]] static std::unique_ptr<Meeting> enter(const std::string& folder, unsigned ranks,
                                                      unsigned rank);
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  ~Meeting();

  /// None of these waits. Rounds begin with 1, and all ranks have the same.
  [[nodiscard]] bool all_entered() const;
  /// False while somebody has not taken what this rank gave before. `to_each`: by rank.
  [[nodiscard]] bool give(std::uint64_t round,
                          const std::vector<std::span<const std::byte>>& to_each);
  /// False while somebody has not given.
  [[nodiscard]] bool all_gave(std::uint64_t round) const;
  /// What each gave to this rank, by rank.
  [[nodiscard]] std::vector<std::vector<std::byte>> take(std::uint64_t round);
  /// Messages between two ranks, beside the rounds. False while the one before was not received.
  [[nodiscard]] bool send(unsigned to, std::span<const std::byte> bytes);
  [[nodiscard]] bool was_received(unsigned by) const;
  /// None while there is nothing.
  [[nodiscard]] std::optional<std::vector<std::byte>> receive(unsigned from);
  /// True once all ranks have said so.
  [[nodiscard]] bool leave();

  [[nodiscard]] unsigned ranks() const { return ranks_; }
  [[nodiscard]] unsigned rank() const { return rank_; }

 private:
  struct Page;

  Meeting(Page* page, std::string folder, unsigned ranks, unsigned rank);
  [[nodiscard]] std::string file_of(unsigned rank) const;
  [[nodiscard]] std::string file_between(unsigned from, unsigned to) const;

  Page* page_;
  std::string folder_;
  unsigned ranks_, rank_;
  bool left_ = false;
};

}  // namespace assay::emulated
