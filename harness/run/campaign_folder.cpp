#include "harness/run/campaign_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "harness/model/roster.h"
#include "reports/files.h"
#include "reports/journal.h"
#include "reports/node_signature.h"
#include "reports/secrets.h"
#include "reports/sizes.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

Error refuse(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

bool exists(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

std::string keys_of(const std::string& folder) {
  return folder + "/keys";
}
std::string key_file(const std::string& folder, std::uint32_t node) {
  const std::string digits = std::to_string(node);
  const std::string zeros(digits.size() < 5 ? 5 - digits.size() : 0, '0');
  return keys_of(folder) + "/" + zeros + digits + ".pem";
}
std::string nonce_file(const FolderRequest& request) {
  return keys_of(request.folder) + "/nonce";
}

/// Whether every entry of the folder fits. An entry that can't be read is an `error`; the
/// iterator's own ++ would throw.
template <class Fits>
bool all_in(const std::filesystem::path& folder, const Fits& fits, std::error_code& error) {
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    if (!fits(*entry)) {
      return false;
    }
    entry.increment(error);
  }
  return !error;
}

/// What stands in a folder before its contract does: what a disk that was full, or a kill, left.
bool is_before_contract(const std::filesystem::path& path) {
  std::error_code error;
  const std::string name = path.filename().string();
  if (name.starts_with("contract.json.part")) {
    return true;
  }
  const auto is_lock = [](const auto& entry) { return entry.path().filename() == "lock"; };
  return name == "keys" &&
         std::filesystem::symlink_status(path, error).type() ==
             std::filesystem::file_type::directory &&
         all_in(path, is_lock, error);
}

/// Whether nothing was begun in it, or it isn't there.
Result<Done> check_unbegun(const std::string& folder) {
  std::error_code error;
  const auto fits = [](const auto& entry) { return is_before_contract(entry.path()); };
  if (all_in(folder, fits, error)) {
    return Done{};
  }
  if (!error) {
    return refuse(folder + " is not empty");
  }
  if (error != std::errc::no_such_file_or_directory) {
    return Error{Error::Code::io, folder + ": " + error.message()};
  }
  const bool is_link = std::filesystem::is_symlink(folder, error);
  return is_link ? refuse(folder + " is a link to what is not there") : Result<Done>(Done{});
}

/// Whether the folder is one to begin in or, with `resume`, to go on with. Writes nothing.
Result<Done> check_place(const FolderRequest& request) {
  const CampaignPaths paths{request.folder};
  const bool begun = exists(paths.contract());
  if (!request.resume) {
    return begun ? refuse(request.folder +
                          " holds a campaign; go on with it (--resume) or choose "
                          "another folder")
                 : check_unbegun(request.folder);
  }
  if (!begun) {
    return refuse(request.folder + " holds no campaign to go on with");
  }
  const bool has_session = exists(paths.session());
  if (!has_session && exists(paths.journal(0))) {
    return refuse(paths.session() + " is missing, but attempts were begun: it can't be made anew");
  }
  if (const std::string key = key_file(request.folder, 0); has_session && !exists(key)) {
    return refuse(key + " is missing: a campaign goes on with the keys that it was begun with");
  }
  return Done{};
}

Result<Digest> read_nonce(const std::string& path) {
  auto secret = read_secret_file(path);
  if (!secret) {
    return secret.error();
  }
  std::string_view text = secret->text();
  while (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);
  }
  const auto link = digest_from_hex(text);
  return link ? link : Result<Digest>(refuse(path + " does not hold 64 lower-case hex digits"));
}

Result<Digest> draw_nonce(const std::string& path) {
  Digest link{};
  if (::getrandom(link.data(), link.size(), 0) != static_cast<ssize_t>(link.size())) {
    return Error{Error::Code::io, "the system gives no random bytes"};
  }
  if (auto written = write_secret_file(path, hex(link) + "\n"); !written) {
    return written.error();
  }
  return link;
}

