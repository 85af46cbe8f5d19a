// What clauses that find instead of measuring saw of each item: the first look, to which later ones
// are compared, and whether the last one came after the load.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/gpu_facts.h"
#include "reports/campaign_frame.h"
#include "reports/run_lines.h"

namespace assay {

class ItemLooks {
 public:
  /// First looks by several clauses at one item that do not show one machine.
  std::vector<Contradiction> contradictions;

  /// Fails with bad_input for an item that is first looked at when it has been measured already:
  /// what the load did to it would then be its first state. And for any look while something in the
  /// item is being measured.
  [[nodiscard]] Result<Done> begin(const AttemptKey& key, const Clause& clause);
  /// Holds a finding against its facts and those of the first look; other lines pass. `marks` are
  /// those of the journal. Fails with bad_input, naming the member.
  [[nodiscard]] Result<Done> end(const EndLine& end, const CampaignFrame& frame,
                                 const std::vector<std::string>& marks);
  /// What was running has no end any more.
  void resume() { running_.clear(); }
  /// The item, what is in it and what it is in are looked at anew.
  void forget(const std::string& item);

  /// For who writes the journal: keeps the facts if they are the first ones.
  void take_first(const std::string& clause, const std::string& item, const MachineFacts& facts);
  /// nullptr before the first look.
  [[nodiscard]] const MachineFacts* first(const std::string& clause, const std::string& item) const;
  /// A sentence on an item that was as ordered before the load and that nobody looked at after it,
  /// though its clause looks twice; "" if there is none.
  [[nodiscard]] std::string unfinished() const;

 private:
  struct Looks {
    MachineFacts first;
    std::uint64_t last = 0;  ///< Attempt.
    bool again = false;      ///< There was a second one.
    bool twice = false;      ///< There must be.
    bool matching = false;   ///< The last one.
  };
  struct Running {
    std::string item;
    bool looks = false;  ///< And measures nothing.
  };
  void compare_first(const EndLine& end, ItemIndex item);

  std::map<std::pair<std::string, std::string>, Looks> looks_;  ///< By clause and item.
  std::uint64_t last_load_ = 0;  ///< The last attempt that isn't one of two looks.
  std::set<std::pair<std::string, std::string>> asked_;  ///< Clause and item: a look was begun.
  std::map<std::string, std::uint64_t> loads_;  ///< By item: the first attempt that measured it.
  std::map<std::uint64_t, Running> running_;    ///< Attempts begun and not ended.
};

/// What a look at a whole node showed in it; none where it was no such look, where it is a
/// recording, or where a GPU shows no UUID.
[[nodiscard]] std::optional<SeenDevices> devices_in(const EndLine& end, ItemIndex item,
                                                    const std::vector<Item>& roster);

}  // namespace assay
