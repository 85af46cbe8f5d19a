// Runs a program as a person would and keeps what it said.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace assay {

struct Ended {
  int exit_code = -1;  ///< 128 + signal if one ended it.
  std::string out, err;
};

inline std::string whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder that is gone after the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;  // a leftover folder is no reason to fail a test
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Starts `arguments` (program first) with standard output and error in files below `scratch`.
inline pid_t start_program(const std::vector<std::string>& arguments,
                           const ScratchFolder& scratch) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  const std::string out = scratch.file("stdout");
  const std::string err = scratch.file("stderr");
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int out_file = open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    const int err_file = open(err.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    dup2(null, STDIN_FILENO);
    dup2(out_file, STDOUT_FILENO);
    dup2(err_file, STDERR_FILENO);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  return child;
}

inline Ended wait_for(pid_t child, const ScratchFolder& scratch) {
  int status = 0;
  waitpid(child, &status, 0);
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = whole_file(scratch.file("stdout")),
          .err = whole_file(scratch.file("stderr"))};
}

inline Ended run_program(const std::vector<std::string>& arguments) {
  const ScratchFolder scratch;
  return wait_for(start_program(arguments, scratch), scratch);
}

inline Ended assay_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ASSAY_PROGRAM);
  return run_program(arguments);
}

}  // namespace assay
