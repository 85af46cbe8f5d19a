#include "harness/run/window.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "harness/run/draw.h"

namespace assay {
namespace {

constexpr std::int64_t k_soak_batch_ns = 50'000'000;
constexpr std::int64_t k_second_batch_ns = 2'000'000;
constexpr std::uint64_t k_fixed_steps = 4;  // the first one's output is compared across the fleet

class WindowRun {
 public:
  WindowRun(Kernel& kernel, Clock& clock, Probe& probe, const WindowPlan& plan)
      : kernel_(kernel),
        clock_(clock),
        probe_(probe),
        plan_(plan),
        largest_batch_(std::min<std::uint64_t>(kernel.slots(), kernel.tuples())) {}

  Result<WindowResult> run();

 private:
  Result<Done> soak();
  Result<Done> soak_batch(DrawnOrder& order, std::int64_t time_ns);
  Result<Done> calibrate_checks();
  Result<Done> block();
  Result<Done> batch(std::span<const Step> steps);
  Result<Done> verify(std::span<const Step> steps);
  Result<CheckResult> check(std::span<const Step> steps, const Digest& challenge,
                            std::span<const std::uint32_t> full);
  void count(std::span<const Step> steps, const CheckResult& checked);
  void count_full(std::span<const Step> steps, const CheckResult& checked);
  Result<Done> check_last_in_full();
  Result<Done> check_held();
  void hold(std::span<const Step> steps, std::span<const std::uint32_t> full, bool all);
  Result<Digest> witness_digest(std::span<const Step> steps);

  [[nodiscard]] std::vector<Step> steps_from(DrawnOrder& order, std::int64_t time_ns);
  [[nodiscard]] std::vector<std::uint32_t> draw_full(std::size_t steps, const Digest& challenge);
  [[nodiscard]] std::uint64_t full_checks_due(std::size_t steps, const Digest& challenge);
  [[nodiscard]] Digest seed(std::string_view label, std::vector<std::string> parts) const;
  [[nodiscard]] std::int64_t elapsed() { return clock_.now_ns() - start_ns_; }
  [[nodiscard]] bool over() { return elapsed() >= plan_.window_ns; }

  Kernel& kernel_;
  Clock& clock_;
  Probe& probe_;
  const WindowPlan& plan_;
  std::uint64_t largest_batch_;
  WindowResult result_;

  std::int64_t start_ns_ = 0;
  double step_ns_ = 1.0, tile_ns_ = 0.0, full_ns_ = 0.0;  // what one costs, as last seen
  std::int64_t check_ns_ = 0;                             // of the window so far
  std::uint64_t full_done_ = 0;
  std::int64_t forced_at_ns_ = -1;  // when a full check is due whatever it costs; drawn
  std::uint64_t batch_ = 0;         // within its block
  std::vector<Step> last_steps_;    // of the last batch, whose slots are still there
  Digest last_challenge_{};
  CheckResult last_checked_;
  bool counted_full_ = false;
  bool checks_all_ = false;         // the kernel checks all as a whole, whatever it is asked for
  std::vector<Step> held_;          // of this block: the last step of each slot
  std::vector<bool> held_in_full_;  // checked as a whole, or no step at all
};

Digest WindowRun::seed(std::string_view label, std::vector<std::string> parts) const {
  std::vector<std::string> all{plan_.clause, plan_.item, std::to_string(plan_.attempt)};
  all.insert(all.end(), parts.begin(), parts.end());
  return derive(plan_.link, label, all);
}

std::vector<Step> WindowRun::steps_from(DrawnOrder& order, std::int64_t time_ns) {
  const double wanted = std::ceil(static_cast<double>(time_ns) / step_ns_);
  const auto most = static_cast<double>(largest_batch_);
  const auto size = static_cast<std::uint32_t>(std::clamp(wanted, 1.0, most));
  const bool first_block = result_.blocks.size() == 1;
  const std::uint64_t fixed = std::min(k_fixed_steps, largest_batch_);
  std::vector<Step> steps;
  steps.reserve(size);
  for (std::uint32_t slot = 0; slot < size; ++slot) {
    std::uint64_t tuple = order.next();
    while (first_block && tuple < fixed && kernel_.tuples() > fixed) {
      tuple = order.next();  // the fixed steps have used these
    }
    steps.push_back({.tuple = tuple, .slot = slot});
  }
  return steps;
}

Result<Done> WindowRun::soak_batch(DrawnOrder& order, std::int64_t time_ns) {
  const auto steps = steps_from(order, time_ns);
  const std::int64_t before = clock_.now_ns();
  if (auto ran = kernel_.run(steps); !ran) {
    return ran;
  }
  const auto time = static_cast<double>(clock_.now_ns() - before);
  step_ns_ = std::max(1.0, time / static_cast<double>(steps.size()));
  return Done{};
}

/// Learns what checks cost. What is found here is not evidence: nothing before the window counts.
Result<Done> WindowRun::calibrate_checks() {
  const std::array<Step, 1> steps{Step{}};
  const Digest challenge = seed("calibration", {});
  if (auto ran = kernel_.run(steps); !ran) {
    return ran;
  }
  const std::array<std::uint32_t, 1> full{0};
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}}) {
    const std::int64_t before = clock_.now_ns();
    if (auto poisoned = count == 0 ? kernel_.poison(steps) : Result<Done>(Done{}); !poisoned) {
      return poisoned;
    }
    if (auto digest = witness_digest(steps); !digest) {
      return digest.error();
    }
    auto checked = kernel_.check(steps, challenge, std::span(full).first(count));
    if (!checked) {
      return checked.error();
    }
    const auto time = static_cast<double>(clock_.now_ns() - before);
    (count == 0 ? tile_ns_ : full_ns_) = time;
  }
  full_ns_ = std::max(0.0, full_ns_ - tile_ns_);
  return Done{};
}

