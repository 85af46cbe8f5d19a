#include "harness/run/wrong_steps.h"

#include <utility>

#include "harness/model/repetition.h"
#include "harness/run/attempt_job.h"

namespace assay {
namespace {

/// What a worker that did it again, or could not, leaves for the journal.
RepeatLine line_of(std::uint64_t attempt, const std::string& item, const Launched& launched) {
  RepeatLine line{.attempt = attempt, .item = item};
  if (launched.repeated && launched.repeated->times <= k_repetitions &&
      launched.repeated->wrong <= launched.repeated->times) {
    line.times = launched.repeated->times;
    line.wrong = launched.repeated->wrong;
    line.note = launched.repeated->note;
  } else if (launched.failed) {
    line.note = launched.failed->note;
  }
  if (line.times < k_repetitions && line.note.empty()) {
    line.note = "the worker did not say why";
  }
  return line;
}

}  // namespace

void WrongSteps::take(const AttemptBegin& begin, const Job& job, const Launched& launched) {
  if (!launched.measured || !launched.measured->window.first) {
    return;
  }
  Wrong wrong{.attempt = begin.attempt.number, .job = job};
  wrong.job.kind = Job::Kind::repeat;
  wrong.job.repeat = {.step = launched.measured->window.first->step, .times = k_repetitions};
  wrong.job.window.soak_ns = 0;
  wrong.job.window.window_ns = 0;  // its deadline is that of a preparation
  wrong_.push_back(std::move(wrong));
}

Result<bool> WrongSteps::repeat_on(const RepeatWorld& world, const Wrong& wrong,
                                   std::optional<ItemIndex> item) {
  if (!item) {
    auto written = world.write(
        {.attempt = wrong.attempt, .note = "the node has no other item on which nothing failed"});
    return written ? Result<bool>(true) : Result<bool>(written.error());
  }
  const std::string& id = world.rounds.roster()[*item].id;
  Job job = wrong.job;
  job.device = device_of(id);
  job.window.item = id;
  Result<Done> written = Done{};
  const bool whole = launch(world.launch, {job}, world.digests,
                            {.done =
                                 [&](std::size_t, const Launched& launched) {
                                   written = world.write(line_of(wrong.attempt, id, launched));
                                 },
                             .tick = {}});
  return written ? Result<bool>(whole) : Result<bool>(written.error());
}

Result<bool> WrongSteps::repeat(const RepeatWorld& world) const {
  for (const Wrong& wrong : wrong_) {
    const Attempt& attempt = world.rounds.attempts()[wrong.attempt - 1];
    if (attempt.wrong == 0) {
      continue;  // its window was not to be read
    }
    for (const bool on_its_own : {true, false}) {
      const auto item =
          on_its_own ? std::optional(attempt.item)
                     : neighbour_of(attempt, world.rounds.parts(clause_), world.rounds.attempts());
      if (auto whole = repeat_on(world, wrong, item); !whole || !*whole) {
        return whole;
      }
    }
  }
  return true;
}

}  // namespace assay
