#include "reports/merkle.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

/// The eight leaves of the Certificate Transparency reference tests.
std::vector<Digest> reference_leaves() {
  std::vector<Digest> hashes;
  for (const std::string& leaf :
       {std::string(), std::string(1, '\0'), std::string("\x10"), std::string("\x20\x21"),
        std::string("\x30\x31"), std::string("\x40\x41\x42\x43"),
        std::string("\x50\x51\x52\x53\x54\x55\x56\x57"),
        std::string("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f")}) {
    hashes.push_back(merkle_leaf(leaf));
  }
  return hashes;
}

std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> hashes;
  for (std::size_t i = 0; i < count; ++i) {
    hashes.push_back(merkle_leaf("node " + std::to_string(i)));
  }
  return hashes;
}

TEST(MerkleTree, HasThePublishedRoots) {
  EXPECT_EQ(hex(merkle_root({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(merkle_root(reference_leaves())),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  EXPECT_EQ(hex(merkle_leaf("")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(MerkleTree, ProvesEveryLeafOfEverySmallTree) {
  for (std::size_t count = 1; count <= 33; ++count) {
    const auto hashes = leaves(count);
    const Digest root = merkle_root(hashes);
    for (std::size_t i = 0; i < count; ++i) {
      const auto proof = merkle_proof(hashes, i);
      EXPECT_TRUE(is_in_tree({hashes[i], i, count}, proof, root)) << i << " of " << count;
      EXPECT_FALSE(is_in_tree({hashes[i], (i + 1) % count, count}, proof, root) && count > 1);
      EXPECT_FALSE(is_in_tree({merkle_leaf("foreign"), i, count}, proof, root));
    }
  }
}

TEST(MerkleTree, ProvesANodeOfALargeClusterWithElevenHashes) {
  const auto hashes = leaves(1250);
  EXPECT_EQ(merkle_proof(hashes, 7).size(), 11U);
}

TEST(MerkleTree, RefusesAProofTooShortOrTooLong) {
  const auto hashes = leaves(6);
  const Digest root = merkle_root(hashes);
  auto proof = merkle_proof(hashes, 2);
  proof.push_back(root);
  EXPECT_FALSE(is_in_tree({hashes[2], 2, 6}, proof, root));
  proof.resize(2);
  EXPECT_FALSE(is_in_tree({hashes[2], 2, 6}, proof, root));
}

TEST(MerkleTree, RefusesAnIndexBeyondTheTree) {
  const auto hashes = leaves(1);
  EXPECT_TRUE(is_in_tree({hashes[0], 0, 1}, {}, hashes[0]));
  EXPECT_FALSE(is_in_tree({hashes[0], 1, 1}, {}, hashes[0]));
  EXPECT_FALSE(is_in_tree({hashes[0], 0, 0}, {}, hashes[0]));
}

TEST(MerkleTree, TellsALeafFromAnInnerNode) {
  const auto hashes = leaves(2);
  const std::string both = std::string(text_of({hashes[0].begin(), hashes[0].end()})) +
                           std::string(text_of({hashes[1].begin(), hashes[1].end()}));
  EXPECT_NE(merkle_leaf(both), merkle_root(hashes));
}

TEST(MerkleTree, ChangesWithOrderAndNumberOfLeaves) {
  auto hashes = leaves(5);
  const Digest root = merkle_root(hashes);
  std::swap(hashes[1], hashes[3]);
  EXPECT_NE(merkle_root(hashes), root);
  EXPECT_NE(merkle_root(leaves(4)), root);
  auto doubled = leaves(5);
  doubled.push_back(doubled.back());
  EXPECT_NE(merkle_root(doubled), root);
}

}  // namespace
}  // namespace assay
