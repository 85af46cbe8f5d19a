#include "kernels/cuda/collective_rank.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "kernels/cuda/communicator.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/rank_memory.h"
#include "kernels/cuda/timed_events.h"
#include "kernels/link_rounds.h"

namespace assay::cuda {
namespace {

using Op = CollectiveProblem::Op;

/// The clock that windows are timed by.
std::int64_t now_ns() {
  constexpr std::int64_t k_second_ns = 1'000'000'000;
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);  // can't fail: it exists since Linux 2.6.28
  return static_cast<std::int64_t>(time.tv_sec) * k_second_ns + time.tv_nsec;
}

Result<Done> unsupported(const CollectiveProblem& problem, const std::string& why) {
  return Error{Error::Code::unsupported,
               "network." + std::string(name_of(problem.op)) + ": " + why};
}

class CollectiveRank final : public DeviceRank {
 public:
  CollectiveRank(Nccl nccl, const CollectiveProblem& problem, const Seed& seed,
                 const RankPlace& place)
      : nccl_(std::move(nccl)), problem_(problem), seed_(seed), place_(place) {}

  Result<std::vector<std::uint8_t>> ticket() override { return Communicator::ticket(nccl_); }

  Result<Done> join(std::span<const std::uint8_t> ticket, std::int64_t limit_ns) override {
    auto joined = Communicator::join(nccl_, ticket, problem_.ranks, place_, limit_ns);
    if (!joined) {
      return joined.error();
    }
    comm_ = std::move(*joined);
    auto events = TimedEvents::make();
    auto memory = RankMemory::make(problem_, place_.rank, seed_, comm_->stream());
    if (!events || !memory) {
      return events ? memory.error() : events.error();
    }
    events_.emplace(std::move(*events));
    memory_.emplace(std::move(*memory));
    return Done{};
  }

  [[nodiscard]] std::string library() const override { return "NCCL " + nccl_.version; }

  /// NCCL puts what its files say into the variables of its process.
  [[nodiscard]] std::string settings() const override {
    std::vector<std::string> found;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (text.starts_with("NCCL_") && !text.starts_with("NCCL_CONF_FILE=")) {
        found.emplace_back(text);
      }
    }
    std::sort(found.begin(), found.end());
    std::string all;
    for (const std::string& one : found) {
      all += (all.empty() ? "" : " ") + one;
    }
    return all;
  }

  Result<Done> prepare(const Step& step) override {
    return comm_ ? memory_->prepare(step) : not_joined();
  }

  Result<RankCallTime> call(const RankTurn& turn, std::int64_t lead_ns,
                            std::int64_t limit_ns) override {
    if (!comm_) {
      return not_joined().error();
    }
    const RankCall what = call_of(turn);
    // Nobody begins before the latest has arrived, and all a little after that.
    const auto start_ns = comm_->largest(now_ns() + lead_ns, limit_ns);
    if (!start_ns) {
      return fail(start_ns.error());
    }
    RankCallTime time{.late_ns = std::max<std::int64_t>(now_ns() - *start_ns, 0)};
    while (now_ns() < *start_ns) {
      comm_->let_others_run();
    }
    if (auto done = one_call(what, limit_ns); !done) {
      return fail(done.error());
    }
    time.end_ns = now_ns() - *start_ns;
    const auto on_device = events_->between_ns();
    if (!on_device) {
      return fail(on_device.error());
    }
    time.device_ns = *on_device;
    return time;
  }

  Result<std::optional<Mismatch>> check(const Step& step) override {
    return comm_ ? memory_->check(step) : not_joined().error();
  }
  Result<Done> witness(const Step& step, std::vector<std::uint8_t>& bytes) override {
    return comm_ ? memory_->witness(step, bytes) : not_joined();
  }
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override {
    return comm_ ? memory_->flip(slot, bit) : not_joined();
  }

 private:
  static Result<Done> not_joined() {
    return Error{Error::Code::bad_input, "this rank is in no communicator"};
  }

  Error fail(const Error& error) {
    comm_.reset();
    return error;
  }

  [[nodiscard]] Result<Done> one_call(const RankCall& what, std::int64_t limit_ns) {
    if (auto done = events_->record_begin(comm_->stream()); !done) {
      return done;
    }
    if (auto done = comm_->queue(what, limit_ns); !done) {
      return done;
    }
    if (auto done = events_->record_end(comm_->stream()); !done) {
      return done;
    }
    return comm_->finish(limit_ns);
  }

  /// The first rank of a broadcast receives what it has: in place, so that nothing is copied.
  [[nodiscard]] RankCall call_of(const RankTurn& turn) const {
    const bool is_root = problem_.op == Op::broadcast && place_.rank == 0;
    std::byte* const operands = memory_->operands(turn.step);
    RankCall what{.op = problem_.op,
                  .type = problem_.type == NumberType::bf16 ? nccl::k_bfloat16 : nccl::k_float32,
                  .count = memory_->layout().count,
                  .in = operands,
                  .out = is_root ? operands : memory_->results(turn.step.slot)};
    if (problem_.op == Op::links) {
      what.turn = link_turn(problem_, turn.round, place_.rank);
    } else if (problem_.op == Op::send_recv || problem_.op == Op::transport) {
      what.turn.to = static_cast<std::int32_t>((place_.rank + 1) % problem_.ranks);
      what.turn.from =
          static_cast<std::int32_t>((place_.rank + problem_.ranks - 1) % problem_.ranks);
    }
    return what;
  }

  Nccl nccl_;
  CollectiveProblem problem_;
  Seed seed_;
  RankPlace place_;
  std::unique_ptr<Communicator> comm_;
  std::optional<TimedEvents> events_;
  std::optional<RankMemory> memory_;
};

}  // namespace

Result<Done> supports_collective(const CollectiveProblem& problem, int gpus) {
  if (auto fits = ranks::well_sized(problem); !fits) {
    return fits;
  }
  if (problem.op == Op::all_to_all && problem.in_place) {
    return unsupported(problem, "NCCL has none in place");
  }
  if (problem.op == Op::transport && problem.path == CollectiveProblem::Path::shared_memory) {
    return unsupported(problem,
                       "nothing beside NCCL counts what GPUs send each other over PCIe or shared "
                       "memory, so only nvlink, tcp and verbs can be shown");
  }
  if (problem.ranks > static_cast<std::uint32_t>(gpus)) {
    return unsupported(problem, "each of " + std::to_string(problem.ranks) +
                                    " ranks has a GPU of its own, and this node has " +
                                    std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs"));
  }
  if (const auto nccl = load_nccl(); !nccl) {
    return unsupported(problem, nccl.error().message);
  }
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done;
  }
  const Natural needed = RankMemory::bytes_needed(problem);
  return needed <= available
             ? Result<Done>(Done{})
             : unsupported(problem, "it needs " + to_decimal(needed >> 20U) +
                                        " MiB of device memory, and " +
                                        std::to_string(available >> 20U) + " MiB are available");
}

Result<std::unique_ptr<DeviceRank>> open_collective_rank(const CollectiveProblem& problem,
                                                         const Seed& seed, const RankPlace& place) {
  if (auto fits = ranks::well_sized(problem); !fits) {
    return fits.error();
  }
  auto nccl = load_nccl();
  if (!nccl) {
    return unsupported(problem, nccl.error().message).error();
  }
  return std::unique_ptr<DeviceRank>(
      std::make_unique<CollectiveRank>(std::move(*nccl), problem, seed, place));
}

}  // namespace assay::cuda
