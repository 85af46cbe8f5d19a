#include "harness/run/collective_kernel.h"

#include <algorithm>
#include <utility>

#include "harness/run/clock.h"
#include "kernels/findings.h"
#include "kernels/host/rank_data.h"
#include "kernels/link_rounds.h"
#include "kernels/module.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::int64_t k_most_lead_ns = 5'000'000;
constexpr double k_log2_nothing_missed = -1024.0;  // stands for -infinity, which JSON can't say

/// "Open MPI v4.1.4, package: ..." is two facts.
std::string first_words_of(const std::string& library) {
  return library.substr(0, library.find(','));
}

bool sums_bf16(const CollectiveProblem& problem) {
  return problem.type == NumberType::bf16 && (problem.op == CollectiveProblem::Op::all_reduce ||
                                              problem.op == CollectiveProblem::Op::reduce_scatter);
}

std::string kernel_of(const CollectiveProblem& problem) {
  if (problem.op == CollectiveProblem::Op::links) {
    return "links:" + std::string(name_of(problem.pattern));
  }
  return std::string(name_of(problem.op)) + (problem.in_place ? ":in_place" : "");
}

/// That are timed in one step.
std::size_t rounds_of(const CollectiveProblem& problem) {
  return problem.op == CollectiveProblem::Op::links ? link_rounds(problem) : 1;
}

}  // namespace

Result<Done> CollectiveKernel::supports(const RankLaunch& launch,
                                        const CollectiveProblem& problem) {
  if (auto fits = ranks::well_sized(problem); !fits) {
    return fits;
  }
  if (problem.op == CollectiveProblem::Op::transport &&
      problem.path == CollectiveProblem::Path::nvlink) {
    return Error{Error::Code::unsupported, "ranks of MPI are no GPUs, and have no NVLink"};
  }
  constexpr std::uint64_t k_most_elements = (std::uint64_t{1} << 31U) - 1;
  if (problem.bytes / bytes_of(problem.type) > k_most_elements) {
    return Error{Error::Code::unsupported, "MPI counts at most 2147483647 elements in a call"};
  }
  return RankJob::can_hold(launch, problem.ranks, RankData::bytes_needed(problem));
}

Result<std::unique_ptr<CollectiveKernel>> CollectiveKernel::prepare(
    const RankLaunch& launch, const CollectiveProblem& problem, const Seed& seed) {
  if (auto able = supports(launch, problem); !able) {
    return able.error();
  }
  return start(launch, problem, seed);
}

Result<std::unique_ptr<CollectiveKernel>> CollectiveKernel::start(const RankLaunch& launch,
                                                                  const CollectiveProblem& problem,
                                                                  const Seed& seed) {
  auto job = RankJob::start(launch, {problem, {}}, seed);
  if (!job) {
    return job.error();
  }
  return std::make_unique<CollectiveKernel>(problem, std::move(*job));
}

Ran CollectiveKernel::ran() const {
  const std::string library = first_words_of(job_->library());
  const std::size_t space = library.rfind(' ');
  const std::string told = job_->settings().empty() ? "" : " " + job_->settings();
  const std::string by = job_->started_by().empty() ? "" : ", ranks by " + job_->started_by();
  const bool sums_itself = sums_bf16(problem_) && !job_->is_on_devices();  // NCCL knows the type
  return {.software = library.substr(0, space),
          .version = space == std::string::npos ? "" : library.substr(space + 1),
          .kernel = kernel_of(problem_) + told + by,
          .isa = sums_itself ? "sums of bf16 by assay" : "",
          .threads = problem_.ranks};
}

Dimension CollectiveKernel::dimension() const {
  return problem_.value == CollectiveProblem::Value::time ? Dimension::time : Dimension::byte_rate;
}

