#include "kernels/cuda/communicator.h"

#include <sched.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "kernels/cuda/error.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

using Op = CollectiveProblem::Op;

constexpr std::int64_t k_ms = 1'000'000;

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

Result<std::vector<std::uint8_t>> Communicator::ticket(const Nccl& nccl) {
  nccl::UniqueId id{};
  if (const int result = nccl.get_unique_id(&id); result != nccl::k_success) {
    return Error{Error::Code::io,
                 std::string("NCCL failed at ncclGetUniqueId: ") + nccl.get_error_string(result)};
  }
  std::vector<std::uint8_t> bytes(sizeof id);
  std::memcpy(bytes.data(), &id, sizeof id);
  return bytes;
}

Result<std::unique_ptr<Communicator>> Communicator::join(const Nccl& nccl,
                                                         std::span<const std::uint8_t> ticket,
                                                         std::uint32_t ranks,
                                                         const RankPlace& place,
                                                         std::int64_t limit_ns) {
  nccl::UniqueId id{};
  if (ticket.size() != sizeof id) {
    return Error{Error::Code::bad_input, "a ticket of NCCL has " + std::to_string(sizeof id) +
                                             " bytes, and this one " +
                                             std::to_string(ticket.size())};
  }
  std::memcpy(&id, ticket.data(), sizeof id);
  std::unique_ptr<Communicator> made(new Communicator(nccl, ranks, place));
  auto agreed = DeviceBuffer::of_bytes(sizeof(std::int64_t));
  if (!agreed) {
    return agreed.error();
  }
  made->agreed_ = std::move(*agreed);
  if (auto done = check(cudaStreamCreate(&made->stream_), "cudaStreamCreate"); !done) {
    return done.error();
  }
  nccl::Config config;
  config.blocking = 0;
  made->since_ns_ = now_ns();
  const int result = nccl.comm_init_rank_config(&made->comm_, static_cast<int>(ranks), id,
                                                static_cast<int>(place.rank), &config);
  if (auto done = made->settle(result, "joining a communicator", made->since_ns_ + limit_ns);
      !done) {
    return done.error();
  }
  return made;
}

