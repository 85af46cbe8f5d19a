#include "harness/run/rank.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "harness/run/clock.h"
#include "harness/run/heartbeat.h"
#include "harness/run/layer_rank.h"
#include "harness/run/lines.h"
#include "harness/run/rank_clock.h"
#include "harness/run/rank_launcher.h"
#include "harness/run/rank_messages.h"
#include "harness/run/transport_counters.h"
#include "kernels/host/rank_data.h"
#include "kernels/keyed.h"
#include "kernels/link_rounds.h"
#include "kernels/mpi_module.h"

namespace assay {
namespace {

constexpr std::uint64_t k_order_stream = 15;
int g_worker = -1;  // for the handler of signals

/// A launcher that ends a job because one rank is gone ends the others so. They say that they were
/// told to, and whoever says nothing is the one that is gone.
extern "C" void say_ended(int /*signal*/) {
  static_cast<void>(::write(g_worker, k_rank_ended.data(), k_rank_ended.size()) < 0);
  ::_exit(1);
}

int connected_to(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) {
    return -1;
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const void* const where = &address;
  return ::connect(socket, static_cast<const sockaddr*>(where), sizeof address) == 0 ? socket : -1;
}

int op_of(CollectiveProblem::Op op) {
  switch (op) {
    case CollectiveProblem::Op::all_reduce: return ASSAY_MPI_ALL_REDUCE;
    case CollectiveProblem::Op::reduce_scatter: return ASSAY_MPI_REDUCE_SCATTER;
    case CollectiveProblem::Op::all_gather: return ASSAY_MPI_ALL_GATHER;
    case CollectiveProblem::Op::all_to_all: return ASSAY_MPI_ALL_TO_ALL;
    case CollectiveProblem::Op::broadcast: return ASSAY_MPI_BROADCAST;
    case CollectiveProblem::Op::send_recv:
    case CollectiveProblem::Op::transport:
    case CollectiveProblem::Op::links: return ASSAY_MPI_SEND_RECV;
  }
  return -1;
}

constexpr std::int64_t k_second_ns = 1'000'000'000;
std::mutex g_writes;  // lines of two threads must not mix

bool say(std::string_view line) {
  const std::lock_guard lock(g_writes);
  return write_line(g_worker, line);
}

/// On a busy machine a batch of calls may take long, and a rank that goes on is not one that hangs.
void say_alive() {
  static std::atomic<std::int64_t> said_ns{0};
  const std::int64_t now_ns = system_clock().now_ns();
  if (now_ns - said_ns >= k_second_ns) {
    said_ns = now_ns;
    static_cast<void>(say(k_rank_alive));
  }
}

class Rank {
 public:
  explicit Rank(ModuleChoice module) : module_(std::move(module)) {}

  RankRecord answer(const RankCommand& command) {
    RankRecord record;
    if (auto done = obey(command, record); !done) {
      record = {.kind = RankRecord::Kind::failed,
                .unsupported = done.error().code == Error::Code::unsupported,
                .note = done.error().message};
    }
    return record;
  }

  void leave() {
    if (mpi_ != nullptr) {
      static_cast<void>(mpi_->leave());
    }
  }

 private:
  Result<Done> obey(const RankCommand& command, RankRecord& record) {
    if (command.kind != RankCommand::Kind::start && layer_) {
      return obey_with_layer(command, record);
    }
    if (command.kind != RankCommand::Kind::start && !data_) {
      return Error{Error::Code::bad_input, "a rank is started before anything else"};
    }
    switch (command.kind) {
      case RankCommand::Kind::start: return start(command, record);
      case RankCommand::Kind::prepare:
        for (const Step& step : command.steps) {
          data_->prepare(step);
        }
        return Done{};
      case RankCommand::Kind::run: return run(command, record);
      case RankCommand::Kind::check: check(command, record); return Done{};
      case RankCommand::Kind::witness:
        for (const Step& step : command.steps) {
          data_->witness(step, record.bytes);
        }
        return Done{};
      case RankCommand::Kind::flip: data_->flip(command.slot, command.bit); return Done{};
      case RankCommand::Kind::join: return Done{};  // MPI has done so
      case RankCommand::Kind::look: return look(record);
    }
    return Done{};
  }

  /// What it does by itself, for as long as it takes: its worker hears that it goes on.
  template <class Work>
  auto computing(const Work& work) {
    if (!heartbeat_) {
      heartbeat_ = std::make_unique<Heartbeat>(say_alive, k_second_ns);
    }
    const Heartbeat::Computing now(*heartbeat_);
    return work();
  }

