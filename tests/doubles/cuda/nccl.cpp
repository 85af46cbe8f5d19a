#include "tests/doubles/cuda/nccl.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernels/cuda/nccl.h"
#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/meeting.h"
#include "tests/doubles/cuda/pace.h"
#include "tests/doubles/cuda/pending.h"

using assay::emulated::Fault;
using assay::emulated::Meeting;

struct ncclComm {  // NOLINT(readability-identifier-naming): NCCL's name
  std::unique_ptr<Meeting> meeting;
  std::uint64_t round = 0;
  bool leaves = false;
};

namespace assay::emulated {
namespace {

namespace nccl = cuda::nccl;
using nccl::Comm;

using Bytes = std::span<const std::byte>;
using Received = std::vector<std::vector<std::byte>>;  ///< By rank.

constexpr int k_unhandled_cuda_error = 1;
constexpr int k_system_error = 2;
constexpr int k_invalid_argument = 4;
constexpr int k_invalid_usage = 5;

std::size_t size_of(int type) {
  return type == nccl::k_int64 ? 8 : type == nccl::k_float32 ? 4 : type == nccl::k_bfloat16 ? 2 : 0;
}

/// Messages between ncclGroupStart and ncclGroupEnd, all of one communicator, by rank.
struct Group {
  bool open = false;
  Comm comm = nullptr;
  std::vector<Bytes> to_each;
  std::vector<std::span<std::byte>> from_each;
};

Group& group() {
  static Group the_group;
  return the_group;
}

/// Where results are, for what a fault does to them.
struct Asked {
  int type = nccl::k_float32;
  std::vector<Bytes> to_each;
  std::function<void(const Received&)> keep;
  std::span<std::byte> results;  ///< May be empty.
};

std::uint64_t& nvlink_bytes() {
  static std::uint64_t bytes = 0;
  return bytes;
}

void count_sent(const std::vector<Bytes>& to_each, unsigned self) {
  for (unsigned rank = 0; rank < to_each.size() && fault_here() != Fault::no_nvlink; ++rank) {
    nvlink_bytes() += rank == self ? 0 : to_each[rank].size();
  }
}

/// The ranks' agreement on a start is no result.
bool counts(const Asked& asked) {
  return asked.type != nccl::k_int64;
}

int queue(Comm comm, Asked asked) {
  const bool spoiled = counts(asked) && product_is_spoiled();
  const Fault fault = spoiled ? fault_here() : Fault::none;
  if (counts(asked)) {
    pace_product();
  }
  const std::uint64_t round = ++comm->round;
  count_sent(asked.to_each, comm->meeting->rank());
  queue_pending([comm, round, fault, asked = std::move(asked), gave = false]() mutable {
    Meeting& meeting = *comm->meeting;
    gave = gave || (fault != Fault::stuck && meeting.give(round, asked.to_each));
    if (!gave || !meeting.all_gave(round)) {
      return false;
    }
    const Received received = meeting.take(round);
    if (fault != Fault::skipped) {
      asked.keep(received);
    }
    if (fault == Fault::wrong_bit && !asked.results.empty()) {
      asked.results[asked.results.size() / 2] ^= std::byte{4};
    }
    return true;
  });
  return nccl::k_success;
}

template <class T, class Join>
void join_elements(const Received& received, std::span<std::byte> to, const Join& join) {
  for (std::size_t at = 0; at < to.size(); at += sizeof(T)) {
    T value{};
    std::memcpy(&value, received.front().data() + at, sizeof value);
    for (std::size_t rank = 1; rank < received.size(); ++rank) {
      T other{};
      std::memcpy(&other, received[rank].data() + at, sizeof other);
      value = join(value, other);
    }
    std::memcpy(to.data() + at, &value, sizeof value);
  }
}

void reduce(const Received& received, int type, int op, std::span<std::byte> to) {
  if (type == nccl::k_int64) {
    join_elements<std::int64_t>(received, to, [op](std::int64_t a, std::int64_t b) {
      return op == nccl::k_max ? std::max(a, b) : a + b;
    });
  } else if (type == nccl::k_float32) {
    join_elements<float>(received, to, [](float a, float b) { return a + b; });
  } else {
    join_elements<std::uint16_t>(received, to, [](std::uint16_t a, std::uint16_t b) {
      const double sum = value_of_bits(NumberType::bf16, a) + value_of_bits(NumberType::bf16, b);
      return static_cast<std::uint16_t>(rounded_bits(NumberType::bf16, sum));
    });
  }
}

Bytes part(const void* data, std::size_t bytes, std::size_t index) {
  return {static_cast<const std::byte*>(data) + index * bytes, bytes};
}

std::span<std::byte> whole(void* data, std::size_t bytes) {
  return {static_cast<std::byte*>(data), bytes};
}

bool are_there(const void* from, std::size_t from_bytes, const void* to, std::size_t to_bytes) {
  return is_device_memory(from, from_bytes) && is_device_memory(to, to_bytes);
}

int get_unique_id(nccl::UniqueId* id) {
  const std::string folder = Meeting::make();
  if (folder.empty() || folder.size() >= sizeof id->internal) {
    return k_system_error;
  }
  *id = {};
  folder.copy(id->internal, sizeof id->internal - 1);
  return nccl::k_success;
}

int comm_init_rank_config(Comm* comm, int ranks, nccl::UniqueId id, int rank,
                          nccl::Config* config) {
  if (config == nullptr || config->magic != 0xcafebeef || config->size < sizeof(std::size_t) + 12 ||
      ranks < 1 || rank < 0 || rank >= ranks) {
    return k_invalid_argument;
  }
  if (config->blocking != 0) {
    return k_invalid_usage;  // of this one: whoever waits in it sees no deadline
  }
  auto made = std::make_unique<ncclComm>();
  made->meeting =
      Meeting::enter(id.internal, static_cast<unsigned>(ranks), static_cast<unsigned>(rank));
  if (made->meeting == nullptr) {
    return k_system_error;
  }
  *comm = made.release();
  return nccl::k_in_progress;
}

int comm_get_async_error(Comm comm, int* error) {
  const bool waits = comm->leaves ? !comm->meeting->leave() : !comm->meeting->all_entered();
  *error = waits ? nccl::k_in_progress : nccl::k_success;
  return nccl::k_success;
}

int comm_finalize(Comm comm) {
  comm->leaves = true;
  return nccl::k_in_progress;
}

int comm_destroy(Comm comm) {
  delete comm;
  return nccl::k_success;
}

int comm_abort(Comm comm) {
  drop_pending();
  delete comm;
  return nccl::k_success;
}

const char* get_error_string(int result) {
  switch (result) {
    case nccl::k_success: return "no error";
    case k_unhandled_cuda_error:
      return "unhandled cuda error (run with NCCL_DEBUG=INFO for details)";
    case k_system_error: return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
    case k_invalid_argument: return "invalid argument (run with NCCL_DEBUG=WARN for details)";
    case k_invalid_usage: return "invalid usage (run with NCCL_DEBUG=WARN for details)";
    case nccl::k_remote_error: return "remote process exited or there was a network error";
    case nccl::k_in_progress: return "NCCL operation in progress";
    default: return "unknown result code";
  }
}

const char* get_last_error(Comm /*comm*/) {
  return "";
}

int all_reduce(const void* from, void* to, std::size_t count, int type, int op, Comm comm,
               cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  if (!are_there(from, bytes, to, bytes)) {
    return k_invalid_argument;
  }
  const auto results = whole(to, bytes);
  return queue(comm,
               {.type = type,
                .to_each = {comm->meeting->ranks(), part(from, bytes, 0)},
                .keep = [=](const Received& received) { reduce(received, type, op, results); },
                .results = results});
}

int reduce_scatter(const void* from, void* to, std::size_t count, int type, int op, Comm comm,
                   cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  if (!are_there(from, bytes * comm->meeting->ranks(), to, bytes)) {
    return k_invalid_argument;
  }
  const auto results = whole(to, bytes);
  Asked asked{.type = type,
              .to_each = {},
              .keep = [=](const Received& received) { reduce(received, type, op, results); },
              .results = results};
  for (unsigned rank = 0; rank < comm->meeting->ranks(); ++rank) {
    asked.to_each.push_back(part(from, bytes, rank));
  }
  return queue(comm, std::move(asked));
}

int all_gather(const void* from, void* to, std::size_t count, int type, Comm comm,
               cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  const auto results = whole(to, bytes * comm->meeting->ranks());
  if (!are_there(from, bytes, to, results.size())) {
    return k_invalid_argument;
  }
  return queue(comm, {.type = type,
                      .to_each = {comm->meeting->ranks(), part(from, bytes, 0)},
                      .keep =
                          [=](const Received& received) {
                            for (std::size_t rank = 0; rank < received.size(); ++rank) {
                              std::copy_n(received[rank].begin(), bytes,
                                          results.begin() + static_cast<long>(rank * bytes));
                            }
                          },
                      .results = results});
}

int broadcast(const void* from, void* to, std::size_t count, int type, int root, Comm comm,
              cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  const bool is_root = comm->meeting->rank() == static_cast<unsigned>(root);
  if (!are_there(is_root ? from : to, bytes, to, bytes)) {
    return k_invalid_argument;
  }
  const auto results = whole(to, bytes);
  return queue(comm, {.type = type,
                      .to_each = {comm->meeting->ranks(), is_root ? part(from, bytes, 0) : Bytes{}},
                      .keep =
                          [=](const Received& received) {
                            const auto& sent = received[static_cast<std::size_t>(root)];
                            std::copy(sent.begin(), sent.end(), results.begin());
                          },
                      .results = results});
}

int group_start() {
  group() = {.open = true};
  return nccl::k_success;
}

/// Messages are exchanged in groups only: a single one would wait for what comes after it.
bool open_for(Comm comm) {
  Group& all = group();
  if (!all.open || (all.comm != nullptr && all.comm != comm)) {
    return false;
  }
  all.comm = comm;
  all.to_each.resize(comm->meeting->ranks());
  all.from_each.resize(comm->meeting->ranks());
  return true;
}

int send(const void* from, std::size_t count, int type, int peer, Comm comm,
         cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  if (!open_for(comm) || !is_device_memory(from, bytes)) {
    return k_invalid_argument;
  }
  group().to_each.at(static_cast<std::size_t>(peer)) = part(from, bytes, 0);
  return nccl::k_success;
}

int recv(void* to, std::size_t count, int type, int peer, Comm comm, cudaStream_t /*stream*/) {
  const std::size_t bytes = count * size_of(type);
  if (!open_for(comm) || !is_device_memory(to, bytes)) {
    return k_invalid_argument;
  }
  group().from_each.at(static_cast<std::size_t>(peer)) = whole(to, bytes);
  return nccl::k_success;
}

/// The messages of one group: all go on at once, and each waits for its own peer alone.
class Exchange {
 public:
  Exchange(Group group, Fault fault) : comm_(group.comm), group_(std::move(group)), fault_(fault) {}

