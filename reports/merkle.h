// The hash tree of RFC 6962, 2.1 (= RFC 9162, 2.1) over the nodes' evidence.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/digest.h"

namespace assay {

/// SHA-256(0x00 || leaf).
[[nodiscard]] Digest merkle_leaf(std::string_view leaf);

/// Root over the leaves' hashes; of none it is SHA-256("").
[[nodiscard]] Digest merkle_root(std::span<const Digest> leaf_hashes);

/// The path from leaf `index` to the root, nearest first. Precondition: index < number of leaves.
[[nodiscard]] std::vector<Digest> merkle_proof(std::span<const Digest> leaf_hashes,
                                               std::uint64_t index);

/// What a proof proves and of which tree. The proof doesn't authenticate `leaves`: take it from
/// the signed report, never from whoever hands over the proof.
struct MerkleClaim {
  Digest leaf_hash{};
  std::uint64_t index = 0;
  std::uint64_t leaves = 0;
};
[[nodiscard]] bool is_in_tree(const MerkleClaim& claim, std::span<const Digest> proof,
                              const Digest& root);

}  // namespace assay
