#include "kernels/cuda/link_kernel.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/current_device.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/memory_passes.h"
#include "kernels/cuda/numa.h"
#include "kernels/findings.h"

namespace assay::cuda {
namespace {

using Path = LinkProblem::Path;
using Direction = LinkProblem::Direction;

constexpr std::uint64_t k_device_share = 2;  // Slots take at most this part of a device's memory,
constexpr std::uint64_t k_host_share = 32;   // or of the host's, which many devices share.

Error unsupported(const LinkProblem& problem, const std::string& why) {
  return {Error::Code::unsupported, std::string(case_of(problem)) + ": " + why};
}

Result<LinkKernel::FarEnd> peer_of(const GpuTarget& gpu, const LinkProblem& problem) {
  int count = 0;
  if (auto done = check(cudaGetDeviceCount(&count), "cudaGetDeviceCount"); !done) {
    return done.error();
  }
  const std::string own = "gpu" + std::to_string(gpu.ordinal);
  const auto gpus = static_cast<std::uint64_t>(count);
  const auto ordinal = static_cast<std::uint64_t>(gpu.ordinal);
  const auto peer = static_cast<int>((ordinal + problem.peer_distance % gpus) % gpus);
  if (peer == gpu.ordinal) {
    return unsupported(problem, "peer " + std::to_string(problem.peer_distance) + " of " + own +
                                    " is itself: this node has " + std::to_string(count) +
                                    (count == 1 ? " GPU" : " GPUs"));
  }
  int reachable = 0;
  if (auto done =
          check(cudaDeviceCanAccessPeer(&reachable, gpu.ordinal, peer), "cudaDeviceCanAccessPeer");
      !done) {
    return done.error();
  }
  if (reachable == 0) {
    return unsupported(problem, own + " can't access the memory of gpu" + std::to_string(peer));
  }
  return LinkKernel::FarEnd{.peer = peer};
}

Result<LinkKernel::FarEnd> host_of(const GpuTarget& gpu, const LinkProblem& problem) {
  constexpr int k_longest_id = 32;
  std::string id(k_longest_id, '\0');
  if (auto done = check(cudaDeviceGetPCIBusId(id.data(), k_longest_id, gpu.ordinal),
                        "cudaDeviceGetPCIBusId");
      !done) {
    return done.error();
  }
  id.resize(id.find('\0'));
  const auto view = numa_view_of(id);
  if (!view) {
    return view.error();
  }
  const auto node = problem.path == Path::near_host ? std::optional(view->near) : view->farthest();
  if (!node) {
    return unsupported(problem, "there is no far NUMA node here");
  }
  return LinkKernel::FarEnd{.peer = std::nullopt, .node = *node};
}

Result<LinkKernel::FarEnd> far_end_of(const GpuTarget& gpu, const LinkProblem& problem) {
  return problem.path == Path::peer ? peer_of(gpu, problem) : host_of(gpu, problem);
}

bool goes(const LinkProblem& problem, bool inward) {
  return problem.direction == Direction::both ||
         (problem.direction == Direction::to_device) == inward;
}

/// Of this device or the far one.
Result<std::uint64_t> free_bytes(int ordinal) {
  return on_device(ordinal, []() -> Result<std::uint64_t> {
    std::size_t available = 0;
    std::size_t total = 0;
    if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
      return done.error();
    }
    return std::uint64_t{available};
  });
}

/// Bytes that are free at each end.
struct Room {
  std::uint64_t here = 0, there = 0;
};

Result<Room> room_at(const GpuTarget& gpu, const LinkKernel::FarEnd& far) {
  const auto here = free_bytes(gpu.ordinal);
  const auto there =
      far.peer ? free_bytes(*far.peer) : Result<std::uint64_t>(available_host_bytes());
  if (!here || !there) {
    return here ? there.error() : here.error();
  }
  return Room{.here = *here, .there = *there};
}

Result<Done> fits(const LinkProblem& problem, const Room& room) {
  const std::uint64_t source = problem.bytes + memory::k_slack * sizeof(DeviceWord);
  const bool in = goes(problem, true);
  const bool out = goes(problem, false);
  const std::uint64_t here = (in ? problem.bytes : 0) + (out ? source : 0);
  const std::uint64_t there = (out ? problem.bytes : 0) + (in ? source : 0);
  if (problem.bytes < 64) {
    return Error{Error::Code::bad_input, "a copy has at least 64 bytes"};
  }
  if (problem.bytes > room.here || here > room.here || there > room.there) {
    return unsupported(problem, "it needs " + std::to_string(here >> 20U) + " MiB on the GPU and " +
                                    std::to_string(there >> 20U) + " MiB at the other end, and " +
                                    std::to_string(room.here >> 20U) + " and " +
                                    std::to_string(room.there >> 20U) + " MiB are available");
  }
  return Done{};
}

std::uint64_t slots_in(const LinkProblem& problem, const Room& room, bool at_host) {
  const std::uint64_t here = room.here / k_device_share / problem.bytes;
  const std::uint64_t there =
      room.there / (at_host ? k_host_share : k_device_share) / problem.bytes;
  const std::uint64_t most = most_link_slots(problem);
  const std::uint64_t in = goes(problem, true) ? here : most;
  const std::uint64_t out = goes(problem, false) ? there : most;
  return std::clamp<std::uint64_t>(std::min(in, out), 1, most);
}

/// So that this device reads and writes the memory of the other, its engines and its kernels.
Result<Done> enable_access(int peer) {
  const cudaError_t status = cudaDeviceEnablePeerAccess(peer, 0);
  if (status == cudaErrorPeerAccessAlreadyEnabled) {
    static_cast<void>(cudaGetLastError());  // It is asked for, and no error of what follows.
    return Done{};
  }
  return check(status, "cudaDeviceEnablePeerAccess");
}

Result<std::string> runtime_version() {
  int version = 0;
  if (auto done = check(cudaRuntimeGetVersion(&version), "cudaRuntimeGetVersion"); !done) {
    return done.error();
  }
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

Result<Done> LinkKernel::supports(const GpuTarget& gpu, const LinkProblem& problem) {
  const auto far = far_end_of(gpu, problem);
  if (!far) {
    return far.error();
  }
  const auto room = room_at(gpu, *far);
  return room ? fits(problem, *room) : Result<Done>(room.error());
}

Result<std::unique_ptr<LinkKernel>> LinkKernel::prepare(const GpuTarget& gpu,
                                                        const LinkProblem& problem,
                                                        const Seed& seed) {
  if (auto able = supports(gpu, problem); !able) {
    return able.error();
  }
  const auto far = far_end_of(gpu, problem);
  auto version = runtime_version();
  if (!far || !version) {
    return far ? version.error() : far.error();
  }
  const auto room = room_at(gpu, *far);
  if (!room) {
    return room.error();
  }
  auto kernel = std::make_unique<LinkKernel>(problem);
  kernel->far_ = *far;
  kernel->ordinal_ = gpu.ordinal;
  kernel->isa_ = gpu.isa;
  kernel->version_ = std::move(*version);
  if (far->peer) {
    if (auto enabled = enable_access(*far->peer); !enabled) {
      return enabled.error();
    }
  }
  const std::uint64_t slots = slots_in(problem, *room, !far->peer);
  for (const bool inward : {true, false}) {
    if (!goes(problem, inward)) {
      continue;
    }
    if (auto opened = kernel->open_lane(inward, seed, slots); !opened) {
      return opened.error();
    }
  }
  if (auto done = kernel->wait("preparation"); !done) {
    return done.error();
  }
  return kernel;
}

DeviceWord* LinkKernel::Memory::words() const {
  return host.data() != nullptr ? static_cast<DeviceWord*>(host.data()) : device.as<DeviceWord>();
}

Result<LinkKernel::Memory> LinkKernel::allocate(bool here, std::uint64_t bytes) const {
  Memory memory;
  if (!here && !far_.peer) {
    auto pinned = PinnedMemory::on_node(bytes, far_.node);
    if (!pinned) {
      return pinned.error();
    }
    memory.host = std::move(*pinned);
    return memory;
  }
  auto buffer =
      on_device(here ? ordinal_ : *far_.peer, [bytes] { return DeviceBuffer::of_bytes(bytes); });
  if (!buffer) {
    return buffer.error();
  }
  memory.device = std::move(*buffer);
  return memory;
}

Result<Done> LinkKernel::open_lane(bool inward, const Seed& seed, std::uint64_t slots) {
  lanes_.emplace_back();
  Lane& lane = lanes_.back();
  lane.inward = inward;
  if (auto done = cuda::check(cudaStreamCreate(&lane.stream), "cudaStreamCreate"); !done) {
    return done;
  }
  const std::uint64_t bytes = words() * sizeof(DeviceWord);
  auto source = allocate(!inward, bytes + memory::k_slack * sizeof(DeviceWord));
  auto destinations = allocate(inward, slots * bytes);
  if (!source || !destinations) {
    return source ? destinations.error() : source.error();
  }
  lane.source = std::move(*source);
  lane.slots = std::move(*destinations);
  memory::Pattern pattern(seed, false);
  if (!inward) {
    pattern.b = pattern.c;  // So that the two directions bring different bytes.
  }
  std::vector<DeviceWord*> places;
  for (std::uint64_t i = 0; i < slots; ++i) {
    places.push_back(lane.slots.words() + i * words());
  }
  const SlotSetting setting{.pattern = pattern, .elements = words(), .words = words()};
  if (inward || far_.peer) {
    auto beside = BesideCopies::on(inward ? ordinal_ : *far_.peer, setting, places);
    if (!beside) {
      return beside.error();
    }
    lane.beside.emplace(std::move(*beside));
  }
  lane.to.emplace(setting, std::move(places), lane.stream);
  if (auto poisoned = lane.to->poison_all(); !poisoned) {
    return poisoned;
  }
  return fill_source(pattern, pattern.b, lane.source.words(), words() + memory::k_slack,
                     lane.stream);
}

LinkKernel::~LinkKernel() {
  for (const Lane& lane : lanes_) {
    if (lane.stream != nullptr) {
      static_cast<void>(cudaStreamDestroy(lane.stream));
    }
  }
}

Result<Done> LinkKernel::wait(const std::string& what) const {
  for (const Lane& lane : lanes_) {
    if (auto done = cuda::check(cudaStreamSynchronize(lane.stream), what); !done) {
      return done;
    }
  }
  return Done{};
}

Ran LinkKernel::ran() const {
  const std::string far = far_.peer ? "gpu" + std::to_string(*far_.peer)
                                    : "pinned memory of NUMA node " + std::to_string(far_.node);
  const char* const way = problem_.direction == Direction::both        ? "from and to "
                          : problem_.direction == Direction::to_device ? "from "
                                                                       : "to ";
  return {.software = "CUDA runtime",
          .version = version_,
          .kernel = "cudaMemcpyAsync " + (way + far),
          .isa = isa_,
          .threads = static_cast<std::uint32_t>(lanes_.size())};
}

Natural LinkKernel::work_per_step() const {
  return Natural{lanes_.size()} * words() * sizeof(DeviceWord);
}

std::uint64_t LinkKernel::slot_bits() const {
  return lanes_.size() * lanes_.front().to->slot_bits();
}

Result<Done> LinkKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (Lane& lane : lanes_) {
    if (auto done = lane.to->poison(steps); !done) {
      return done;
    }
  }
  return arm(steps);  // Here, where it is no part of what is timed.
}

Result<Done> LinkKernel::arm(std::span<const Step> steps) {
  for (Lane& lane : lanes_) {
    if (!lane.beside || lane.beside->is_armed_for(steps)) {
      continue;
    }
    if (auto armed = lane.beside->arm(steps); !armed) {
      return armed;
    }
  }
  return Done{};
}

Result<Done> LinkKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  if (auto armed = arm(steps); !armed) {
    return armed;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::uint64_t from = memory::tuple_of(steps[i].tuple).shift.b;
    for (Lane& lane : lanes_) {
      auto queued =
          cuda::check(cudaMemcpyAsync(lane.to->slot(steps[i].slot), lane.source.words() + from,
                                      words() * sizeof(DeviceWord), cudaMemcpyDefault, lane.stream),
                      "cudaMemcpyAsync");
      if (queued && lane.beside) {
        queued = lane.beside->follow(i, lane.stream);
      }
      if (!queued) {
        return queued;
      }
    }
  }
  return wait("a batch of copies");
}

