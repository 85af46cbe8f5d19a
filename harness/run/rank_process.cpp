#include "harness/run/rank_process.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace assay {
namespace {

std::string below_proc(std::int32_t process, const char* name) {
  return "/proc/" + std::to_string(process) + "/" + name;
}

}  // namespace

std::int32_t process_behind(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

char state_of(std::int32_t process) {
  std::ifstream file(below_proc(process, "stat"));
  const std::string line((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? '?' : line[name_end + 2];
}

bool runs(std::int32_t process, const std::string& file) {
  struct stat running {};
  struct stat expected {};
  return process > 0 && ::stat(below_proc(process, "exe").c_str(), &running) == 0 &&
         ::stat(file.c_str(), &expected) == 0 && running.st_dev == expected.st_dev &&
         running.st_ino == expected.st_ino;
}

}  // namespace assay
