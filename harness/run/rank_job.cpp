#include "harness/run/rank_job.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "harness/run/clock.h"
#include "harness/run/lines.h"
#include "harness/run/mapped_program.h"
#include "harness/run/mpirun_command.h"
#include "harness/run/rank_launcher.h"
#include "harness/run/rank_process.h"
#include "kernels/host/cpu.h"
#include "kernels/module.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;
constexpr int k_tick_ms = 100;
constexpr int k_last_words_ms = 300;
constexpr int k_exit_limit_ms = 3'000;
constexpr std::size_t k_kept = 4096;

std::int64_t now_ns() {
  return system_clock().now_ns();
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return (names.size() == 1 ? "rank " : "ranks ") + text;
}

}  // namespace

/// The socket of one rank and what came over it.
struct RankJob::Line {
  explicit Line(int the_socket) : socket(the_socket) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { ::close(socket); }

  void read() {
    open = open && buffer.fill_from(socket);
    while (auto line = buffer.next()) {
      auto record = read_rank_record(*line);
      if (!record) {
        open = false;
      } else if (record->kind == RankRecord::Kind::alive) {
        goes_on = true;
      } else if (record->kind == RankRecord::Kind::ended) {
        told_to_end = true;
      } else {
        answer = std::move(*record);
      }
    }
  }

  int socket;
  LineBuffer buffer;
  std::optional<RankRecord> answer;
  std::int32_t process = 0;
  bool open = true;
  bool told_to_end = false;
  bool goes_on = false;  // was heard since this was last looked at
};

Result<Done> RankJob::can_start(const RankLaunch& launch) {
  if (!launch.backend.empty()) {
    return Done{};  // its backend knows what is missing
  }
  if (launch.launcher.empty()) {
    return Error{Error::Code::unsupported,
                 "there is no mpirun here, which starts the ranks of a collective (in Debian: "
                 "openmpi-bin); `assay run --launcher` names another"};
  }
  const std::string fault = launcher_fault(launcher_from(launch.launcher), own_environment());
  if (!fault.empty()) {
    return Error{Error::Code::unsupported, fault};
  }
  const auto module = find_module("mpi", ModuleChoice::from(launch.module));
  return module ? Result<Done>(Done{}) : Result<Done>(module.error());
}

Result<Done> RankJob::can_hold(const RankLaunch& launch, std::uint32_t ranks,
                               Natural bytes_of_each) {
  if (auto there = can_start(launch); !there) {
    return there;
  }
  const Natural needed = bytes_of_each * ranks;
  const std::uint64_t available = available_memory_bytes();
  if (needed > available) {
    return Error{Error::Code::unsupported, "its " + std::to_string(ranks) + " ranks need " +
                                               to_decimal(needed >> 20U) + " MiB, and " +
                                               std::to_string(available >> 20U) +
                                               " MiB of memory are available"};
  }
  return Done{};
}

Result<std::unique_ptr<RankJob>> RankJob::start(const RankLaunch& launch, const RankWork& work,
                                                const Seed& seed) {
  if (auto able = can_start(launch); !able) {
    return able.error();
  }
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): a rank that is gone shows as such
  std::unique_ptr<RankJob> job(new RankJob());
  job->limit_ns_ = launch.start_limit_ns;
  const std::int64_t deadline_ns = now_ns() + launch.start_limit_ns;
  if (auto launched = job->listen_and_launch(launch, work); !launched) {
    return launched.error();
  }
  if (auto greeted = job->greet(work.problem.ranks, deadline_ns, launch.command.front());
      !greeted) {
    return greeted.error();
  }
  if (auto begun = job->begin(work, seed); !begun) {
    return begun.error();
  }
  job->limit_ns_ = launch.limit_ns;
  return job;
}

Result<Done> RankJob::begin(const RankWork& work, const Seed& seed) {
  const auto records = ask({.kind = RankCommand::Kind::start,
                            .work = work,
                            .seed = seed,
                            .yields = work.problem.ranks > allowed_cpus().size()});
  if (!records) {
    return records.error();
  }
  auto ready = take_ready(*records);
  return ready && is_on_devices() ? join(*records) : ready;
}