Result<std::vector<std::uint8_t>> LinkKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  std::vector<std::uint8_t> bytes;
  for (Lane& lane : lanes_) {
    const auto seen = lane.to->witness(steps);
    if (!seen) {
      return seen.error();
    }
    bytes.insert(bytes.end(), seen->begin(), seen->end());
  }
  return bytes;
}

Result<std::vector<bool>> LinkKernel::take_beside(Lane& lane, std::span<const Step> steps,
                                                  std::uint64_t first,
                                                  std::vector<std::optional<Mismatch>>& found) {
  std::vector<bool> whole(steps.size(), false);
  if (!lane.beside) {
    return whole;
  }
  const auto words = lane.beside->found(steps);
  if (!words) {
    return words.error();
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::optional<std::uint64_t>& word = (*words)[i];
    whole[i] = word.has_value();
    if (!word || *word == k_nothing_wrong || found[i]) {
      continue;
    }
    auto wrong = lane.to->mismatch(steps[i], *word);
    if (!wrong) {
      return wrong.error();
    }
    found[i] = std::move(*wrong);
    found[i]->index += first;
  }
  return whole;
}

Result<CheckResult> LinkKernel::check(std::span<const Step> steps, const Seed& challenge,
                                      std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  std::vector<bool> whole(steps.size(), true);
  std::uint64_t first = 0;
  for (Lane& lane : lanes_) {
    const auto beside = take_beside(lane, steps, first, found);
    if (!beside) {
      return beside.error();
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      whole[i] = whole[i] && (*beside)[i];
    }
    auto wrong = lane.to->compare(steps, challenge, full);
    if (!wrong) {
      return wrong.error();
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!found[i] && (*wrong)[i]) {
        found[i] = std::move((*wrong)[i]);
        found[i]->index += first;
      }
    }
    first += words();
  }
  for (const std::uint32_t index : full) {
    whole[index] = true;
  }
  const auto compared = std::count(whole.begin(), whole.end(), true);
  return summed_up(std::move(found), static_cast<std::uint64_t>(compared),
                   memory::k_log2_nothing_missed);
}

Result<Done> LinkKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const std::uint64_t bits = lanes_.front().to->slot_bits();
  return lanes_[bit / bits].to->flip(slot, bit % bits);
}

}  // namespace assay::cuda
