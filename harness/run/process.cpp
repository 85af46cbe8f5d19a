#include "harness/run/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace assay {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;
};

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) {
    ::close(std::exchange(descriptor, -1));
  }
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{Error::Code::io, "can't make a pipe: " + std::generic_category().message(errno)};
  }
  return Pipe{.read = ends[0], .write = ends[1]};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

struct Child {
  std::array<int, 3> streams{};
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  pid_t parent = 0;
};

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(const Child& child) {
  constexpr int k_cannot_execute = 127;
  ::setpgid(0, 0);  // an interrupt from the terminal is the controller's to handle
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != child.parent) {
    ::_exit(k_cannot_execute);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);  // NOLINT(cert-err33-c): the controller's own business
  for (int stream = 0; stream < 3; ++stream) {
    if (::dup2(child.streams.at(static_cast<std::size_t>(stream)), stream) < 0) {
      ::_exit(k_cannot_execute);
    }
  }
  ::execve(child.arguments[0], child.arguments, child.environment);
  ::_exit(k_cannot_execute);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* name = ::sigabbrev_np(signal);
    return std::string("was ended by SIG") + (name == nullptr ? "?" : name);
  }
  constexpr int k_cannot_execute = 127;
  const int code = WEXITSTATUS(status);
  return code == k_cannot_execute ? std::string("could not be started")
                                  : "exited with status " + std::to_string(code);
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const std::vector<std::string>& command,
                                                const Environment& environment) {
  std::vector<std::string> arguments(command);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) {
    variables.push_back(std::string(name).append("=").append(value));
  }
  const auto argument_pointers = pointers_to(arguments);
  const auto variable_pointers = pointers_to(variables);
  std::array<Pipe, 3> pipes{};
  for (Pipe& pipe : pipes) {
    auto made = make_pipe();
    if (!made) {
      for (Pipe& other : pipes) {
        close_descriptor(other.read);
        close_descriptor(other.write);
      }
      return made.error();
    }
    pipe = *made;
  }
  const Child child{.streams = {pipes[0].read, pipes[1].write, pipes[2].write},
                    .arguments = argument_pointers.data(),
                    .environment = variable_pointers.data(),
                    .parent = ::getpid()};
  const pid_t pid = ::fork();
  const int number = errno;
  if (pid == 0) {
    become(child);
  }
  close_descriptor(pipes[0].read);
  close_descriptor(pipes[1].write);
  close_descriptor(pipes[2].write);
  std::unique_ptr<Process> process(new Process());
  process->pid_ = pid;
  process->input_ = pipes[0].write;
  process->output_ = pipes[1].read;
  process->errors_ = pipes[2].read;
  if (pid < 0) {
    return Error{Error::Code::io,
                 "can't start a worker: " + std::generic_category().message(number)};
  }
  ::fcntl(process->errors_, F_SETFL, O_NONBLOCK);
  return process;
}

Process::~Process() {
  close_descriptor(input_);
  kill();
  static_cast<void>(wait(-1));
  close_descriptor(output_);
  close_descriptor(errors_);
}

void Process::kill() const {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
  }
}

bool Process::has_ended() const {
  siginfo_t facts{};
  return pid_ <= 0 ||
         (::waitid(P_PID, static_cast<id_t>(pid_), &facts, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          facts.si_pid == pid_);
}

std::string Process::wait(int limit_ms) {
  if (pid_ <= 0) {
    return "was never started";
  }
  if (limit_ms >= 0) {
    // A descriptor of the process becomes readable at its end (pidfd_open(2), Linux 5.3).
    int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
    if (handle < 0 || ::poll(&ended, 1, limit_ms) <= 0) {
      kill();
    }
    close_descriptor(handle);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return how_it_ended(status);
}

}  // namespace assay
