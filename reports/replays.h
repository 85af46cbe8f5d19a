// Evidence that is shown twice, over all journals of a campaign.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/evidence.h"

namespace assay {

class Replays {
 public:
  /// Operands are fresh in every round of every clause, so the same outputs were not computed
  /// again. Fails with bad_input, naming the journal and both attempts' rounds.
  [[nodiscard]] Result<Done> add(const std::vector<Attempt>& attempts, std::uint32_t node);
  /// A blob that a node signed. Fails with bad_input if another node did, too.
  [[nodiscard]] Result<Done> add(std::string blob, std::uint32_t node);

  /// Digests of all blobs that were added.
  [[nodiscard]] const std::set<std::string>& blobs() const { return blobs_; }

 private:
  using Seen = std::pair<std::string, std::uint32_t>;  // clause, round
  std::map<OutputDigest, Seen> outputs_;
  std::set<std::string> blobs_;
};

}  // namespace assay