Result<Done> WindowRun::soak() {
  const std::int64_t begun = clock_.now_ns();
  DrawnOrder order(kernel_.tuples(), seed("soak", {}));
  // The first step pays for page faults and code generation, so it says nothing about the next.
  for (const std::int64_t time_ns : {std::int64_t{1}, k_second_batch_ns}) {
    if (auto done = soak_batch(order, time_ns); !done) {
      return done;
    }
  }
  if (auto done = calibrate_checks(); !done) {
    return done;
  }
  while (clock_.now_ns() - begun < plan_.soak_ns) {
    if (auto done = soak_batch(order, k_soak_batch_ns); !done) {
      return done;
    }
  }
  if (plan_.start_utc_ns == 0) {
    return Done{};
  }
  std::int64_t left = plan_.start_utc_ns - clock_.utc_ns();
  result_.late = left < 0;
  while (static_cast<double>(left) > 1.5 * step_ns_) {  // stays warm, and ends before the start
    if (auto done = soak_batch(order, std::min(left / 2, k_soak_batch_ns)); !done) {
      return done;
    }
    left = plan_.start_utc_ns - clock_.utc_ns();
  }
  if (left > 0) {
    clock_.sleep_until_utc(plan_.start_utc_ns);
  }
  return Done{};
}

Result<Digest> WindowRun::witness_digest(std::span<const Step> steps) {
  auto witness = kernel_.witness(steps);
  if (!witness) {
    return witness.error();
  }
  return sha256(*witness);
}

/// How many slots of this batch are checked as a whole: as many as the share of the time allows,
/// and one at a time that nobody knew before the first outputs.
std::uint64_t WindowRun::full_checks_due(std::size_t steps, const Digest& challenge) {
  const auto now = static_cast<double>(elapsed());
  if (forced_at_ns_ < 0) {
    const auto latest = static_cast<std::uint64_t>(std::max<std::int64_t>(plan_.window_ns, 1));
    forced_at_ns_ = static_cast<std::int64_t>(Draw(challenge).below(latest));
  }
  const double budget = now * static_cast<double>(plan_.check_share_ppm) / 1e6;
  const double left = budget - static_cast<double>(check_ns_) - tile_ns_ * double(steps);
  const double affordable = left <= 0.0 || checks_all_ ? 0.0 : left / std::max(full_ns_, 1.0);
  const double most = std::min(affordable, static_cast<double>(steps));
  const bool forced = full_done_ == 0 && (now >= static_cast<double>(forced_at_ns_) || over());
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(most), forced ? 1 : 0);
}

std::vector<std::uint32_t> WindowRun::draw_full(std::size_t steps, const Digest& challenge) {
  const std::uint64_t count = full_checks_due(steps, challenge);
  const std::array<std::string, 0> none{};
  DrawnOrder order(steps, derive(challenge, "full", none));
  std::vector<std::uint32_t> full;
  full.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    full.push_back(static_cast<std::uint32_t>(order.next()));
  }
  return full;
}

/// All that was asked for, or an error.
Result<CheckResult> WindowRun::check(std::span<const Step> steps, const Digest& challenge,
                                     std::span<const std::uint32_t> full) {
  auto checked = kernel_.check(steps, challenge, full);
  if (checked && (checked->tiles < steps.size() || checked->full < full.size())) {
    return Error{Error::Code::io, "the kernel checked " + std::to_string(checked->tiles) +
                                      " tiles and " + std::to_string(checked->full) +
                                      " whole slots of " + std::to_string(steps.size()) + " and " +
                                      std::to_string(full.size())};
  }
  return checked;
}