Communicator::~Communicator() {
  if (comm_ != nullptr) {
    // All that was queued is done, so it waits for nobody's data; others may have ended already.
    constexpr std::int64_t k_farewell_ns = 2'000'000'000;
    since_ns_ = now_ns();
    if (settle(nccl_.comm_finalize(comm_), "leaving a communicator", since_ns_ + k_farewell_ns)) {
      static_cast<void>(nccl_.comm_destroy(comm_));
    }
  }
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

void Communicator::let_others_run() const {
  if (place_.yields) {
    ::sched_yield();
  }
}

void Communicator::abort() {
  if (comm_ != nullptr) {
    static_cast<void>(nccl_.comm_abort(std::exchange(comm_, nullptr)));
  }
}

Error Communicator::failed(int result, const char* doing) {
  const char* const more = nccl_.get_last_error(comm_);
  std::string message = std::string("NCCL failed at ") + doing + ": " +
                        nccl_.get_error_string(result) + " (" + std::to_string(result) + ")";
  if (more != nullptr && *more != '\0') {
    message.append(": ").append(more);
  }
  abort();
  // Another rank is to blame, and whoever hears all of them names it.
  return {result == nccl::k_remote_error ? Error::Code::timeout : Error::Code::io,
          std::move(message)};
}

Error Communicator::gave_up(const char* doing, std::int64_t waited_ns) {
  abort();
  return {Error::Code::timeout, std::string(doing) + " did not end within " +
                                    std::to_string(waited_ns / k_ms) +
                                    " ms, and its communicator was aborted"};
}

/// Waits until NCCL has done its part, on the host, of what was asked.
Result<Done> Communicator::settle(int result, const char* doing, std::int64_t deadline_ns) {
  int state = result;
  while (state == nccl::k_in_progress) {
    if (now_ns() >= deadline_ns) {
      return gave_up(doing, deadline_ns - since_ns_);
    }
    let_others_run();
    if (const int asked = nccl_.comm_get_async_error(comm_, &state); asked != nccl::k_success) {
      state = asked;
    }
  }
  return state == nccl::k_success ? Result<Done>(Done{}) : Result<Done>(failed(state, doing));
}

Result<Done> Communicator::finish(std::int64_t limit_ns) {
  const std::int64_t deadline_ns = now_ns() + limit_ns;
  while (true) {
    const cudaError_t status = cudaStreamQuery(stream_);
    if (status == cudaSuccess) {
      return Done{};
    }
    if (status != cudaErrorNotReady) {
      auto lost = check(status, "the collective");
      abort();
      return lost;
    }
    static_cast<void>(cudaGetLastError());  // that it isn't ready is no error of what follows
    int state = nccl::k_success;
    const int asked = nccl_.comm_get_async_error(comm_, &state);
    if (asked != nccl::k_success || (state != nccl::k_success && state != nccl::k_in_progress)) {
      return failed(asked != nccl::k_success ? asked : state, "the collective");
    }
    if (now_ns() >= deadline_ns) {
      return gave_up("the collective", limit_ns);
    }
    let_others_run();
  }
}

Result<std::int64_t> Communicator::largest(std::int64_t value, std::int64_t limit_ns) {
  if (auto done = copy_to_device(agreed_.data(), &value, sizeof value); !done) {
    return done.error();
  }
  since_ns_ = now_ns();
  const int result = nccl_.all_reduce(agreed_.data(), agreed_.data(), 1, nccl::k_int64, nccl::k_max,
                                      comm_, stream_);
  if (auto done = settle(result, "agreeing on a start", since_ns_ + limit_ns); !done) {
    return done.error();
  }
  if (auto done = finish(limit_ns); !done) {
    return done.error();
  }
  if (auto done = copy_to_host(&value, agreed_.data(), sizeof value); !done) {
    return done.error();
  }
  return value;
}

Result<Done> Communicator::queue(const RankCall& call, std::int64_t limit_ns) {
  since_ns_ = now_ns();
  return settle(start(call), "the collective", since_ns_ + limit_ns);
}

int Communicator::start(const RankCall& call) {
  switch (call.op) {
    case Op::all_reduce:
      return nccl_.all_reduce(call.in, call.out, call.count, call.type, nccl::k_sum, comm_,
                              stream_);
    case Op::reduce_scatter:
      return nccl_.reduce_scatter(call.in, call.out, call.count, call.type, nccl::k_sum, comm_,
                                  stream_);
    case Op::all_gather:
      return nccl_.all_gather(call.in, call.out, call.count, call.type, comm_, stream_);
    case Op::broadcast:
      return nccl_.broadcast(call.in, call.out, call.count, call.type, 0, comm_, stream_);
    case Op::all_to_all:
    case Op::send_recv:
    case Op::transport:
    case Op::links: return start_messages(call);
  }
  return nccl::k_success;
}

/// All at once: in a group no message waits for another.
int Communicator::start_messages(const RankCall& call) {
  const bool to_all = call.op == Op::all_to_all;
  const std::uint64_t part = call.count * (call.type == nccl::k_float32 ? 4 : 2);
  const std::uint64_t in_stride = to_all ? part : 0;
  const std::uint64_t out_stride = to_all || call.op == Op::links ? part : 0;
  int result = nccl_.group_start();
  for (std::uint32_t peer = 0; peer < ranks_; ++peer) {
    const int number = static_cast<int>(peer);
    const bool gathers = call.turn.gathers && peer != place_.rank;
    if (result == nccl::k_success && (to_all || number == call.turn.to)) {
      result =
          nccl_.send(call.in + peer * in_stride, call.count, call.type, number, comm_, stream_);
    }
    if (result == nccl::k_success && (to_all || gathers || number == call.turn.from)) {
      result =
          nccl_.recv(call.out + peer * out_stride, call.count, call.type, number, comm_, stream_);
    }
  }
  const int ended = nccl_.group_end();
  return result == nccl::k_success ? ended : result;
}

}  // namespace assay::cuda