  /// The same of a decoder layer's step.
  Result<Done> obey_with_layer(const RankCommand& command, RankRecord& record) {
    switch (command.kind) {
      case RankCommand::Kind::prepare:
        return computing([&] { return layer_->prepare(command.steps); });
      case RankCommand::Kind::run: return run_layers(command, record);
      case RankCommand::Kind::check: return layer_->check(command, *mpi_, record);
      case RankCommand::Kind::witness: {
        auto bytes = layer_->witness(command.steps);
        record.bytes = bytes ? std::move(*bytes) : std::vector<std::uint8_t>();
        return bytes ? Result<Done>(Done{}) : Result<Done>(bytes.error());
      }
      case RankCommand::Kind::flip: return layer_->flip(command.slot, command.bit);
      case RankCommand::Kind::join: return Done{};  // MPI has done so
      case RankCommand::Kind::start:
      case RankCommand::Kind::look: return command.measures ? measure(record) : look(record);
    }
    return Done{};
  }

  /// Once: a process can't join a second job.
  Result<Done> join() {
    if (mpi_ != nullptr) {
      return Done{};
    }
    const auto loaded = load_mpi(module_);
    if (!loaded) {
      return loaded.error();
    }
    mpi_ = *loaded;
    return mpi_result(*mpi_, mpi_->join(&place_, &ranks_), "start");
  }

  Result<Done> start(const RankCommand& command, RankRecord& record) {
    problem_ = command.work.problem;
    yields_ = command.yields;
    data_.reset();
    layer_.reset();
    if (auto joined = join(); !joined) {
      return joined;
    }
    // Whom a rank talks to is not what the launcher laid out, and nobody could know it before.
    const Keyed order(command.seed, k_order_stream);
    const int key = static_cast<int>(order(static_cast<std::uint64_t>(place_)) >> 33U);
    int rank = 0;
    if (auto made = mpi_result(*mpi_, mpi_->order(key, &rank), "making a communicator"); !made) {
      return made;
    }
    rank_ = rank;
    record.rank = static_cast<std::uint32_t>(rank);
    record.place = static_cast<std::uint32_t>(place_);
    record.ranks = static_cast<std::uint32_t>(ranks_);
    record.software = mpi_->version();
    if (record.ranks != problem_.ranks) {
      return Error{Error::Code::io, "the job has " + std::to_string(ranks_) + " ranks instead of " +
                                        std::to_string(problem_.ranks)};
    }
    if (command.work.layer) {
      auto layer = computing(
          [&] { return LayerRank::make(*command.work.layer, record.rank, command.seed); });
      if (!layer) {
        return layer.error();
      }
      layer_ = std::move(*layer);
      layer_->on_progress(say_alive);
      record.layer = layer_->ran().kernel;
      return look(record);
    }
    auto data = RankData::make(problem_, record.rank, command.seed);
    if (!data) {
      return data.error();
    }
    data_.emplace(std::move(*data));
    return look(record);
  }

  /// From the first look on starts are common where clocks are not.
  Result<Done> look(RankRecord& record) {
    const auto counted = read_transport_counters();  // before the clocks are asked for
    if (!counted) {
      return counted.error();
    }
    record.transport = *counted;
    const auto clock = clock_offset(*mpi_, rank_, ranks_);
    if (!clock) {
      return clock.error();
    }
    constexpr std::int64_t k_most = (std::int64_t{1} << 53U) - 1;  // of a number in JSON
    correction_ns_ = correction_of(*clock);
    record.clock = ClockOffset{.offset_ns = std::clamp(clock->offset_ns, -k_most, k_most),
                               .round_trip_ns = std::min(clock->round_trip_ns, k_most)};
    return Done{};
  }

  /// After a look all ranks begin at once.
  Result<Done> measure(RankRecord& record) {
    if (auto looked = look(record); !looked) {
      return looked;
    }
    const auto rate = computing([&] { return layer_->product_rate(); });
    if (!rate) {
      return rate.error();
    }
    record.product_rate = static_cast<std::int64_t>(*rate);
    return Done{};
  }

  Result<Done> run(const RankCommand& command, RankRecord& record) {
    for (const Step& step : command.steps) {
      if (problem_.in_place) {
        data_->prepare(step);  // a sum of sums would leave the range of the type
      }
      auto done = problem_.op == CollectiveProblem::Op::links
                      ? call_links(step, command.lead_ns, record)
                      : call(call_of(step), command.lead_ns, record);
      if (!done) {
        return done;
      }
      say_alive();
    }
    return Done{};
  }

  Result<Done> run_layers(const RankCommand& command, RankRecord& record) {
    for (const Step& step : command.steps) {
      const auto work = [&] {
        auto computed = computing([&] { return layer_->compute(step); });
        return computed ? layer_->exchange(step, *mpi_) : computed;
      };
      if (auto done = timed(work, command.lead_ns, record); !done) {
        return done;
      }
      say_alive();
    }
    return Done{};
  }

  /// Whom ranks send to and receive from is a ring.
  [[nodiscard]] AssayMpiCall call_of(const Step& step) const {
    return {.op = op_of(problem_.op),
            .type = problem_.type == NumberType::f32 ? ASSAY_MPI_F32 : ASSAY_MPI_BF16,
            .count = data_->count(),
            .in = problem_.in_place ? nullptr : data_->input(step.tuple),
            .out = data_->slot(step.slot),
            .to = (rank_ + 1) % ranks_,
            .from = (rank_ + ranks_ - 1) % ranks_};
  }

