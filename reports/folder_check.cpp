#include "reports/folder_check.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "reports/node_name.h"
#include "reports/shown.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_most_strays = 20;

/// Nothing stands here that isn't checked: what else looks official is named as a stray.
constexpr std::array<std::string_view, 4> k_known = {"contract.json", "session.json", "report.json",
                                                     "report.sig.json"};
constexpr std::array<std::string_view, 3> k_folders = {"journal", "nodes", "blobs"};

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Names of the files of a folder, in order; an error if it is none.
Result<std::vector<std::string>> names_in(const std::string& folder, const std::string& name) {
  std::error_code problem;
  const fs::path path = name.empty() ? fs::path(folder) : fs::path(folder) / name;
  const fs::file_status status =
      name.empty() ? fs::status(path, problem) : fs::symlink_status(path, problem);
  if (status.type() != fs::file_type::directory) {
    return bad((name.empty() ? folder : name) + " is no folder");
  }
  std::vector<std::string> names;
  for (fs::directory_iterator it(path, problem), end; !problem && it != end;
       it.increment(problem)) {
    names.push_back(it->path().filename().string());
  }
  if (problem) {
    return Error{Error::Code::io,
                 (name.empty() ? folder : name) + " can't be listed: " + problem.message()};
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_node_file(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() && name.ends_with(ending) &&
         name.find_first_not_of("0123456789") == name.size() - ending.size();
}

class Strays {
 public:
  void add(const std::string& name) {
    ++count_;
    if (sentences_.size() < k_most_strays) {
      sentences_.push_back(shown(name) + " is no part of the campaign");
    }
  }
  void say(std::string sentence) { sentences_.push_back(std::move(sentence)); }
  std::vector<std::string> take() {
    if (count_ > k_most_strays) {
      sentences_.push_back(std::to_string(count_ - k_most_strays) +
                           " more files are no part of the campaign");
    }
    return std::move(sentences_);
  }

 private:
  std::size_t count_ = 0;
  std::vector<std::string> sentences_;
};

/// One of journal/ and nodes/.
Result<Done> check_node_files(const std::string& folder, const std::string& sub,
                              const std::set<std::string>& expected, Strays& strays) {
  const auto names = names_in(folder, sub);
  if (!names) {
    return names.error();
  }
  const std::string_view ending = sub == "nodes" ? ".jws" : ".jsonl";
  for (const std::string& name : *names) {
    const std::string full = std::string(sub).append("/").append(name);
    if (expected.contains(full)) {
      continue;
    }
    if (is_node_file(name, ending)) {
      return bad(full + " belongs to a node that the session doesn't know");
    }
    strays.add(full);
  }
  return Done{};
}

Result<Done> check_blobs(const std::string& folder, const std::set<std::string>& blobs,
                         Strays& strays) {
  if (blobs.empty() && !fs::exists(fs::symlink_status(fs::path(folder) / "blobs"))) {
    return Done{};
  }
  const auto above = names_in(folder, "blobs");
  if (!above) {
    return above.error();
  }
  for (const std::string& name : *above) {
    if (name != "sha256") {
      strays.add("blobs/" + name);
    }
  }
  const auto names = names_in(folder, "blobs/sha256");
  if (!names) {
    return names.error();
  }
  for (const std::string& name : *names) {
    if (!blobs.contains(name)) {
      strays.add("blobs/sha256/" + name);
    }
  }
  return Done{};
}

}  // namespace

Result<std::vector<std::string>> strays_in(const std::string& folder, std::size_t nodes,
                                           const std::set<std::string>& blobs) {
  Strays strays;
  const auto names = names_in(folder, "");
  if (!names) {
    return names.error();
  }
  for (const std::string& name : *names) {
    if (name == "keys") {
      strays.say("keys/ still holds the secrets of the campaign: don't hand it over");
    } else if (!is_one_of(k_known, name) && !is_one_of(k_folders, name)) {
      strays.add(name);
    }
  }
  std::set<std::string> journals;
  std::set<std::string> signatures;
  for (std::size_t node = 0; node < nodes; ++node) {
    journals.insert(journal_name(static_cast<std::uint32_t>(node)));
    signatures.insert(node_name(static_cast<std::uint32_t>(node)));
  }
  for (const Result<Done>& checked : {check_node_files(folder, "journal", journals, strays),
                                      check_node_files(folder, "nodes", signatures, strays),
                                      check_blobs(folder, blobs, strays)}) {
    if (!checked) {
      return checked.error();
    }
  }
  return strays.take();
}

}  // namespace assay