Result<Done> RankJob::listen_and_launch(const RankLaunch& launch, const RankWork& work) {
  const std::uint32_t ranks = work.problem.ranks;
  auto folder = RunFolder::make();
  if (!folder) {
    return folder.error();
  }
  folder_ = std::move(*folder);
  const std::string path = folder_.path() + "/worker";
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::copy(path.begin(), path.end(), address.sun_path);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const void* const where = &address;
  if (::bind(listener_, static_cast<const sockaddr*>(where), sizeof address) != 0 ||
      ::listen(listener_, static_cast<int>(ranks)) != 0) {
    return Error{Error::Code::io, "can't listen for ranks on " + path};
  }
  // The worker's own threads are bound to places; ranks get all CPUs that it was given.
  const auto cpus = allowed_cpus();
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const std::uint32_t cpu : cpus) {
    CPU_SET(cpu, &all);
  }
  static_cast<void>(::sched_setaffinity(0, sizeof all, &all));
  std::vector<std::string> rank = launch.command;
  rank.insert(rank.end(), {"--socket", path});
  if (!launch.module.empty()) {
    rank.insert(rank.end(), {"--module", launch.module});
  }
  if (!launch.backend.empty()) {
    return launch_on_devices(launch, rank);
  }
  const MpirunJob job{.ranks = ranks, .folder = folder_.path(), .computes = work.layer.has_value()};
  const RankLauncher launcher = launcher_from(launch.launcher);
  started_by_ = launcher.shown();
  auto program = mapped_program(launcher.file);
  if (!program) {
    return program.error();
  }
  launcher_program_ = *std::move(program);
  const Environment own = own_environment();
  auto process = Process::start(launcher_command(launcher, rank, job, own),
                                launcher_environment(launcher, job, own));
  if (!process) {
    return process.error();
  }
  launchers_.push_back(std::move(*process));
  return Done{};
}

/// On one node nobody else is needed to start them.
Result<Done> RankJob::launch_on_devices(const RankLaunch& launch,
                                        const std::vector<std::string>& rank) {
  devices_ = launch.devices;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    std::vector<std::string> command = rank;
    command.insert(command.end(), {"--backend", launch.backend, "--device", devices_[i], "--rank",
                                   std::to_string(i)});
    auto process = Process::start(command, device_rank_environment(folder_.path()));
    if (!process) {
      return process.error();
    }
    launchers_.push_back(std::move(*process));
  }
  return Done{};
}

/// Ranks on devices find each other by what the first of them gives out.
Result<Done> RankJob::join(const std::vector<RankRecord>& started) {
  const auto first = std::find_if(started.begin(), started.end(),
                                  [](const RankRecord& record) { return record.rank == 0; });
  const auto records = ask({.kind = RankCommand::Kind::join, .ticket = first->ticket});
  if (!records) {
    return records.error();
  }
  settings_ = records->front().settings;
  return Done{};
}

RankJob::~RankJob() {
  for (const auto& line : lines_) {
    // Its socket is open, so the number is still that of the process.
    if (line->open && (!ready_ || !line->answer) && line->process > 0) {
      ::kill(line->process, SIGKILL);
    }
  }
  lines_.clear();
  if (listener_ >= 0) {
    ::close(listener_);
  }
  const std::int64_t until_ns =
      now_ns() + (ready_ && !broken_ ? k_exit_limit_ms : k_last_words_ms) * k_ms;
  for (const auto& launcher : launchers_) {
    const std::int64_t left_ms = (until_ns - now_ns()) / k_ms;
    static_cast<void>(launcher->wait(static_cast<int>(std::max<std::int64_t>(left_ms, 0))));
  }
}

void RankJob::hear_launchers() {
  LineBuffer piece;
  for (const auto& launcher : launchers_) {
    while (piece.size() < k_kept && piece.fill_from(launcher->errors())) {
    }
  }
  said_ += piece.rest();
  if (said_.size() > k_kept) {
    said_.erase(0, said_.size() - k_kept);
  }
}