  /// Each round has a start of its own.
  Result<Done> call_links(const Step& step, std::int64_t lead_ns, RankRecord& record) {
    for (std::uint32_t round = 0; round < link_rounds(problem_); ++round) {
      const LinkTurn turn = link_turn(problem_, round, static_cast<std::uint32_t>(rank_));
      AssayMpiCall what = call_of(step);
      what.to = turn.to;
      what.from = turn.from;
      if (problem_.pattern == CollectiveProblem::Pattern::incast) {
        what.op = ASSAY_MPI_GATHER;
        what.to = static_cast<int>(round);
      } else if (turn.from != LinkTurn::k_nobody) {
        what.out = static_cast<std::byte*>(what.out) +
                   static_cast<std::uint64_t>(turn.from) * problem_.bytes;
      }
      if (auto done = call(what, lead_ns, record); !done) {
        return done;
      }
    }
    return Done{};
  }

  Result<Done> call(const AssayMpiCall& what, std::int64_t lead_ns, RankRecord& record) {
    return timed([&] { return mpi_result(*mpi_, mpi_->call(&what), "the collective"); }, lead_ns,
                 record);
  }

  /// The first rank says when all begin, a little ahead, so that none is still on its way then.
  template <class Work>
  Result<Done> timed(const Work& work, std::int64_t lead_ns, RankRecord& record) {
    Clock& clock = system_clock();
    if (auto met = mpi_result(*mpi_, mpi_->meet(), "meeting"); !met) {
      return met;
    }
    std::int64_t start_ns = clock.now_ns() + lead_ns;
    if (auto agreed = mpi_result(*mpi_, mpi_->agree(&start_ns), "agreeing on a start"); !agreed) {
      return agreed;
    }
    start_ns -= correction_ns_;
    const std::int64_t late_ns = clock.now_ns() - start_ns;
    while (clock.now_ns() < start_ns) {
      if (yields_) {
        ::sched_yield();
      }
    }
    auto done = work();
    record.end_ns.push_back(clock.now_ns() - start_ns);
    record.late_ns.push_back(std::max<std::int64_t>(late_ns, 0));
    return done;
  }

  void check(const RankCommand& command, RankRecord& record) const {
    for (std::uint32_t i = 0; i < command.steps.size(); ++i) {
      auto found = data_->check(command.steps[i]);
      if (!found) {
        continue;
      }
      record.wrong.push_back(i);
      if (!record.first) {
        found->step = i;
        record.first = std::move(*found);
      }
    }
  }

  ModuleChoice module_;
  const AssayMpi* mpi_ = nullptr;
  CollectiveProblem problem_;
  bool yields_ = false;
  int place_ = 0;  // as the launcher laid it out
  int rank_ = 0;   // in the communicator
  int ranks_ = 0;
  std::int64_t correction_ns_ = 0;  // of this clock to the first rank's
  std::optional<RankData> data_;
  std::unique_ptr<LayerRank> layer_;  // of a decoder layer's step, instead of data
  std::unique_ptr<Heartbeat> heartbeat_;
};

/// Until the worker is gone.
template <class Answer>
void answer_worker(const Answer& answer) {
  LineBuffer buffer;
  bool there = say(write_rank_record({.kind = RankRecord::Kind::hello}));
  while (there) {
    auto line = buffer.next();
    if (!line) {
      there = buffer.fill_from(g_worker);
      continue;
    }
    const auto command = read_rank_command(*line);
    there = say(write_rank_record(
        command ? answer(*command)
                : RankRecord{.kind = RankRecord::Kind::failed, .note = command.error().message}));
  }
}

}  // namespace

int rank_main(const std::string& socket, const std::string& module,
              const DeviceRankChoice& device) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a launcher that is killed leaves nobody behind
  g_worker = connected_to(socket);
  if (g_worker < 0) {
    static_cast<void>(std::fprintf(stderr, "%s\n", words_of_stranded_rank().c_str()));
    std::this_thread::sleep_for(std::chrono::seconds(
        1));  // whoever ends first ends the others, who may still be on their way
    return 1;
  }
  std::signal(SIGTERM, say_ended);  // NOLINT(cert-err33-c): else it ends without a word
  if (!device.backend.empty()) {
    static_cast<void>(::dup2(STDERR_FILENO, STDOUT_FILENO));  // libraries print where they like
    DeviceRankChoice choice = device;
    choice.module = ModuleChoice::from(module);
    DeviceRankAnswers rank(choice, say_alive);
    answer_worker([&](const RankCommand& command) { return rank(command); });
    return 0;
  }
  Rank rank(ModuleChoice::from(module));
  answer_worker([&](const RankCommand& command) { return rank.answer(command); });
  rank.leave();
  return 0;
}

}  // namespace assay
