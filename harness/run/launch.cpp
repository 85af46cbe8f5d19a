#include "harness/run/launch.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include "harness/run/lines.h"
#include "harness/run/process.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;
constexpr int k_tick_ms = 200;
constexpr int k_exit_limit_ms = 10'000;
constexpr std::int64_t k_start_margin_ns = 500 * k_ms;  // for `go` to reach all workers
constexpr std::size_t k_longest_note = 400;
constexpr std::size_t k_kept_errors = 4096;
constexpr std::size_t k_longest_answer = std::size_t{1} << 30U;

/// Printable ASCII of one paragraph, the end of it: what a process said last is what matters.
std::string as_note(const std::string& text) {
  std::string note;
  for (const char letter : text) {
    const bool plain = letter > ' ' && letter <= '~';
    if (plain) {
      note += letter;
    } else if (!note.empty() && note.back() != ' ') {
      note += ' ';
    }
  }
  while (!note.empty() && note.back() == ' ') {
    note.pop_back();
  }
  return note.size() <= k_longest_note ? note : "..." + note.substr(note.size() - k_longest_note);
}

/// One worker from its start to its answer.
class Watched {
 public:
  Watched(const Job& job, ObjectDigests& digests) : job_(job), digests_(digests) {}

  void start(const LaunchPlan& plan, std::int64_t now) {
    auto process = Process::start(plan.command, plan.environment);
    if (!process) {
      fail(Ending::crashed, process.error().message);
      return;
    }
    process_ = std::move(*process);
    deadline_ns_ = now + plan.prepare_ns;
    // A worker that is already gone shows as the end of its output.
    static_cast<void>(write_line(process_->input(), write_job(job_)));
  }

  void go(const Go& go, std::int64_t deadline_ns) {
    deadline_ns_ = deadline_ns;
    launched_.start_utc_ns = go.start_utc_ns;
    static_cast<void>(write_line(process_->input(), write_go(go)));
  }

  [[nodiscard]] bool finished() const {
    return launched_.failed || launched_.measured || launched_.found || launched_.selftest ||
           launched_.repeated;
  }
  [[nodiscard]] bool ready() const { return launched_.ready.has_value(); }
  [[nodiscard]] const Job& job() const { return job_; }
  [[nodiscard]] int output() const { return process_->output(); }
  [[nodiscard]] int errors() const { return errors_open_ ? process_->errors() : -1; }
  [[nodiscard]] bool handed_over() const { return handed_over_; }
  Launched hand_over() {
    handed_over_ = true;
    return std::move(launched_);
  }

  void read_errors() {
    LineBuffer piece;
    while (piece.size() < k_kept_errors && piece.fill_from(process_->errors())) {
    }
    errors_open_ = piece.size() > 0;
    said_ += piece.rest();
    if (said_.size() > k_kept_errors) {
      said_.erase(0, said_.size() - k_kept_errors);
    }
  }

  void read_output() {
    const bool open = buffer_.fill_from(process_->output());
    while (auto line = finished() ? std::nullopt : buffer_.next()) {
      take(*line);
    }
    if (!finished() && buffer_.size() > k_longest_answer) {
      fail(Ending::crashed, "the worker's answer has no end");
    } else if (!finished() && !open) {
      const std::string how = process_->wait(k_exit_limit_ms);
      read_errors();
      const std::string said = as_note(said_);
      fail(Ending::crashed,
           "the worker " + how + " without a result" + (said.empty() ? "" : "; it said: " + said));
    }
  }

  void check_deadline(std::int64_t now) {
    if (!finished() && now >= deadline_ns_) {
      const std::string when = ready() ? "its window" : "its start";
      fail(Ending::hung, "the worker was killed at its deadline, after " + when);
    }
  }

  /// Lets a worker that has answered end by itself.
  void end() {
    if (process_ && finished() && !killed_) {
      static_cast<void>(process_->wait(k_exit_limit_ms));
    }
    process_.reset();
  }

 private:
  void take(const std::string& line) {
    auto answer = read_answer(line);
    if (!answer) {
      fail(Ending::crashed, as_note("the worker gave no answer: " + answer.error().message));
      return;
    }
    if (auto* failed = std::get_if<Failed>(&*answer)) {
      launched_.failed = Failed{.ending = failed->ending, .note = as_note(failed->note)};
    } else if (auto* ready_now = std::get_if<Ready>(&*answer)) {
      take_ready(std::move(*ready_now));
    } else if (!ready() || !is_asked_for(*answer)) {
      fail(Ending::crashed, "the worker answered what it was not asked");
    } else if (auto* measured = std::get_if<Measured>(&*answer)) {
      launched_.measured = std::move(*measured);
    } else if (auto* found = std::get_if<FoundFacts>(&*answer)) {
      launched_.found = std::move(found->facts);
    } else if (auto* repeated = std::get_if<Repeated>(&*answer)) {
      launched_.repeated = std::move(*repeated);
    } else {
      launched_.selftest = std::move(std::get<SelftestResult>(*answer));
    }
  }

  [[nodiscard]] bool is_asked_for(const Answer& answer) const {
    switch (job_.kind) {
      case Job::Kind::measure: return std::holds_alternative<Measured>(answer);
      case Job::Kind::find: return std::holds_alternative<FoundFacts>(answer);
      case Job::Kind::selftest: return std::holds_alternative<SelftestResult>(answer);
      case Job::Kind::repeat: return std::holds_alternative<Repeated>(answer);
    }
    return false;
  }