void RankJob::wait_for_news(int limit_ms, bool for_greetings) {
  std::vector<pollfd> descriptors{
      {.fd = for_greetings ? listener_ : -1, .events = POLLIN, .revents = 0}};
  for (const auto& line : lines_) {
    descriptors.push_back({.fd = line->open ? line->socket : -1, .events = POLLIN, .revents = 0});
  }
  const int news = ::poll(descriptors.data(), descriptors.size(), limit_ms);
  hear_launchers();
  if (news <= 0) {
    return;
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (descriptors[i + 1].revents != 0) {
      lines_[i]->read();
    }
  }
  if (descriptors[0].revents != 0) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) {
      lines_.push_back(std::make_unique<Line>(socket));
    }
  }
}

Result<Done> RankJob::greet(std::uint32_t ranks, std::int64_t deadline_ns,
                            const std::string& program) {
  const auto said_hello = [](const auto& line) { return line->answer.has_value(); };
  while (lines_.size() < ranks || !std::all_of(lines_.begin(), lines_.end(), said_hello)) {
    wait_for_news(k_tick_ms, true);
    const bool launcher_is_gone =
        std::any_of(launchers_.begin(), launchers_.end(),
                    [](const auto& launcher) { return launcher->has_ended(); });
    if (launcher_is_gone || now_ns() >= deadline_ns) {
      hear_launchers();
      return Error{launcher_is_gone ? Error::Code::io : Error::Code::timeout, not_all_here(ranks)};
    }
  }
  for (const auto& line : lines_) {
    line->process = process_behind(line->socket);
    if (!runs(line->process, program)) {
      return Error{Error::Code::io, "what speaks for a rank (process " +
                                        std::to_string(line->process) + ") does not run " +
                                        program + ", or can't be seen"};
    }
  }
  return Done{};
}

Result<Done> RankJob::take_ready(const std::vector<RankRecord>& records) {
  std::set<std::uint32_t> ranks;
  std::set<std::uint32_t> places;
  for (const RankRecord& record : records) {
    if (record.rank >= records.size() || !ranks.insert(record.rank).second) {
      return Error{Error::Code::io, "two ranks have one number, or one beyond their count"};
    }
    const bool is_there = is_on_devices() || record.place < records.size();  // or it is a device's
    if (!is_there || !places.insert(record.place).second) {
      return Error{Error::Code::io, "two ranks have one place, or one beyond their count"};
    }
  }
  std::vector<std::unique_ptr<Line>> by_rank(lines_.size());
  places_.assign(records.size(), 0);
  for (std::size_t i = 0; i < records.size(); ++i) {
    by_rank[records[i].rank] = std::move(lines_[i]);
    places_[records[i].rank] = records[i].place;
  }
  lines_ = std::move(by_rank);
  library_ = records.front().software;
  layer_ = records.front().layer;
  ready_ = true;
  return Done{};
}

Result<std::vector<RankRecord>> RankJob::ask(const RankCommand& command) {
  RankCommand limited = command;
  limited.limit_ns = limit_ns_ / 4 * 3;  // so that who waits says so before nobody listens
  const std::string text = write_rank_command(limited);
  for (const auto& line : lines_) {
    line->answer.reset();
  }
  for (const auto& line : lines_) {
    static_cast<void>(write_line(line->socket, text));  // one that is gone shows below
  }
  return gather();
}

Result<std::vector<RankRecord>> RankJob::gather() {
  std::int64_t deadline_ns = now_ns() + limit_ns_;
  const auto is_there = [](const auto& line) { return line->answer.has_value(); };
  const auto is_gone = [](const auto& line) { return !line->open && !line->answer; };
  while (true) {
    if (auto error = failed()) {
      broken_ = true;
      return *std::move(error);
    }
    if (std::all_of(lines_.begin(), lines_.end(), is_there)) {
      break;
    }
    if (std::any_of(lines_.begin(), lines_.end(), is_gone)) {
      broken_ = true;
      return lost();
    }
    for (const auto& line : lines_) {
      deadline_ns = std::exchange(line->goes_on, false) ? now_ns() + limit_ns_ : deadline_ns;
    }
    const std::int64_t left_ns = deadline_ns - now_ns();
    if (left_ns <= 0) {
      broken_ = true;
      return silent();
    }
    wait_for_news(static_cast<int>(std::min<std::int64_t>(left_ns / k_ms + 1, k_tick_ms)), false);
  }
  std::vector<RankRecord> records;
  for (const auto& line : lines_) {
    records.push_back(*line->answer);
  }
  return records;
}

