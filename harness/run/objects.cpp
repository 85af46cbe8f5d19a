#include "harness/run/objects.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "reports/digest.h"

namespace assay {
namespace {

Result<std::string> digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Hasher hasher;
  std::vector<char> piece(std::size_t{1} << 20U);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    hasher.add(std::string_view(piece.data(), static_cast<std::size_t>(file.gcount())));
  }
  if (!file.eof()) {
    return Error{Error::Code::device, "a mapped object can't be read: " + path};
  }
  return hex(hasher.finish());
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::vector<MappedFile> executable_files(std::string_view maps) {
  std::vector<MappedFile> files;
  std::istringstream lines{std::string(maps)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string addresses;
    std::string rights;
    std::string offset;
    MappedFile file;
    fields >> addresses >> rights >> offset >> file.device >> file.inode >> std::ws;
    std::getline(fields, file.path);
    if (rights.find('x') != std::string::npos && !file.path.empty() && file.path[0] == '/') {
      files.push_back(std::move(file));
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

Result<std::vector<ObjectDigest>> ObjectDigests::of(const std::vector<MappedFile>& files) {
  std::vector<ObjectDigest> digests;
  for (const MappedFile& file : files) {
    struct stat facts {};
    if (::stat(file.path.c_str(), &facts) != 0 || std::to_string(facts.st_ino) != file.inode) {
      return Error{Error::Code::device,
                   "mapped object " + base_name(file.path) + " is no longer the file it was"};
    }
    std::ostringstream state;
    state << file.path << '\0' << facts.st_dev << ' ' << facts.st_ino << ' ' << facts.st_size << ' '
          << facts.st_mtim.tv_sec << '.' << facts.st_mtim.tv_nsec << ' ' << facts.st_ctim.tv_sec
          << '.' << facts.st_ctim.tv_nsec;
    auto known = known_.find(state.str());
    if (known == known_.end()) {
      auto digest = digest_of_file(file.path);
      if (!digest) {
        return digest.error();
      }
      known = known_.emplace(state.str(), *digest).first;
    }
    digests.push_back({.name = base_name(file.path), .sha256 = known->second});
  }
  std::sort(digests.begin(), digests.end());
  return digests;
}

Result<std::string> ObjectDigests::of_program() {
  return digest_of_file("/proc/self/exe");
}

}  // namespace assay
