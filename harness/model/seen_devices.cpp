#include "harness/model/seen_devices.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace assay {
namespace {

bool shows(const SeenDevices& look, std::string_view serial) {
  return std::find(look.serials.begin(), look.serials.end(), serial) != look.serials.end();
}

void mark_shared(const Evidence& evidence, std::vector<bool>& inconsistent) {
  std::map<std::string_view, ItemIndex> node_of;
  for (const SeenDevices& look : evidence.seen) {
    for (const std::string& serial : look.serials) {
      const ItemIndex first = node_of.try_emplace(serial, look.node).first->second;
      if (first != look.node) {
        inconsistent[first] = inconsistent[look.node] = true;
      }
    }
  }
}

void mark_replaced(const std::vector<Item>& roster, const Evidence& evidence,
                   std::vector<bool>& inconsistent) {
  for (const Replacement& replacement : evidence.replacements) {
    for (const SeenDevices& look : evidence.seen) {
      const bool elsewhere = replacement.item >= roster.size() ||
                             roster[replacement.item].node != roster[look.node].node;
      if ((elsewhere || look.attempt > replacement.after) && shows(look, replacement.old_serial)) {
        inconsistent[look.node] = true;
      }
    }
  }
}

/// The last look at the attempt's node before it that still holds; nullptr if there is none.
const SeenDevices* look_before(const std::vector<Item>& roster, const Evidence& evidence,
                               const Attempt& attempt) {
  const std::uint32_t node = roster[attempt.item].node;
  const SeenDevices* last = nullptr;
  for (const SeenDevices& look : evidence.seen) {
    const bool is_before = roster[look.node].node == node && look.attempt < attempt.number;
    last = is_before && (last == nullptr || look.attempt > last->attempt) ? &look : last;
  }
  const bool is_over =
      last != nullptr && std::any_of(evidence.replacements.begin(), evidence.replacements.end(),
                                     [&](const Replacement& replacement) {
                                       return replacement.item < roster.size() &&
                                              roster[replacement.item].node == node &&
                                              replacement.after >= last->attempt &&
                                              replacement.after < attempt.number;
                                     });
  return is_over ? nullptr : last;
}

}  // namespace

void mark_contradictions(const std::vector<Item>& roster, const Evidence& evidence,
                         std::vector<bool>& inconsistent) {
  if (evidence.seen.empty()) {
    return;
  }
  mark_shared(evidence, inconsistent);
  mark_replaced(roster, evidence, inconsistent);
  for (const Attempt& attempt : evidence.attempts) {
    if (attempt.item >= roster.size() || attempt.serial.empty() ||
        attempt.ending != Ending::measured || roster[attempt.item].kind != Scope::each_gpu) {
      continue;
    }
    const SeenDevices* look = look_before(roster, evidence, attempt);
    if (look != nullptr && !shows(*look, attempt.serial)) {
      inconsistent[attempt.item] = true;
    }
  }
}

}  // namespace assay
