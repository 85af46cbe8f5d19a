#include "kernels/cuda/beside_copies.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/current_device.h"
#include "kernels/cuda/error.h"

namespace assay::cuda {
namespace {

bool share_a_slot(std::span<const Step> steps, std::size_t slots) {
  std::vector<bool> taken(slots, false);
  return std::any_of(steps.begin(), steps.end(), [&taken](const Step& step) {
    const bool again = taken[step.slot];
    taken[step.slot] = true;
    return again;
  });
}

}  // namespace

Result<BesideCopies> BesideCopies::on(int ordinal, const SlotSetting& setting,
                                      std::vector<DeviceWord*> slots) {
  BesideCopies made(ordinal, setting, std::move(slots));
  for (std::size_t i = 0; i < made.slots_.size(); ++i) {
    cudaEvent_t event = nullptr;
    if (auto done = check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming),
                          "cudaEventCreateWithFlags");
        !done) {
      return done.error();
    }
    made.copied_.push_back(event);
  }
  if (auto opened = on_device(ordinal, [&made] { return made.open(); }); !opened) {
    return opened.error();
  }
  return made;
}

Result<Done> BesideCopies::open() {
  auto tasks = DeviceBuffer::of_bytes(slots_.size() * sizeof(SlotTask));
  auto first = DeviceBuffer::of_bytes(slots_.size() * sizeof(DeviceWord));
  if (!tasks || !first) {
    return tasks ? first.error() : tasks.error();
  }
  tasks_ = std::move(*tasks);
  first_ = std::move(*first);
  // One that the default stream waits for and is waited for by: what arm() copies is there before
  // anything is compared.
  return check(cudaStreamCreate(&stream_), "cudaStreamCreate");
}

BesideCopies::BesideCopies(BesideCopies&& other) noexcept
    : ordinal_(other.ordinal_),
      setting_(other.setting_),
      slots_(std::move(other.slots_)),
      stream_(std::exchange(other.stream_, nullptr)),
      copied_(std::exchange(other.copied_, {})),
      tasks_(std::move(other.tasks_)),
      first_(std::move(other.first_)),
      armed_(std::move(other.armed_)),
      followed_(std::exchange(other.followed_, 0)) {}

BesideCopies::~BesideCopies() {
  // Nobody is left to tell, as in DeviceBuffer.
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
  for (cudaEvent_t event : copied_) {
    static_cast<void>(cudaEventDestroy(event));
  }
}

Result<Done> BesideCopies::arm(std::span<const Step> steps) {
  followed_ = 0;
  armed_.clear();
  if (auto done = check(cudaStreamSynchronize(stream_), "comparison beside copies"); !done) {
    return done;
  }
  if (steps.empty() || share_a_slot(steps, slots_.size())) {
    return Done{};
  }
  std::vector<SlotTask> tasks;
  for (const Step& step : steps) {
    tasks.push_back(
        {.slot = slots_[step.slot], .tuple = memory::tuple_of(step.tuple), .draw = Keyed({}, 0)});
  }
  const std::vector<DeviceWord> none(steps.size(), k_nothing_wrong);
  auto copied = on_device(ordinal_, [&] {
    auto done = copy_to_device(tasks_.data(), tasks.data(), tasks.size() * sizeof(SlotTask));
    return done ? copy_to_device(first_.data(), none.data(), none.size() * sizeof(DeviceWord))
                : done;
  });
  if (copied) {
    armed_.assign(steps.begin(), steps.end());
  }
  return copied;
}

bool BesideCopies::is_armed_for(std::span<const Step> steps) const {
  return followed_ == 0 && std::equal(steps.begin(), steps.end(), armed_.begin(), armed_.end());
}

Result<Done> BesideCopies::follow(std::size_t index, cudaStream_t copies) {
  if (index != followed_ || index >= armed_.size()) {
    return Done{};  // Of steps that share a slot none is followed.
  }
  cudaEvent_t const event = copied_[index];
  auto done = check(cudaEventRecord(event, copies), "cudaEventRecord");
  if (done) {
    done = check(cudaStreamWaitEvent(stream_, event, 0), "cudaStreamWaitEvent");
  }
  if (done) {
    done = on_device(ordinal_, [this, index] {
      return queue_whole_comparison(setting_, tasks_.as<SlotTask>() + index,
                                    first_.as<DeviceWord>() + index, stream_);
    });
  }
  if (done) {
    ++followed_;
  }
  return done;
}

Result<std::vector<std::optional<std::uint64_t>>> BesideCopies::found(std::span<const Step> steps) {
  if (auto done = check(cudaStreamSynchronize(stream_), "comparison beside copies"); !done) {
    return done.error();
  }
  const auto first = on_host<DeviceWord>(first_, followed_);
  if (!first) {
    return first.error();
  }
  std::vector<std::optional<std::uint64_t>> words(steps.size());
  const auto end = armed_.begin() + static_cast<std::ptrdiff_t>(followed_);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (const auto at = std::find(armed_.begin(), end, steps[i]); at != end) {
      words[i] = (*first)[static_cast<std::size_t>(at - armed_.begin())];
    }
  }
  return words;
}

}  // namespace assay::cuda