Natural CollectiveKernel::work_per_step() const {
  const Natural others = Natural{problem_.ranks - 1} * problem_.bytes;
  if (problem_.op == CollectiveProblem::Op::links) {
    return problem_.pattern == CollectiveProblem::Pattern::incast ? others : problem_.bytes;
  }
  if (problem_.value != CollectiveProblem::Value::bus_rate) {
    return problem_.bytes;
  }
  switch (problem_.op) {
    case CollectiveProblem::Op::all_reduce: return 2 * others / problem_.ranks;
    case CollectiveProblem::Op::reduce_scatter:
    case CollectiveProblem::Op::all_gather:
    case CollectiveProblem::Op::all_to_all: return others / problem_.ranks;
    case CollectiveProblem::Op::broadcast:
    case CollectiveProblem::Op::send_recv:
    case CollectiveProblem::Op::transport:
    case CollectiveProblem::Op::links: return problem_.bytes;
  }
  return 0;
}

std::uint64_t CollectiveKernel::tuples() const {
  return ranks::k_tuples;
}

std::uint32_t CollectiveKernel::slots() const {
  return ranks::slots_of(problem_);
}

Result<std::vector<RankRecord>> CollectiveKernel::ask(RankCommand command,
                                                      std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  command.steps = {steps.begin(), steps.end()};
  auto records = job_->ask(command);
  if (!records) {
    const std::string own = "network." + std::string(name_of(problem_.op));
    return Error{records.error().code,
                 (case_id_.empty() ? own : case_id_) + ": " + records.error().message};
  }
  return records;
}

/// At a window's first batch, so that nothing of it is timed.
Result<Done> CollectiveKernel::look_before() {
  const auto records = job_->ask({.kind = RankCommand::Kind::look});
  if (!records) {
    return records.error();
  }
  before_ = RanksSeen::of(*records, system_clock().now_ns());
  times_ = CallTimes();
  late_calls_ = 0;
  device_ns_ = 0;
  links_.clear();
  window_begins_ = false;
  return Done{};
}

Result<Done> CollectiveKernel::poison(std::span<const Step> steps) {
  if (auto looked = window_begins_ ? look_before() : Result<Done>(Done{}); !looked) {
    return looked;
  }
  const auto records = ask({.kind = RankCommand::Kind::prepare}, steps);
  return records ? Result<Done>(Done{}) : Result<Done>(records.error());
}

std::int64_t CollectiveKernel::longest_of(const std::vector<RankRecord>& records,
                                          std::size_t call) {
  std::vector<std::int64_t> end_ns;
  std::vector<std::int64_t> late_ns;
  end_ns.reserve(records.size());
  late_ns.reserve(records.size());
  for (const RankRecord& record : records) {
    end_ns.push_back(record.end_ns[call]);
    late_ns.push_back(record.late_ns[call]);
  }
  if (is_links()) {
    links_.add(static_cast<std::uint32_t>(call % link_rounds(problem_)), end_ns, late_ns);
  }
  return *std::max_element(end_ns.begin(), end_ns.end());
}

/// A step of several rounds takes as long as the slowest of them.
void CollectiveKernel::take_times(const std::vector<RankRecord>& records, std::size_t step) {
  const std::size_t rounds = rounds_of(problem_);
  std::int64_t longest_ns = 0;
  std::int64_t on_device_ns = 0;
  bool late = false;
  for (std::size_t call = step * rounds; call < (step + 1) * rounds; ++call) {
    longest_ns = std::max(longest_ns, longest_of(records, call));
    late = late || std::any_of(records.begin(), records.end(), [call](const RankRecord& record) {
             return record.late_ns[call] > 0;
           });
    for (const RankRecord& record : records) {
      on_device_ns = std::max(on_device_ns, record.device_ns.empty() ? 0 : record.device_ns[call]);
    }
  }
  device_ns_ += on_device_ns;
  timed_ns_ += std::max<std::int64_t>(longest_ns, 1);
  times_.add(std::max<std::int64_t>(longest_ns, 0));
  late_calls_ += late ? 1 : 0;
}

