// Names of a node's files, relative to the campaign's folder, as they stand in messages.
#pragma once

#include <cstdint>
#include <string>

namespace assay {

[[nodiscard]] std::string journal_name(std::uint32_t node);      ///< "journal/00003.jsonl"
[[nodiscard]] std::string node_name(std::uint32_t node);         ///< "nodes/00003.jws"
[[nodiscard]] std::string blob_name(const std::string& sha256);  ///< "blobs/sha256/<hex>"

}  // namespace assay
