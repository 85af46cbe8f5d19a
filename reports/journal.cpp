#include "reports/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "reports/digest.h"

namespace assay {
namespace {

constexpr std::size_t k_longest_line = std::size_t{16} << 20;
constexpr std::string_view k_no_line =
    "0000000000000000000000000000000000000000000000000000000000000000";

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

Error io(std::string_view path, std::string_view what, int number) {
  return {Error::Code::io, std::string(path) + ": " + std::string(what) + ": " +
                               std::generic_category().message(number)};
}

/// The number of an attempt that a line begins, or 0.
std::uint64_t attempt_begun(const Json& line) {
  const Json* kind = line.find("kind");
  const Json* attempt = line.find("attempt");
  if (kind == nullptr || kind->text() == nullptr || *kind->text() != "begin" ||
      attempt == nullptr || attempt->whole() == nullptr || *attempt->whole() < 0) {
    return 0;
  }
  return static_cast<std::uint64_t>(*attempt->whole());
}

/// Form and place in the chain of one line.
Result<Json> read_line(std::string_view text, const JournalHead& before) {
  if (text.size() > k_longest_line) {
    return bad("the line is longer than 16 MiB");
  }
  Result<Json> line = read_canonical_json(text);
  if (!line) {
    return line;
  }
  const Json* kind = line->find("kind");
  const Json* seq = line->find("seq");
  const Json* prev = line->find("prev");
  if (kind == nullptr || kind->text() == nullptr) {
    return bad("the line has no kind");
  }
  if (seq == nullptr || seq->whole() == nullptr ||
      *seq->whole() != static_cast<std::int64_t>(before.lines)) {
    return bad("its seq is not " + std::to_string(before.lines) +
               ": a line is missing, moved or doubled");
  }
  if (prev == nullptr || prev->text() == nullptr || *prev->text() != before.sha256) {
    return bad("its prev is not the digest of the line before: a line was changed");
  }
  return line;
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Makes a new file's name as lasting as its bytes.
Result<Done> sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) {
    return io(folder, "the folder can't be synced", errno);
  }
  return Done{};
}

Result<std::unique_ptr<File>> open_and_lock(const std::string& path) {
  constexpr int k_flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int descriptor = ::open(path.c_str(), k_flags | O_CREAT | O_EXCL, 0644);
  const bool is_new = descriptor >= 0;
  if (!is_new && errno == EEXIST) {
    descriptor = ::open(path.c_str(), k_flags);
  }
  if (descriptor < 0) {
    return io(path, "can't be opened", errno);
  }
  auto file = std::make_unique<File>(descriptor);
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return bad(path + " is no regular file");
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return io(path, "another process writes this journal", errno);
  }
  if (is_new) {
    if (const Result<Done> synced = sync_folder_of(path); !synced) {
      return synced.error();
    }
  }
  return file;
}

Result<std::string> read_all(const File& file, const std::string& path) {
  std::string bytes;
  std::string piece(std::size_t{1} << 20, '\0');
  while (true) {
    const ssize_t got =
        ::pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(bytes.size()));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return io(path, "can't be read", errno);
    }
    if (got == 0) {
      return bytes;
    }
    bytes.append(piece, 0, static_cast<std::size_t>(got));
  }
}

/// Whether the first line is the one of this session and node.
Result<Done> check_open_line(const Json& line, const std::string& session, std::uint32_t node) {
  const Json* kind = line.find("kind");
  if (kind->text() == nullptr || *kind->text() != "open") {
    return bad("the first line is no 'open'");
  }
  const Json* of_session = line.find("session");
  if (of_session == nullptr || of_session->text() == nullptr || *of_session->text() != session) {
    return bad("the journal belongs to another session");
  }
  const Json* of_node = line.find("node");
  if (of_node == nullptr || of_node->whole() == nullptr || *of_node->whole() != node) {
    return bad("the journal belongs to another node");
  }
  return Done{};
}

/// 0, or the error number. Of a short write the rest is tried, since that says why.
int write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written == 0 || (written < 0 && errno != EINTR)) {
      return written == 0 ? ENOSPC : errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return 0;
}

}  // namespace

struct JournalWriter::State {
  std::string path;
  std::unique_ptr<File> file;
  std::size_t largest = 0;
  JournalHead head{.lines = 0, .sha256 = std::string(k_no_line)};
  off_t end = 0;  ///< Where the last whole line ends.
  std::uint64_t begun = 0;
  std::vector<Json> found;
  std::uint64_t dropped = 0;
  std::optional<Json::Object> drop_to_say;  ///< Until there is a first line for it to follow.
  bool broken = false;                      ///< The file could not be brought back to `end`.

  Result<Done> take(std::string_view bytes, const std::string& session, std::uint32_t node);
  Result<Done> cut(std::string_view torn);
  Result<Done> write_line(std::string_view kind, Json::Object members);
  Result<Done> put(const std::string& bytes);
};

/// Goes through the whole lines that were there.
Result<Done> JournalWriter::State::take(std::string_view bytes, const std::string& session,
                                        std::uint32_t node) {
  const auto keep = [this, &session, node](const Json& line) -> Result<Done> {
    if (found.empty()) {
      if (Result<Done> checked = check_open_line(line, session, node); !checked) {
        return checked;
      }
    }
    begun = std::max(begun, attempt_begun(line));
    found.push_back(line);
    return Done{};
  };
  Result<JournalHead> read = read_journal(path, bytes, keep);
  if (!read) {
    return read.error();
  }
  head = *std::move(read);
  end = static_cast<off_t>(bytes.size());
  return Done{};
}