/// Of a rank that says so; the others may wait for it for ever. Whoever gave up waiting for others
/// is not to blame before all of them have answered.
std::optional<Error> RankJob::failed() const {
  std::vector<std::string> waited;
  const RankRecord* first = nullptr;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto& answer = lines_[i]->answer;
    if (!answer || answer->kind != RankRecord::Kind::failed) {
      continue;
    }
    if (answer->gave_up) {
      waited.push_back(name_of(i));
      first = first == nullptr ? &*answer : first;
      continue;
    }
    return answer->unsupported ? Error{Error::Code::unsupported, answer->note}
                               : Error{answer->lost_device ? Error::Code::device : Error::Code::io,
                                       listed({name_of(i)}) + " fails: " + answer->note};
  }
  const bool all_answered = std::all_of(lines_.begin(), lines_.end(),
                                        [](const auto& line) { return line->answer.has_value(); });
  if (first == nullptr || !all_answered) {
    return std::nullopt;
  }
  return Error{Error::Code::timeout,
               listed(waited) + (waited.size() == 1 ? " gives" : " give") + " up: " + first->note};
}

std::string RankJob::name_of(std::size_t rank) const {
  if (!ready_) {
    return "(not numbered yet)";
  }
  return std::to_string(rank) + (rank < devices_.size() ? " (" + devices_[rank] + ")" : "");
}

/// The launcher tells the others to end, and they say so. Whoever goes later than the first that
/// are seen to be gone went because of them.
Error RankJob::lost() {
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!lines_[i]->open && !lines_[i]->answer) {
      first.push_back(i);
    }
  }
  const std::int64_t until_ns = now_ns() + k_last_words_ms * k_ms;
  while (now_ns() < until_ns) {
    wait_for_news(k_tick_ms, false);
  }
  std::vector<std::string> gone;
  for (const std::size_t i : first) {
    if (!lines_[i]->told_to_end) {
      gone.push_back(name_of(i));
    }
  }
  const std::string what = gone.empty()
                               ? "every rank was told to end by its launcher"
                               : listed(gone) +
                                     (gone.size() == 1 ? " was lost: its process ended"
                                                       : " were lost: their processes ended") +
                                     " in the middle of a run";
  return {Error::Code::io, what + launcher_said(said_)};
}

/// Who waits in a collective polls all the time; who does not run is what the others wait for.
Error RankJob::silent() const {
  std::vector<std::string> missing;
  std::vector<std::string> asleep;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i]->answer) {
      continue;
    }
    const std::string name = name_of(i);
    missing.push_back(name);
    if (state_of(lines_[i]->process) != 'R') {
      asleep.push_back(name);
    }
  }
  const bool stands_out = !asleep.empty() && asleep.size() < missing.size();
  const auto& hung = stands_out ? asleep : missing;
  return {Error::Code::timeout, listed(hung) + (hung.size() == 1 ? " hangs" : " hang") +
                                    ": no record within " + std::to_string(limit_ns_ / k_ms) +
                                    " ms" + (stands_out ? ", while the others wait for it" : "")};
}

std::string RankJob::not_all_here(std::uint32_t ranks) const {
  const std::string elsewhere = hosts_of_stranded_ranks(said_);
  return "only " + std::to_string(lines_.size()) + " of " + std::to_string(ranks) +
         " ranks were started" +
         (elsewhere.empty() ? "" : " on the worker's host, others on " + elsewhere) +
         launcher_said(said_);
}

std::vector<std::int32_t> RankJob::processes() const {
  std::set<std::int32_t> all;
  for (const auto& launcher : launchers_) {
    all.insert(launcher->number());
  }
  for (const auto& line : lines_) {
    all.insert(line->process);
  }
  return {all.begin(), all.end()};
}

}  // namespace assay