  void take_ready(Ready ready_now) {
    if (ready()) {
      fail(Ending::crashed, "the worker was ready twice");
      return;
    }
    auto objects = digests_.of(ready_now.files);
    if (!objects) {
      fail(Ending::foreign_environment, objects.error().message);
      return;
    }
    launched_.objects = std::move(*objects);
    launched_.ready = std::move(ready_now);
  }

  void fail(Ending ending, std::string note) {
    launched_.failed = Failed{.ending = ending, .note = std::move(note)};
    killed_ = true;
    if (process_) {
      process_->kill();
    }
  }

  const Job& job_;
  ObjectDigests& digests_;
  std::unique_ptr<Process> process_;
  LineBuffer buffer_;
  std::string said_;
  Launched launched_;
  std::int64_t deadline_ns_ = 0;
  bool errors_open_ = true;
  bool killed_ = false;
  bool handed_over_ = false;
};

class Group {
 public:
  Group(const LaunchPlan& plan, const std::vector<Job>& jobs, ObjectDigests& digests)
      : plan_(plan) {
    for (const Job& job : jobs) {
      workers_.push_back(std::make_unique<Watched>(job, digests));
    }
  }

  /// False if interrupted.
  bool run(const LaunchWatch& watch) {
    for (const auto& worker : workers_) {
      worker->start(plan_, now());
    }
    while (hand_over(watch)) {
      if (!started_ && all_of([](const Watched& w) { return w.ready() || w.finished(); })) {
        start_windows();
      }
      if (!wait_for_news()) {
        return false;
      }
      for (const auto& worker : workers_) {
        worker->check_deadline(now());
      }
      if (watch.tick) {
        watch.tick();
      }
    }
    for (const auto& worker : workers_) {
      worker->end();
    }
    return true;
  }

 private:
  static std::int64_t now() { return system_clock().now_ns(); }

  template <class Test>
  [[nodiscard]] bool all_of(const Test& test) const {
    return std::all_of(workers_.begin(), workers_.end(),
                       [&test](const auto& worker) { return test(*worker); });
  }

  /// Gives finished jobs to the caller. False if all are.
  bool hand_over(const LaunchWatch& watch) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i]->finished() && !workers_[i]->handed_over()) {
        watch.done(i, workers_[i]->hand_over());
      }
    }
    return !all_of([](const Watched& worker) { return worker.handed_over(); });
  }

  void start_windows() {
    started_ = true;
    std::int64_t soak = 0;
    for (const auto& worker : workers_) {
      soak = std::max(soak, worker->job().window.soak_ns);
    }
    const bool common = workers_.size() > 1;
    const std::int64_t margin = common ? soak + k_start_margin_ns : 0;
    const Go go{.start_utc_ns = common ? system_clock().utc_ns() + margin : 0};
    for (const auto& worker : workers_) {
      if (worker->ready() && !worker->finished()) {
        worker->go(go, now() + time_for(worker->job().window, margin));
      }
    }
  }

  /// What has no window of its own, as the self-test, tries again on a busy machine until it could
  /// tell: it gets the time of a preparation.
  [[nodiscard]] std::int64_t time_for(const WindowPlan& window, std::int64_t margin) const {
    return window.window_ns == 0
               ? std::max(plan_.prepare_ns, plan_.grace_ns)
               : std::max(margin, window.soak_ns) + window.window_ns + plan_.grace_ns;
  }

  /// False if interrupted.
  bool wait_for_news() {
    std::vector<pollfd> descriptors{{.fd = plan_.interrupt_fd, .events = POLLIN, .revents = 0}};
    std::vector<Watched*> sources;
    for (const auto& worker : workers_) {
      if (!worker->finished()) {
        descriptors.push_back({.fd = worker->output(), .events = POLLIN, .revents = 0});
        descriptors.push_back({.fd = worker->errors(), .events = POLLIN, .revents = 0});
        sources.push_back(worker.get());
      }
    }
    if (sources.empty()) {
      return true;
    }
    if (::poll(descriptors.data(), descriptors.size(), k_tick_ms) <= 0) {
      return true;  // a tick, or a signal that is not ours
    }
    if (descriptors[0].revents != 0) {
      return false;
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (descriptors[1 + 2 * i + 1].revents != 0) {
        sources[i]->read_errors();
      }
      if (descriptors[1 + 2 * i].revents != 0) {
        sources[i]->read_output();
      }
    }
    return true;
  }

  const LaunchPlan& plan_;
  std::vector<std::unique_ptr<Watched>> workers_;
  bool started_ = false;
};

/// A worker that dies while it is written to must not end the controller.
class WithoutBrokenPipes {
 public:
  WithoutBrokenPipes() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  WithoutBrokenPipes(const WithoutBrokenPipes&) = delete;
  WithoutBrokenPipes& operator=(const WithoutBrokenPipes&) = delete;
  ~WithoutBrokenPipes() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace

bool launch(const LaunchPlan& plan, const std::vector<Job>& jobs, ObjectDigests& digests,
            const LaunchWatch& watch) {
  const WithoutBrokenPipes quiet;
  return Group(plan, jobs, digests).run(watch);
}

}  // namespace assay
