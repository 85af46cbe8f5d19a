#include "reports/node_statement.h"

#include <limits>
#include <map>

#include "reports/digest.h"
#include "reports/journal.h"
#include "reports/members.h"
#include "reports/node_name.h"

namespace assay {
namespace {

constexpr std::string_view k_schema = "assay.node/1";

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

Json json_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

std::string digest_member(Members& members, std::string_view name) {
  std::string text = members.text(name);
  if (!digest_from_hex(text)) {
    members.fail(name, "must be a SHA-256 in lower-case hex");
  }
  return text;
}

Result<std::vector<BlobEntry>> read_blobs(const Json& list) {
  std::vector<BlobEntry> blobs;
  for (const Json& each : *list.array()) {
    Members members(each, "blobs[" + std::to_string(blobs.size()) + "]");
    BlobEntry blob;
    blob.sha256 = digest_member(members, "sha256");
    blob.bytes = static_cast<std::uint64_t>(members.whole("bytes"));
    if (!blobs.empty() && blob.sha256 <= blobs.back().sha256) {
      members.fail("sha256", "is not in order");
    }
    if (const Result<Done> done = members.done(); !done) {
      return done.error();
    }
    blobs.push_back(std::move(blob));
  }
  return blobs;
}

/// The blob that an `end` line names, if it does. The line is checked elsewhere.
void collect_blob(const Json& line, std::map<std::string, std::uint64_t>& blobs) {
  const Json* blocks = line.find("blocks");
  const Json* digest = blocks != nullptr ? blocks->find("sha256") : nullptr;
  const Json* bytes = blocks != nullptr ? blocks->find("bytes") : nullptr;
  if (digest != nullptr && digest->text() != nullptr && bytes != nullptr &&
      bytes->whole() != nullptr && *bytes->whole() >= 0) {
    blobs.emplace(*digest->text(), static_cast<std::uint64_t>(*bytes->whole()));
  }
}

Result<Done> compare_blobs(const std::vector<BlobEntry>& is_signed,
                           const std::vector<BlobEntry>& is_there) {
  for (std::size_t i = 0; i < is_signed.size() || i < is_there.size(); ++i) {
    const bool only_there =
        i >= is_signed.size() || (i < is_there.size() && is_there[i].sha256 < is_signed[i].sha256);
    if (only_there) {
      return bad("the journal names " + blob_name(is_there[i].sha256) + ", which isn't signed");
    }
    if (i >= is_there.size() || is_there[i].sha256 != is_signed[i].sha256) {
      return bad(blob_name(is_signed[i].sha256) + " is signed, but the journal doesn't name it");
    }
    if (is_there[i].bytes != is_signed[i].bytes) {
      return bad(blob_name(is_there[i].sha256) + " has another size in the journal than is signed");
    }
  }
  return Done{};
}

}  // namespace

std::string write_node_statement(const NodeStatement& statement) {
  Json::Array blobs;
  for (const BlobEntry& blob : statement.blobs) {
    blobs.emplace_back(Json::Object{{"bytes", json_of(blob.bytes)}, {"sha256", blob.sha256}});
  }
  const Json::Object journal{{"bytes", json_of(statement.journal_bytes)},
                             {"lines", json_of(statement.journal_lines)},
                             {"sha256", statement.journal_sha256}};
  return canonical_json(Json::Object{{"blobs", std::move(blobs)},
                                     {"journal", journal},
                                     {"node", statement.node},
                                     {"schema", k_schema},
                                     {"session", statement.session_sha256}});
}

Result<NodeStatement> read_node_statement(std::string_view payload) {
  const Result<Json> document = read_canonical_json(payload);
  if (!document) {
    return document.error();
  }
  Members members(*document, "");
  NodeStatement statement;
  if (members.text("schema") != k_schema) {
    members.fail("schema", "must be " + std::string(k_schema));
  }
  statement.session_sha256 = digest_member(members, "session");
  const std::int64_t node = members.whole("node");
  if (node > std::numeric_limits<std::uint32_t>::max()) {
    members.fail("node", "is too large");
  }
  statement.node = static_cast<std::uint32_t>(node);
  const Json* journal = members.object("journal");
  const Json* blobs = members.array("blobs");
  if (const Result<Done> done = members.done(); !done) {
    return done.error();
  }
  Members inner(*journal, "journal");
  statement.journal_sha256 = digest_member(inner, "sha256");
  statement.journal_bytes = static_cast<std::uint64_t>(inner.whole("bytes"));
  statement.journal_lines = static_cast<std::uint64_t>(inner.whole("lines"));
  if (const Result<Done> done = inner.done(); !done) {
    return done.error();
  }
  Result<std::vector<BlobEntry>> list = read_blobs(*blobs);
  if (!list) {
    return list.error();
  }
  statement.blobs = *std::move(list);
  return statement;
}

Result<NodeStatement> statement_of(std::string_view journal, const std::string& session_sha256,
                                   std::uint32_t node) {
  std::map<std::string, std::uint64_t> blobs;
  const Result<JournalHead> head =
      read_journal(journal_name(node), journal, [&blobs](const Json& line) -> Result<Done> {
        collect_blob(line, blobs);
        return Done{};
      });
  if (!head) {
    return head.error();
  }
  NodeStatement statement{.session_sha256 = session_sha256,
                          .node = node,
                          .journal_sha256 = hex(sha256(journal)),
                          .journal_bytes = journal.size(),
                          .journal_lines = head->lines,
                          .blobs = {}};
  for (const auto& [digest, bytes] : blobs) {
    statement.blobs.push_back({.sha256 = digest, .bytes = bytes});
  }
  return statement;
}

Result<Done> compare_statements(const NodeStatement& is_signed, const NodeStatement& is_there) {
  if (is_signed.session_sha256 != is_there.session_sha256) {
    return bad("it was signed in another session");
  }
  if (is_signed.node != is_there.node) {
    return bad("it was signed by node " + std::to_string(is_signed.node));
  }
  if (is_signed.journal_sha256 != is_there.journal_sha256 ||
      is_signed.journal_bytes != is_there.journal_bytes ||
      is_signed.journal_lines != is_there.journal_lines) {
    return bad(journal_name(is_there.node) + " has " + std::to_string(is_there.journal_bytes) +
               " bytes and digest " + is_there.journal_sha256 + ", but " +
               std::to_string(is_signed.journal_bytes) + " bytes and digest " +
               is_signed.journal_sha256 + " are signed");
  }
  return compare_blobs(is_signed.blobs, is_there.blobs);
}

}  // namespace assay
