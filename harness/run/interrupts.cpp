#include "harness/run/interrupts.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace assay {

struct Interrupts::Mask {
  sigset_t signals;
};

namespace {

/// As under nohup, or for what a shell without job control starts with "&".
bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

Interrupts::Interrupts(std::unique_ptr<Mask> before) : before_(std::move(before)) {}

Result<std::unique_ptr<Interrupts>> Interrupts::watch() {
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) {  // blocked, it would wait like any other
      ::sigaddset(&watched, signal);
    }
  }
  auto before = std::make_unique<Mask>();
  if (const int number = ::pthread_sigmask(SIG_BLOCK, &watched, &before->signals); number != 0) {
    return Error{Error::Code::io,
                 "can't wait for signals: " + std::generic_category().message(number)};
  }
  std::unique_ptr<Interrupts> interrupts(new Interrupts(std::move(before)));
  interrupts->descriptor_ = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (interrupts->descriptor_ < 0) {
    return Error{Error::Code::io,
                 "can't wait for signals: " + std::generic_category().message(errno)};
  }
  return interrupts;
}

Interrupts::~Interrupts() {
  while (!take().empty()) {
  }
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  ::pthread_sigmask(SIG_SETMASK, &before_->signals, nullptr);
}

bool Interrupts::waiting() const {
  pollfd poll_descriptor{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&poll_descriptor, 1, 0) > 0;
}

std::string Interrupts::take() const {
  signalfd_siginfo info{};
  if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return "";
  }
  const char* name = ::sigabbrev_np(static_cast<int>(info.ssi_signo));
  return std::string("SIG") + (name == nullptr ? "?" : name);
}

}  // namespace assay