  /// Whether all were received, here and there.
  bool operator()() {
    Meeting& meeting = *comm_->meeting;
    bool all = fault_ != Fault::stuck;
    for (unsigned peer = 0; all && peer < meeting.ranks(); ++peer) {
      auto& to = group_.to_each[peer];
      if (!to.empty() && meeting.send(peer, to)) {
        to = {};
      }
    }
    for (unsigned peer = 0; peer < meeting.ranks(); ++peer) {
      take_from(peer);
      const bool waits = !group_.to_each[peer].empty() || !meeting.was_received(peer);
      all = all && !waits && group_.from_each[peer].empty();
    }
    if (all && fault_ == Fault::wrong_bit && !last_.empty()) {
      last_[last_.size() / 2] ^= std::byte{4};
    }
    return all;
  }

 private:
  void take_from(unsigned peer) {
    auto& to = group_.from_each[peer];
    const auto received = to.empty() ? std::nullopt : comm_->meeting->receive(peer);
    if (received) {
      if (fault_ != Fault::skipped) {
        std::copy_n(received->begin(), std::min(received->size(), to.size()), to.begin());
      }
      last_ = std::exchange(to, {});
    }
  }

  Comm comm_;
  Group group_;
  Fault fault_;
  std::span<std::byte> last_;  // that was received
};

int group_end() {
  Group all = std::exchange(group(), {});
  if (all.comm == nullptr) {
    return nccl::k_success;
  }
  const Fault fault = product_is_spoiled() ? fault_here() : Fault::none;
  pace_product();
  count_sent(all.to_each, all.comm->meeting->rank());
  queue_pending(Exchange(std::move(all), fault));
  return nccl::k_success;
}

int get_version(int* version) {
  *version = machine().nccl;
  return machine().nccl < 0 ? k_unhandled_cuda_error : nccl::k_success;
}

// That these are the functions that are declared and no others.
template <class Declared>
constexpr std::pair<std::string_view, void*> named(std::string_view name, Declared* function) {
  return {name, reinterpret_cast<void*>(function)};
}

}  // namespace

std::uint64_t sent_over_nvlinks() {
  return nvlink_bytes();
}

void* nccl_function(std::string_view name) {
  static const std::array k_functions{
      named<nccl::GetVersion>("ncclGetVersion", get_version),
      named<nccl::GetUniqueId>("ncclGetUniqueId", get_unique_id),
      named<nccl::CommInitRankConfig>("ncclCommInitRankConfig", comm_init_rank_config),
      named<nccl::CommFinalize>("ncclCommFinalize", comm_finalize),
      named<nccl::CommDestroy>("ncclCommDestroy", comm_destroy),
      named<nccl::CommAbort>("ncclCommAbort", comm_abort),
      named<nccl::CommGetAsyncError>("ncclCommGetAsyncError", comm_get_async_error),
      named<nccl::GetErrorString>("ncclGetErrorString", get_error_string),
      named<nccl::GetLastError>("ncclGetLastError", get_last_error),
      named<nccl::AllReduce>("ncclAllReduce", all_reduce),
      named<nccl::ReduceScatter>("ncclReduceScatter", reduce_scatter),
      named<nccl::AllGather>("ncclAllGather", all_gather),
      named<nccl::Broadcast>("ncclBroadcast", broadcast),
      named<nccl::Send>("ncclSend", send),
      named<nccl::Recv>("ncclRecv", recv),
      named<nccl::GroupStart>("ncclGroupStart", group_start),
      named<nccl::GroupEnd>("ncclGroupEnd", group_end)};
  for (const auto& [known, function] : k_functions) {
    if (known == name) {
      return function;
    }
  }
  return nullptr;
}

}  // namespace assay::emulated
