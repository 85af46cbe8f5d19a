#include "reports/node_signature.h"

#include <sys/stat.h>

#include "reports/digest.h"
#include "reports/files.h"
#include "reports/node_name.h"
#include "reports/sizes.h"

namespace assay {
namespace {

/// A node doesn't sign what isn't there.
Result<Done> check_blobs(const CampaignPaths& paths, const NodeStatement& statement) {
  for (const BlobEntry& blob : statement.blobs) {
    struct stat facts {};
    if (::lstat(paths.blob(blob.sha256).c_str(), &facts) != 0 || !S_ISREG(facts.st_mode) ||
        facts.st_size < 0 || static_cast<std::uint64_t>(facts.st_size) != blob.bytes) {
      return Error{Error::Code::bad_input, blob_name(blob.sha256) + " is missing or has not " +
                                               std::to_string(blob.bytes) + " bytes"};
    }
  }
  return Done{};
}

}  // namespace

Result<Done> sign_node(const CampaignPaths& paths, const std::string& session_sha256,
                       std::uint32_t node, const PrivateKey& key) {
  const Result<std::string> journal = read_file(paths.journal(node), k_largest_journal);
  if (!journal) {
    return journal.error();
  }
  const Result<NodeStatement> statement = statement_of(*journal, session_sha256, node);
  if (!statement) {
    return statement.error();
  }
  if (Result<Done> checked = check_blobs(paths, *statement); !checked) {
    return checked;
  }
  const Result<std::string> jws = sign_compact(key, k_node_type, write_node_statement(*statement));
  if (!jws) {
    return jws.error();
  }
  if (Result<Done> made = make_folder(paths.folder + "/nodes"); !made) {
    return made;
  }
  return write_file(paths.node(node), *jws);
}

Result<NodeStatement> open_node_signature(std::string_view jws, const std::string& node_key) {
  const Result<Bytes> key = from_base64(node_key);
  if (!key) {
    return key.error();
  }
  const Result<std::string> payload = open_compact(*key, k_node_type, jws);
  if (!payload) {
    return payload.error();
  }
  return read_node_statement(*payload);
}

}  // namespace assay
