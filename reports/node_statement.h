// nodes/<n>.jws: the node's signature over its journal and blobs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"

namespace assay {

struct BlobEntry {
  std::string sha256;
  std::uint64_t bytes = 0;

  friend auto operator<=>(const BlobEntry&, const BlobEntry&) = default;
};

/// The payload, schema assay.node/1.
struct NodeStatement {
  std::string session_sha256;
  std::uint32_t node = 0;
  std::string journal_sha256;
  std::uint64_t journal_bytes = 0, journal_lines = 0;
  std::vector<BlobEntry> blobs;  ///< Ordered by digest, each once.
};

[[nodiscard]] std::string write_node_statement(const NodeStatement& statement);
/// Fails with bad_input, naming the member.
[[nodiscard]] Result<NodeStatement> read_node_statement(std::string_view payload);

/// What a journal's bytes and the blobs it names amount to. Fails with bad_input if the journal's
/// chain is broken.
[[nodiscard]] Result<NodeStatement> statement_of(std::string_view journal,
                                                 const std::string& session_sha256,
                                                 std::uint32_t node);

/// Fails with bad_input, naming the first difference of what was signed from what is there.
[[nodiscard]] Result<Done> compare_statements(const NodeStatement& is_signed,
                                              const NodeStatement& is_there);

}  // namespace assay
