#include "harness/model/seen_devices.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace assay {
namespace {

bool shows(const SeenDevices& look, std::string_view serial) {
  return std::find(look.serials.begin(), look.serials.end(), serial) != look.serials.end();
}

/// Of one node, by attempt.
struct Story {
  std::vector<const SeenDevices*> looks;
  std::vector<std::uint64_t> replaced_after;
};

/// By node.
class Stories {
 public:
  Stories(const std::vector<Item>& roster, const Evidence& evidence) : roster_(roster) {
    for (const SeenDevices& look : evidence.seen) {
      if (!look.serials.empty()) {
        of_node_[roster[look.node].node].looks.push_back(&look);
      }
    }
    for (const Replacement& replacement : evidence.replacements) {
      if (replacement.item < roster.size()) {
        of_node_[roster[replacement.item].node].replaced_after.push_back(replacement.after);
      }
    }
    for (auto& [node, story] : of_node_) {
      std::sort(story.looks.begin(), story.looks.end(),
                [](const SeenDevices* a, const SeenDevices* b) { return a->attempt < b->attempt; });
      std::sort(story.replaced_after.begin(), story.replaced_after.end());
    }
  }

  /// The last look at the attempt's node before it that still holds; nullptr if there is none.
  [[nodiscard]] const SeenDevices* look_before(const Attempt& attempt) const {
    const auto found = of_node_.find(roster_[attempt.item].node);
    if (found == of_node_.end()) {
      return nullptr;
    }
    const auto& [looks, replaced_after] = found->second;
    const auto next = std::lower_bound(
        looks.begin(), looks.end(), attempt.number,
        [](const SeenDevices* look, std::uint64_t number) { return look->attempt < number; });
    if (next == looks.begin()) {
      return nullptr;
    }
    const SeenDevices* last = *std::prev(next);
    const auto replaced =
        std::lower_bound(replaced_after.begin(), replaced_after.end(), last->attempt);
    const bool is_over = replaced != replaced_after.end() && *replaced < attempt.number;
    return is_over ? nullptr : last;
  }

 private:
  const std::vector<Item>& roster_;
  std::map<std::uint32_t, Story> of_node_;
};

void mark_shared(const Evidence& evidence, std::vector<bool>& inconsistent) {
  std::map<std::string_view, ItemIndex> node_of;
  const auto mark = [&](const std::string& shown, ItemIndex node) {
    const ItemIndex first = node_of.try_emplace(shown, node).first->second;
    if (first != node) {
      inconsistent[first] = inconsistent[node] = true;
    }
  };
  for (const SeenDevices& look : evidence.seen) {
    for (const std::string& serial : look.serials) {
      mark(serial, look.node);
    }
    if (!look.boot_id.empty()) {
      mark(look.boot_id, look.node);
    }
  }
}

void mark_replaced(const std::vector<Item>& roster, const Evidence& evidence,
                   std::vector<bool>& inconsistent) {
  std::map<std::string_view, std::vector<const SeenDevices*>> looks_at;
  for (const SeenDevices& look : evidence.seen) {
    for (const std::string& serial : look.serials) {
      looks_at[serial].push_back(&look);
    }
  }
  for (const Replacement& replacement : evidence.replacements) {
    const auto looks = looks_at.find(replacement.old_serial);
    if (looks == looks_at.end()) {
      continue;
    }
    for (const SeenDevices* look : looks->second) {
      const bool elsewhere = replacement.item >= roster.size() ||
                             roster[replacement.item].node != roster[look->node].node;
      if (elsewhere || look->attempt > replacement.after) {
        inconsistent[look->node] = true;
      }
    }
  }
}

}  // namespace

void mark_contradictions(const std::vector<Item>& roster, const Evidence& evidence,
                         std::vector<bool>& inconsistent) {
  if (evidence.seen.empty()) {
    return;
  }
  mark_shared(evidence, inconsistent);
  mark_replaced(roster, evidence, inconsistent);
  const Stories stories(roster, evidence);
  for (const Attempt& attempt : evidence.attempts) {
    if (attempt.item >= roster.size() || attempt.serial.empty() ||
        attempt.ending != Ending::measured || roster[attempt.item].kind != Scope::each_gpu) {
      continue;
    }
    const SeenDevices* look = stories.look_before(attempt);
    if (look != nullptr && !shows(*look, attempt.serial)) {
      inconsistent[attempt.item] = true;
    }
  }
}

}  // namespace assay