Result<Done> WindowRun::verify(std::span<const Step> steps) {
  const std::int64_t begun = clock_.now_ns();
  const auto digest = witness_digest(steps);
  if (!digest) {
    return digest.error();
  }
  if (result_.output_digest.empty()) {
    const auto first = witness_digest(steps.first(1));  // whatever the number of slots here
    if (!first) {
      return first.error();
    }
    // With the link: small outputs may well be equal in two rounds, and are no replay then.
    const std::array<std::string, 2> parts{plan_.clause, hex(*first)};
    result_.output_digest = hex(derive(plan_.link, "outputs", parts));
  }
  const std::size_t block = result_.blocks.size() - 1;
  const Digest challenge =
      seed("challenge", {std::to_string(block), std::to_string(batch_), hex(*digest)});
  const auto full = draw_full(steps.size(), challenge);
  const std::int64_t between = clock_.now_ns();
  const auto checked = check(steps, challenge, full);
  if (!checked) {
    return checked.error();
  }
  const std::int64_t ended = clock_.now_ns();
  if (!full.empty()) {
    const double tiles = tile_ns_ * static_cast<double>(steps.size());
    const double whole = static_cast<double>(ended - between) - tiles;
    full_ns_ = std::max(whole / static_cast<double>(full.size()), 0.0);
  } else {
    tile_ns_ = static_cast<double>(ended - begun) / static_cast<double>(steps.size());
  }
  full_done_ += checked->full;
  checks_all_ = full.size() < steps.size() && checked->full >= steps.size();
  hold(steps, full, checks_all_);
  result_.blocks.check_ns.back() += ended - begun;
  check_ns_ += ended - begun;
  last_steps_.assign(steps.begin(), steps.end());
  last_challenge_ = challenge;
  last_checked_ = *checked;
  count(steps, *checked);
  return Done{};
}

/// A window may be over before the time that was drawn for its first full check; it gets one then.
Result<Done> WindowRun::check_last_in_full() {
  const std::int64_t begun = clock_.now_ns();
  const std::array<std::string, 0> none{};
  DrawnOrder order(last_steps_.size(), derive(last_challenge_, "full", none));
  const std::array<std::uint32_t, 1> full{static_cast<std::uint32_t>(order.next())};
  const auto checked = check(last_steps_, last_challenge_, full);
  if (!checked) {
    return checked.error();
  }
  full_done_ += checked->full;
  // The same challenge draws the same tiles: they are counted, and what was wrong in them. A slot
  // that was seen wrong stays so, whatever the second look sees: only what is more is added.
  result_.blocks.wrong.back() += static_cast<std::int64_t>(
      std::max(checked->wrong, last_checked_.wrong) - last_checked_.wrong);
  count_full(last_steps_, *checked);
  result_.blocks.check_ns.back() += clock_.now_ns() - begun;
  result_.blocks.end_ns.back() = elapsed();
  return Done{};
}

void WindowRun::hold(std::span<const Step> steps, std::span<const std::uint32_t> full, bool all) {
  for (const Step& step : steps) {
    held_[step.slot] = step;
    held_in_full_[step.slot] = all;
  }
  for (const std::uint32_t index : full) {
    held_in_full_[steps[index].slot] = true;
  }
}

/// After the window, where reading a slot is all it takes: those that are still there, of the last
/// block. It is no part of the window, and so of no figure. Once something is wrong it changes
/// nothing any more.
Result<Done> WindowRun::check_held() {
  std::vector<Step> steps;
  for (std::size_t slot = 0; slot < held_.size(); ++slot) {
    if (!held_in_full_[slot]) {
      steps.push_back(held_[slot]);
    }
  }
  std::vector<std::uint32_t> full(steps.size());
  std::iota(full.begin(), full.end(), 0U);
  const auto checked = check(steps, last_challenge_, full);
  if (!checked) {
    return checked.error();
  }
  full_done_ += checked->full;
  result_.blocks.wrong.back() += static_cast<std::int64_t>(checked->wrong);
  count_full(steps, *checked);
  return Done{};
}

void WindowRun::count(std::span<const Step> steps, const CheckResult& checked) {
  Blocks& blocks = result_.blocks;
  blocks.steps.back() += static_cast<std::int64_t>(steps.size());
  blocks.tiles.back() += static_cast<std::int64_t>(checked.tiles);
  blocks.wrong.back() += static_cast<std::int64_t>(checked.wrong);
  count_full(steps, checked);
}

