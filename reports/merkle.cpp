#include "reports/merkle.h"

#include <algorithm>
#include <bit>

namespace assay {
namespace {

constexpr std::uint8_t k_leaf = 0;
constexpr std::uint8_t k_inner = 1;

Digest inner(const Digest& left, const Digest& right) {
  Hasher hasher;
  hasher.add(std::span(&k_inner, 1));
  hasher.add(left);
  hasher.add(right);
  return hasher.finish();
}

/// The largest power of two below n. Precondition: n > 1.
std::size_t split_of(std::size_t n) {
  return std::bit_floor(n - 1);
}

}  // namespace

Digest merkle_leaf(std::string_view leaf) {
  Hasher hasher;
  hasher.add(std::span(&k_leaf, 1));
  hasher.add(leaf);
  return hasher.finish();
}

Digest merkle_root(std::span<const Digest> leaf_hashes) {
  if (leaf_hashes.empty()) {
    return sha256("");
  }
  if (leaf_hashes.size() == 1) {
    return leaf_hashes.front();
  }
  const std::size_t split = split_of(leaf_hashes.size());
  return inner(merkle_root(leaf_hashes.first(split)), merkle_root(leaf_hashes.subspan(split)));
}

std::vector<Digest> merkle_proof(std::span<const Digest> leaf_hashes, std::uint64_t index) {
  std::vector<Digest> proof;
  while (leaf_hashes.size() > 1) {
    const std::size_t split = split_of(leaf_hashes.size());
    if (index < split) {
      proof.push_back(merkle_root(leaf_hashes.subspan(split)));
      leaf_hashes = leaf_hashes.first(split);
    } else {
      proof.push_back(merkle_root(leaf_hashes.first(split)));
      leaf_hashes = leaf_hashes.subspan(split);
      index -= split;
    }
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool is_in_tree(const MerkleClaim& claim, std::span<const Digest> proof, const Digest& root) {
  if (claim.index >= claim.leaves) {
    return false;
  }
  // RFC 9162, 2.1.3.2: walk up; a node without a right sibling is passed by.
  std::uint64_t node = claim.index;
  std::uint64_t last = claim.leaves - 1;
  Digest hash = claim.leaf_hash;
  for (const Digest& sibling : proof) {
    if (last == 0) {
      return false;
    }
    if ((node & 1U) == 1 || node == last) {
      hash = inner(sibling, hash);
      while ((node & 1U) == 0 && node != 0) {
        node >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = inner(hash, sibling);
    }
    node >>= 1U;
    last >>= 1U;
  }
  return last == 0 && hash == root;
}

}  // namespace assay
