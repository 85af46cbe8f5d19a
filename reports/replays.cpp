#include "reports/replays.h"

#include "reports/node_name.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

}  // namespace

Result<Done> Replays::add(const std::vector<Attempt>& attempts, std::uint32_t node) {
  for (const Attempt& attempt : attempts) {
    if (attempt.ending != Ending::measured || attempt.outputs == k_no_outputs) {
      continue;
    }
    const Seen seen{attempt.clause, attempt.round};
    const Seen& first = outputs_.try_emplace(attempt.outputs, seen).first->second;
    if (first != seen) {
      return bad(journal_name(node) + ": output_digest: attempt " + std::to_string(attempt.number) +
                 " of " + seen.first + " in round " + std::to_string(seen.second) +
                 " has the outputs of " + first.first + " in round " +
                 std::to_string(first.second));
    }
  }
  return Done{};
}

Result<Done> Replays::add(std::string blob, std::uint32_t node) {
  const auto [place, is_new] = blobs_.insert(std::move(blob));
  return is_new ? Result<Done>(Done{})
                : bad(node_name(node) + ": names " + blob_name(*place) +
                      ", which is a window of another node, too");
}

}  // namespace assay
