#include "harness/run/device_rank_answers.h"

#include <algorithm>
#include <utility>

#include "harness/run/nvml.h"
#include "harness/run/transport_counters.h"
#include "kernels/link_rounds.h"

namespace assay {
DeviceRankAnswers::DeviceRankAnswers(DeviceRankChoice choice, std::function<void()> say_alive)
    : choice_(std::move(choice)), say_alive_(std::move(say_alive)) {}

RankRecord DeviceRankAnswers::operator()(const RankCommand& command) {
  RankRecord record;
  if (auto done = obey(command, record); !done) {
    const Error& error = done.error();
    record = {.kind = RankRecord::Kind::failed,
              .unsupported = error.code == Error::Code::unsupported,
              .lost_device = error.code == Error::Code::device,
              .gave_up = error.code == Error::Code::timeout,
              .note = error.message};
  }
  return record;
}

Result<Done> DeviceRankAnswers::obey(const RankCommand& command, RankRecord& record) {
  if (command.kind != RankCommand::Kind::start && rank_ == nullptr) {
    return Error{Error::Code::bad_input, "a rank is started before anything else"};
  }
  switch (command.kind) {
    case RankCommand::Kind::start: return start(command, record);
    case RankCommand::Kind::join: return join(command, record);
    case RankCommand::Kind::prepare:
      return each_step(command, [this](const Step& step) { return rank_->prepare(step); });
    case RankCommand::Kind::run: return run(command, record);
    case RankCommand::Kind::check: return check(command, record);
    case RankCommand::Kind::witness:
      return each_step(command,
                       [&](const Step& step) { return rank_->witness(step, record.bytes); });
    case RankCommand::Kind::flip: return rank_->flip(command.slot, command.bit);
    case RankCommand::Kind::look: return look(record);
  }
  return Done{};
}

Result<Done> DeviceRankAnswers::each_step(const RankCommand& command,
                                          const std::function<Result<Done>(const Step&)>& work) {
  for (const Step& step : command.steps) {
    if (auto done = work(step); !done) {
      return done;
    }
    say_alive_();
  }
  return Done{};
}

Result<Done> DeviceRankAnswers::start(const RankCommand& command, RankRecord& record) {
  rank_.reset();  // whatever it was before, it is no more
  if (loaded_.backend == nullptr) {
    auto loaded = load_backend(choice_.backend, choice_.module);
    if (!loaded) {
      return loaded.error();
    }
    loaded_ = std::move(*loaded);
  }
  const auto devices = loaded_.backend->devices();
  if (!devices) {
    return devices.error();
  }
  const auto device = std::find_if(devices->begin(), devices->end(),
                                   [&](const Device& each) { return each.id == choice_.device; });
  if (device == devices->end()) {
    return Error{Error::Code::unsupported,
                 "backend " + choice_.backend + " has no device '" + choice_.device + "' here"};
  }
  auto* const backend = dynamic_cast<RankBackend*>(loaded_.backend.get());
  if (backend == nullptr) {
    return Error{Error::Code::unsupported, "backend " + choice_.backend + " has no ranks"};
  }
  auto rank = backend->open_rank(command.work.problem, *device, command.seed,
                                 {.rank = choice_.rank, .yields = command.yields});
  if (!rank) {
    return rank.error();
  }
  rank_ = std::move(*rank);
  watch(*device);
  problem_ = command.work.problem;
  record.place = static_cast<std::uint32_t>(device - devices->begin());
  record.rank = choice_.rank;
  record.ranks = command.work.problem.ranks;
  record.software = rank_->library();
  if (choice_.rank == 0) {
    auto ticket = rank_->ticket();
    if (!ticket) {
      return ticket.error();
    }
    record.ticket = std::move(*ticket);
  }
  return Done{};
}

Result<Done> DeviceRankAnswers::join(const RankCommand& command, RankRecord& record) {
  auto joined = rank_->join(command.ticket, command.limit_ns);
  record.settings = rank_->settings();
  return joined;
}

/// All are children of one worker, whose clock they read: there is none beside it to ask.
Result<Done> DeviceRankAnswers::look(RankRecord& record) {
  const auto counted = read_transport_counters();
  if (!counted) {
    return counted.error();
  }
  record.transport = *counted;
  const auto sent = gpu_ == nullptr ? Fact<std::int64_t>{.value = {}, .reason = no_gpu_}
                                    : gpu_->sent_over_links();
  record.transport.nvlink_bytes = sent.value;
  record.transport.nvlink_fault = sent.reason;
  return Done{};
}

void DeviceRankAnswers::watch(const Device& device) {
  auto driver = Nvml::open(loaded_.backend->management_library());
  auto gpu =
      driver ? (*driver)->gpu(device.serial) : Result<std::unique_ptr<NvmlGpu>>(driver.error());
  no_gpu_ = gpu ? "" : gpu.error().message;
  gpu_ = gpu ? std::move(*gpu) : nullptr;
}

Result<Done> DeviceRankAnswers::run(const RankCommand& command, RankRecord& record) {
  return each_step(command, [&](const Step& step) -> Result<Done> {
    if (problem_.in_place) {  // a sum of sums would leave the range of the type
      if (auto prepared = rank_->prepare(step); !prepared) {
        return prepared;
      }
    }
    const bool is_links = problem_.op == CollectiveProblem::Op::links;
    const std::uint32_t rounds = is_links ? link_rounds(problem_) : 1;
    for (std::uint32_t round = 0; round < rounds; ++round) {
      const auto time =
          rank_->call({.step = step, .round = round}, command.lead_ns, command.limit_ns);
      if (!time) {
        return time.error();
      }
      record.end_ns.push_back(time->end_ns);
      record.late_ns.push_back(time->late_ns);
      record.device_ns.push_back(time->device_ns);
    }
    return Done{};
  });
}

Result<Done> DeviceRankAnswers::check(const RankCommand& command, RankRecord& record) {
  std::uint32_t index = 0;
  return each_step(command, [&](const Step& step) -> Result<Done> {
    auto found = rank_->check(step);
    if (!found) {
      return found.error();
    }
    if (*found) {
      record.wrong.push_back(index);
      if (!record.first) {
        (*found)->step = index;
        record.first = std::move(**found);
      }
    }
    ++index;
    return Done{};
  });
}

}  // namespace assay