/// Cuts off the torn last line and remembers to say so.
Result<Done> JournalWriter::State::cut(std::string_view torn) {
  if (torn.empty()) {
    return Done{};
  }
  if (::ftruncate(file->get(), end) != 0 || ::fsync(file->get()) != 0) {
    return io(path, "its torn last line can't be cut off", errno);
  }
  dropped = torn.size();
  drop_to_say = Json::Object{{"bytes", static_cast<std::int64_t>(torn.size())},
                             {"sha256", hex(sha256(torn))}};
  return Done{};
}

Result<Done> JournalWriter::State::write_line(std::string_view kind, Json::Object members) {
  for (const auto& [name, value] : members) {
    if (name == "kind" || name == "seq" || name == "prev") {
      return bad(path + ": a line's '" + name + "' is set by the journal itself");
    }
  }
  members.emplace_back("kind", kind);
  members.emplace_back("seq", static_cast<std::int64_t>(head.lines));
  members.emplace_back("prev", head.sha256);
  const Json line(std::move(members));
  std::string text = canonical_json(line);
  if (text.size() > k_longest_line) {
    return bad(path + ": a line is longer than 16 MiB");
  }
  std::string digest = hex(sha256(text));
  text.push_back('\n');
  if (Result<Done> put_it = put(text); !put_it) {
    return put_it;
  }
  end += static_cast<off_t>(text.size());
  head = {.lines = head.lines + 1, .sha256 = std::move(digest)};
  begun = std::max(begun, attempt_begun(line));
  return Done{};
}

/// Written and synced; if either fails, the file is as it was or the journal is closed.
Result<Done> JournalWriter::State::put(const std::string& bytes) {
  if (broken) {
    return Error{Error::Code::io, path + ": can't be written since an earlier write failed"};
  }
  if (static_cast<std::size_t>(end) + bytes.size() > largest) {
    return Error{Error::Code::io,
                 path + ": a line can't be written: the journal would be larger than " +
                     std::to_string(largest) + " bytes"};
  }
  int number = write_whole(file->get(), bytes);
  if (number == 0) {
    if (::fsync(file->get()) == 0) {
      return Done{};
    }
    number = errno;
    broken = true;  // what the disk holds after a failed fsync is unknown
  }
  if (::ftruncate(file->get(), end) != 0 || ::fsync(file->get()) != 0) {
    broken = true;
  }
  return io(path, "a line can't be written", number);
}

JournalWriter::JournalWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
JournalWriter::~JournalWriter() = default;

Result<std::unique_ptr<JournalWriter>> JournalWriter::open(const std::string& path,
                                                           const std::string& session_sha256,
                                                           std::uint32_t node,
                                                           std::size_t largest) {
  Result<std::unique_ptr<File>> file = open_and_lock(path);
  if (!file) {
    return file.error();
  }
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = *std::move(file);
  state->largest = largest;
  const Result<std::string> bytes = read_all(*state->file, path);
  if (!bytes) {
    return bytes.error();
  }
  const std::size_t whole = bytes->rfind('\n') + 1;  // npos + 1 is 0
  const std::string_view text = *bytes;
  if (const Result<Done> taken = state->take(text.substr(0, whole), session_sha256, node); !taken) {
    return taken.error();
  }
  if (const Result<Done> was_cut = state->cut(text.substr(whole)); !was_cut) {
    return was_cut.error();
  }
  if (state->drop_to_say && state->head.lines > 0) {
    const Result<Done> said = state->write_line("drop", *std::move(state->drop_to_say));
    if (!said) {
      return said.error();
    }
    state->drop_to_say.reset();
  }
  return std::unique_ptr<JournalWriter>(new JournalWriter(std::move(state)));
}

Result<Done> JournalWriter::append(std::string_view kind, Json::Object members) {
  if (Result<Done> written = state_->write_line(kind, std::move(members)); !written) {
    return written;
  }
  if (state_->drop_to_say) {
    Json::Object drop = *std::move(state_->drop_to_say);
    state_->drop_to_say.reset();
    return state_->write_line("drop", std::move(drop));
  }
  return Done{};
}

std::uint64_t JournalWriter::next_attempt() const {
  return state_->begun + 1;
}
const std::vector<Json>& JournalWriter::found() const {
  return state_->found;
}
std::uint64_t JournalWriter::dropped_bytes() const {
  return state_->dropped;
}

Result<JournalHead> read_journal(std::string_view name, std::string_view bytes,
                                 const std::function<Result<Done>(const Json& line)>& line) {
  JournalHead head{.lines = 0, .sha256 = std::string(k_no_line)};
  while (!bytes.empty()) {
    const std::string place = std::string(name) + ":" + std::to_string(head.lines + 1) + ": ";
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      return bad(place + "the last line is torn");
    }
    const std::string_view text = bytes.substr(0, end);
    const Result<Json> read = read_line(text, head);
    if (!read) {
      return bad(place + read.error().message);
    }
    if (const Result<Done> taken = line(*read); !taken) {
      return Error{taken.error().code, place + taken.error().message};
    }
    head = {.lines = head.lines + 1, .sha256 = hex(sha256(text))};
    bytes.remove_prefix(end + 1);
  }
  return head;
}

}  // namespace assay