Result<Done> make_key_folder(const FolderRequest& request) {
  if (auto made = make_folder(keys_of(request.folder)); !made) {
    return made;
  }
  if (::chmod(keys_of(request.folder).c_str(), S_IRWXU) != 0) {
    return Error{Error::Code::io,
                 keys_of(request.folder) + ": " + std::generic_category().message(errno)};
  }
  return Done{};
}

std::uint32_t nodes_of(const Contract& contract) {
  std::uint32_t nodes = 0;
  for (const InventoryLine& line : contract.inventory) {
    nodes += line.nodes;
  }
  return nodes;
}

/// A key for each node of the contract; those of other machines are handed to them.
Result<std::vector<PrivateKey>> make_keys(const FolderRequest& request) {
  std::vector<PrivateKey> keys;
  for (std::uint32_t node = 0; node < nodes_of(*request.contract); ++node) {
    const std::string path = key_file(request.folder, node);
    ::unlink(path.c_str());  // of an attempt that broke off before its session
    auto key = PrivateKey::generate();
    if (!key) {
      return key.error();
    }
    if (auto written = write_key_file(path, *key, Secret()); !written) {
      return written.error();
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

Session make_session(const FolderRequest& request, const Digest& last,
                     const std::vector<PrivateKey>& keys) {
  const std::string contract_sha256 = hex(sha256(request.contract_bytes));
  Session session;
  session.contract_sha256 = contract_sha256;
  session.plan_sha256 = request.plan_sha256;
  session.tool_sha256 = request.tool_sha256;
  session.created = time_of_day(request.now_utc_ns / k_ns_per_second);
  session.purpose = request.contract->purpose;
  session.nonce = {.anchor = nonce_link(last, request.nonce_links, 0),
                   .rounds = request.nonce_links};
  session.id = "s-" + hex(session.nonce.anchor).substr(0, 16);
  session.days = request.contract->days;
  for (const Item& item : roster_of(*request.contract)) {
    session.items.push_back(item.id);
  }
  for (std::uint32_t node = 0; node < keys.size(); ++node) {
    session.nodes.push_back({.node = node, .key = base64(keys[node].public_key())});
  }
  session.work_per_step = request.work_per_step;
  session.marks = request.marks;
  return session;
}

/// The session is written last: where it stands, the rest does.
Result<CampaignFolder> create(const FolderRequest& request, std::unique_ptr<FolderLock> lock) {
  CampaignPaths paths{request.folder};
  ::unlink(nonce_file(request).c_str());
  if (auto written = write_file(paths.contract(), request.contract_bytes); !written) {
    return written.error();
  }
  const auto last =
      request.nonce_file.empty() ? draw_nonce(nonce_file(request)) : read_nonce(request.nonce_file);
  if (!last) {
    return last.error();
  }
  auto keys = make_keys(request);
  if (!keys) {
    return keys.error();
  }
  Session session = make_session(request, *last, *keys);
  const std::string bytes = write_session(session);
  if (auto written = write_file(paths.session(), bytes); !written) {
    return written.error();
  }
  return CampaignFolder{.paths = std::move(paths),
                        .session = std::move(session),
                        .session_sha256 = hex(sha256(bytes)),
                        .last_link = *last,
                        .node_key = std::move(keys->at(0)),
                        .lock = std::move(lock)};
}

Result<Done> check_same(const FolderRequest& request, const Session& session) {
  const auto contract = read_file(CampaignPaths{request.folder}.contract(), k_largest_contract);
  if (!contract) {
    return contract.error();
  }
  if (*contract != request.contract_bytes ||
      session.contract_sha256 != hex(sha256(request.contract_bytes))) {
    return refuse(request.folder + " is a campaign under another contract");
  }
  if (session.plan_sha256 != request.plan_sha256) {
    return refuse(request.folder + " is a campaign under another plan");
  }
  if (session.tool_sha256 != request.tool_sha256) {
    return refuse(request.folder + " was begun with another build of this program; finish with it");
  }
  return Done{};
}

Result<CampaignFolder> reopen(const FolderRequest& request, std::unique_ptr<FolderLock> lock) {
  CampaignPaths paths{request.folder};
  const auto bytes = read_file(paths.session(), k_largest_session);
  if (!bytes) {
    return bytes.error();
  }
  auto session = read_session(*bytes);
  if (!session) {
    return refuse(paths.session() + ": " + session.error().message);
  }
  if (auto same = check_same(request, *session); !same) {
    return same.error();
  }
  const std::string link_path =
      request.nonce_file.empty() ? nonce_file(request) : request.nonce_file;
  if (!exists(link_path)) {
    return refuse(link_path + " is missing; give the nonce it was begun with (--nonce)");
  }
  const auto last = read_nonce(link_path);
  if (!last) {
    return last.error();
  }
  if (nonce_link(*last, session->nonce.rounds, 0) != session->nonce.anchor) {
    return refuse(link_path + " is not the nonce that the session was opened with");
  }
  auto key = read_key_file(key_file(request.folder, 0), Secret());
  if (!key) {
    return key.error();
  }
  if (session->nodes.empty() || session->nodes[0].key != base64(key->public_key())) {
    return refuse(key_file(request.folder, 0) + " is not the key that the session names");
  }
  return CampaignFolder{.paths = std::move(paths),
                        .session = std::move(*session),
                        .session_sha256 = hex(sha256(*bytes)),
                        .last_link = *last,
                        .node_key = std::move(*key),
                        .lock = std::move(lock)};
}

}  // namespace

Json::Object open_line(const CampaignFolder& folder, std::uint32_t node) {
  Json::Object line{{"node", node},
                    {"schema", "assay.run/1"},
                    {"session", folder.session_sha256},
                    {"tool", folder.session.tool_sha256}};
  const auto& marks = folder.session.marks;
  if (!marks.empty()) {
    line.emplace_back("marks", Json::Array(marks.begin(), marks.end()));
  }
  return line;
}

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/keys/lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return Error{Error::Code::io, path + ": " + std::generic_category().message(errno)};
  }
  std::unique_ptr<FolderLock> lock(new FolderLock(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return refuse(folder + " is in use by another controller");
  }
  return lock;
}

FolderLock::~FolderLock() {
  ::close(descriptor_);
}

Result<CampaignFolder> open_campaign_folder(const FolderRequest& request) {
  if (auto fit = check_place(request); !fit) {
    return fit.error();
  }
  if (!request.nonce_file.empty()) {
    if (const auto last = read_nonce(request.nonce_file); !last) {
      return last.error();  // before a folder is made that only --resume could go on with
    }
  }
  if (auto made = make_folder(request.folder); !made) {
    return made.error();
  }
  if (auto made = make_key_folder(request); !made) {
    return made.error();
  }
  auto lock = FolderLock::take(request.folder);
  if (!lock) {
    return lock.error();
  }
  if (auto fit = check_place(request); !fit) {  // another controller may have been faster
    return fit.error();
  }
  const bool there = request.resume && exists(CampaignPaths{request.folder}.session());
  return there ? reopen(request, std::move(*lock)) : create(request, std::move(*lock));
}

Result<Done> sign_absent_nodes(const CampaignFolder& folder, std::uint32_t own) {
  for (const SessionNode& node : folder.session.nodes) {
    if (node.node == own || exists(folder.paths.node(node.node))) {
      continue;
    }
    auto key = read_key_file(key_file(folder.paths.folder, node.node), Secret());
    if (!key) {
      return key.error();
    }
    const std::string path = folder.paths.journal(node.node);
    auto journal = JournalWriter::open(path, folder.session_sha256, node.node);
    if (!journal) {
      return journal.error();
    }
    const bool opened = !(*journal)->found().empty();
    if (auto written = opened ? Result<Done>(Done{})
                              : (*journal)->append("open", open_line(folder, node.node));
        !written) {
      return written;
    }
    if (auto written = sign_node(folder.paths, folder.session_sha256, node.node, *key); !written) {
      return written;
    }
  }
  return Done{};
}

}  // namespace assay