void WindowRun::count_full(std::span<const Step> steps, const CheckResult& checked) {
  Blocks& blocks = result_.blocks;
  blocks.full.back() += static_cast<std::int64_t>(checked.full);
  if (checked.full > 0) {
    const bool first = !std::exchange(counted_full_, true);
    result_.log2_miss = first ? checked.log2_miss : std::max(result_.log2_miss, checked.log2_miss);
  }
  if (checked.first && !result_.first) {
    result_.first = {.block = static_cast<std::uint32_t>(blocks.size() - 1),
                     .step = steps[checked.first->step],
                     .mismatch = *checked.first};
  }
}

Result<Done> WindowRun::batch(std::span<const Step> steps) {
  const std::int64_t begun = clock_.now_ns();
  if (auto poisoned = kernel_.poison(steps); !poisoned) {
    return poisoned;
  }
  const std::int64_t poisoned_at = clock_.now_ns();
  result_.blocks.check_ns.back() += poisoned_at - begun;
  check_ns_ += poisoned_at - begun;
  if (auto ran = kernel_.run(steps); !ran) {
    return ran;
  }
  const auto time = static_cast<double>(clock_.now_ns() - poisoned_at);
  step_ns_ = std::max(1.0, time / static_cast<double>(steps.size()));
  if (const auto timed_ns = kernel_.timed_ns()) {
    result_.blocks.timed_ns.back() += *timed_ns;
  }
  auto verified = verify(steps);
  ++batch_;
  return verified;
}

Result<Done> WindowRun::block() {
  Blocks& blocks = result_.blocks;
  const std::int64_t begun = blocks.size() == 0 ? 0 : blocks.end_ns.back();
  blocks.start_ns.push_back(begun);
  for (auto* column :
       {&blocks.steps, &blocks.tiles, &blocks.full, &blocks.wrong, &blocks.check_ns}) {
    column->push_back(0);
  }
  if (kernel_.timed_ns()) {
    blocks.timed_ns.push_back(0);
  }
  batch_ = 0;
  held_.assign(largest_batch_, {});
  held_in_full_.assign(largest_batch_, true);
  DrawnOrder order(kernel_.tuples(), seed("tuples", {std::to_string(blocks.size() - 1)}));
  if (blocks.size() == 1) {
    std::vector<Step> fixed;
    for (std::uint32_t i = 0; i < std::min(k_fixed_steps, largest_batch_); ++i) {
      fixed.push_back({.tuple = i, .slot = i});
    }
    if (auto done = batch(fixed); !done) {
      return done;
    }
  }
  // A block ends when it is long enough, the last one with the window.
  std::int64_t left = plan_.shortest_block_ns - (elapsed() - begun);
  while ((left > 0 && !over()) || blocks.steps.back() == 0) {
    if (auto done = batch(steps_from(order, left)); !done) {
      return done;
    }
    left = plan_.shortest_block_ns - (elapsed() - begun);
  }
  const BlockTelemetry telemetry = probe_.block();
  blocks.clock_khz.push_back(telemetry.clock_khz);
  blocks.power_mw.push_back(telemetry.power_mw);
  blocks.end_ns.push_back(elapsed());
  return Done{};
}

Result<WindowResult> WindowRun::run() {
  if (largest_batch_ == 0 || plan_.window_ns <= 0) {
    return Error{Error::Code::bad_input, "a window needs a length, a tuple and a slot"};
  }
  if (auto done = soak(); !done) {
    return done.error();
  }
  result_.start_utc_ns = clock_.utc_ns();
  if (result_.late) {
    return std::move(result_);
  }
  kernel_.begin_window();
  probe_.begin_window();
  const ClockPair begin = read_both(clock_);
  start_ns_ = begin.now_ns;
  do {
    if (auto done = block(); !done) {
      return done.error();
    }
  } while (result_.blocks.end_ns.back() < plan_.window_ns);
  const bool is_right = std::all_of(result_.blocks.wrong.begin(), result_.blocks.wrong.end(),
                                    [](std::int64_t wrong) { return wrong == 0; });
  const bool reads_held = is_right && kernel_.whole_is_cheap();
  if (full_done_ == 0 && !reads_held) {
    if (auto done = check_last_in_full(); !done) {
      return done.error();
    }
  }
  const ClockPair end = read_both(clock_);
  probe_.end_window();
  if (reads_held) {
    if (auto done = check_held(); !done) {
      return done.error();
    }
  }
  const std::int64_t disagreement =
      (end.witness_ns - begin.witness_ns) - (end.now_ns - begin.now_ns);
  result_.clock_ns = result_.blocks.end_ns.back() + disagreement;
  return std::move(result_);
}

}  // namespace

Result<WindowResult> run_window(Kernel& kernel, Clock& clock, Probe& probe,
                                const WindowPlan& plan) {
  return WindowRun(kernel, clock, probe, plan).run();
}

}  // namespace assay