Result<Done> CollectiveKernel::run(std::span<const Step> steps) {
  const auto records = ask({.kind = RankCommand::Kind::run, .lead_ns = lead_ns_}, steps);
  if (!records) {
    return records.error();
  }
  const std::size_t calls = steps.size() * rounds_of(problem_);
  for (const RankRecord& record : *records) {
    if (record.end_ns.size() != calls || record.late_ns.size() != calls ||
        record.device_ns.size() != (job_->is_on_devices() ? calls : 0)) {
      return Error{Error::Code::io, "a rank has another number of times than of calls"};
    }
  }
  timed_ns_ = 0;
  const std::int64_t late_before = late_calls_;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    take_times(*records, step);
  }
  constexpr std::int64_t k_one_in = 100;
  if ((late_calls_ - late_before) * k_one_in > static_cast<std::int64_t>(steps.size())) {
    lead_ns_ = std::min(2 * lead_ns_, k_most_lead_ns);
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> CollectiveKernel::witness(std::span<const Step> steps) {
  const auto records = ask({.kind = RankCommand::Kind::witness}, steps);
  if (!records) {
    return records.error();
  }
  std::vector<std::uint8_t> bytes;
  for (const RankRecord& record : *records) {
    bytes.insert(bytes.end(), record.bytes.begin(), record.bytes.end());
  }
  return bytes;
}

/// Nothing is drawn: all ranks compare all elements of all slots. What a layer's ranks compare is
/// theirs to draw.
Result<CheckResult> CollectiveKernel::check(std::span<const Step> steps, const Seed& challenge,
                                            std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  const auto records =
      ask({.kind = RankCommand::Kind::check, .seed = challenge, .full = {full.begin(), full.end()}},
          steps);
  if (!records) {
    return records.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t rank = 0; rank < records->size(); ++rank) {
    const RankRecord& record = (*records)[rank];
    if (record.bytes != records->front().bytes && !found.empty() && !found.front()) {
      found.front() = Mismatch{.expected = "the same gradients on all ranks",
                               .actual = "others were gathered on rank " + std::to_string(rank)};
    }
    for (const std::uint32_t step : record.wrong) {
      if (step >= steps.size()) {
        return Error{Error::Code::io, "a rank has checked a call that was not made"};
      }
      if (!found[step]) {
        found[step] = record.first && record.first->step == step ? *record.first : Mismatch{};
        found[step]->actual += " on rank " + job_->name_of(rank);
      }
    }
  }
  return summed_up(std::move(found), steps.size(), k_log2_nothing_missed);
}

Result<Done> CollectiveKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const auto records = job_->ask({.kind = RankCommand::Kind::flip, .slot = slot, .bit = bit});
  return records ? Result<Done>(Done{}) : Result<Done>(records.error());
}

std::vector<std::int32_t> CollectiveKernel::processes() const {
  return job_->processes();
}

Result<std::vector<Noted>> CollectiveKernel::notes() {
  if (times_.count() == 0) {
    return std::vector<Noted>{};
  }
  constexpr std::int64_t k_million = 1'000'000;
  constexpr unsigned k_most_of_all = 99;
  std::vector<Noted> notes{{"calls_count", times_.count(), ""},
                           {"calls_p50_ns", times_.quantile_ns(50), ""},
                           {"calls_p99_ns", times_.quantile_ns(k_most_of_all), ""},
                           {"calls_quantile_error_ppm", times_.error_ppm(), ""},
                           {"calls_longest_ns", times_.longest_ns(), ""},
                           {"calls_late_ppm", late_calls_ * k_million / times_.count(), ""},
                           {"calls_start_lead_ns", lead_ns_, ""}};
  const auto add = [&notes](const std::vector<Noted>& more) {
    notes.insert(notes.end(), more.begin(), more.end());
  };
  if (job_->is_on_devices()) {
    add({{"calls_on_device_mean_ns", device_ns_ / times_.count(), ""}});
  }
  if (is_links()) {
    add(links_.notes());
  }
  if (before_) {
    const auto records = job_->ask({.kind = RankCommand::Kind::look});
    if (!records) {
      return records.error();
    }
    add(seen_between(*before_, RanksSeen::of(*records, system_clock().now_ns())));
  }
  return notes;
}

}  // namespace assay
