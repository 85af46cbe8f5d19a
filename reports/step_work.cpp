#include "reports/step_work.h"

namespace assay {

Result<Done> StepWork::check(const EndLine& end) {
  if (!end.blocks) {
    return Done{};
  }
  const auto& [attempt, clause, item, round] = end.key;
  const auto stated = stated_.find(clause);
  const bool is_stated = stated != stated_.end();
  const Natural expected =
      is_stated ? stated->second
                : first_.try_emplace({clause, item}, end.work_per_step).first->second;
  if (end.work_per_step == expected) {
    return Done{};
  }
  const std::string who = is_stated
                              ? "a step of clause " + clause + " is "
                              : "the first window of clause " + clause + " on '" + item + "' says ";
  return Error{Error::Code::bad_input, "work_per_step: is " + to_decimal(end.work_per_step) +
                                           ", but " + who + to_decimal(expected)};
}

void StepWork::forget(const std::string& item) {
  std::erase_if(first_, [&item](const auto& known) {
    const std::string& id = known.first.second;
    return id == item || id.starts_with(item + "/");
  });
}

}  // namespace assay
