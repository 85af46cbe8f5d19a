#include "harness/run/case_bench.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/run/device_work.h"
#include "harness/run/params_grid.h"
#include "harness/run/window.h"

namespace assay {
namespace {

std::vector<std::string> values_of(const Param& param, const Params& fixed) {
  if (const auto found = fixed.find(std::string(param.name)); found != fixed.end()) {
    return {found->second};
  }
  if (!param.fallback.empty()) {
    return {std::string(param.fallback)};
  }
  if (!param.bench.empty()) {
    return {std::string(param.bench)};
  }
  if (param.whole) {
    return {"1"};
  }
  return {param.values.begin(), param.values.end()};
}

/// The combinations that make sense; why the first did not, where none does.
Result<std::vector<BenchedCase>> combinations(const Case& a_case, const Params& fixed) {
  std::vector<BenchedCase> sensible;
  Error first_refusal{Error::Code::bad_input, std::string(a_case.id) + " has no parameters"};
  bool refused = false;
  const auto grid =
      params_grid(a_case, [&fixed](const Param& param) { return values_of(param, fixed); });
  for (const Params& params : grid) {
    const auto complete = complete_params(a_case, params);
    const auto problem = complete ? a_case.problem(*complete) : Result<Problem>(complete.error());
    if (problem) {
      sensible.push_back({name_with_params(a_case, params), a_case, params});
    } else if (!std::exchange(refused, true)) {
      first_refusal = problem.error();
    }
  }
  return sensible.empty() ? Result<std::vector<BenchedCase>>(first_refusal)
                          : Result<std::vector<BenchedCase>>(std::move(sensible));
}

/// Whether the case has every fixed parameter: one that lacks any is not what was asked for.
bool has_all(const Case& a_case, const Params& fixed) {
  return std::all_of(fixed.begin(), fixed.end(), [&a_case](const auto& entry) {
    return std::any_of(a_case.params.begin(), a_case.params.end(),
                       [&entry](const Param& param) { return param.name == entry.first; });
  });
}

std::string names_of(const Params& params) {
  std::string text;
  for (const auto& [name, value] : params) {
    text.append(text.empty() ? "" : ", ").append(name);
  }
  return text;
}

}  // namespace

Result<std::vector<BenchedCase>> benched_cases(const std::vector<Case>& cases,
                                               const Params& fixed) {
  std::vector<BenchedCase> all;
  Error refusal{Error::Code::bad_input, "no case has the parameters " + names_of(fixed)};
  for (const Case& a_case : cases) {
    if (finds(a_case)) {
      if (fixed.empty()) {
        all.push_back({std::string(a_case.id), a_case, {}});
      }
      continue;
    }
    if (!has_all(a_case, fixed)) {
      continue;
    }
    auto found = combinations(a_case, fixed);
    if (!found) {
      refusal = {found.error().code, std::string(a_case.id) + ": " + found.error().message};
      continue;
    }
    std::move(found->begin(), found->end(), std::back_inserter(all));
  }
  return all.empty() ? Result<std::vector<BenchedCase>>(refusal)
                     : Result<std::vector<BenchedCase>>(std::move(all));
}

Result<Done> CaseBench::prepare(const BenchedCase& benched) {
  if (kernel_ && prepared_ == benched.name) {
    return Done{};
  }
  kernel_.reset();  // its memory first: there may be room for one only
  step_ns_ = 0;
  auto kernel = prepare_kernel(
      world_.backend, world_.device, benched.a_case, benched.params,
      {.link = world_.link, .clause = benched.name, .round = 0, .scratch = world_.scratch});
  if (!kernel) {
    return kernel.error();
  }
  kernel_ = *std::move(kernel);
  prepared_ = benched.name;
  return Done{};
}

Result<BenchedWindow> CaseBench::run(const BenchedCase& benched, std::uint64_t steps) {
  if (auto prepared = prepare(benched); !prepared) {
    return prepared.error();
  }
  WindowPlan plan;
  plan.window_ns = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(step_ns_ * static_cast<double>(steps))));
  plan.link = world_.link;
  plan.clause = benched.name;
  plan.item = world_.device.id;
  plan.attempt = ++windows_;
  const auto window = run_window(*kernel_, world_.clock, world_.probe, plan);
  if (!window) {
    return window.error();
  }
  const auto sums = sums_of(window->blocks);
  if (!sums) {
    return sums.error();
  }
  step_ns_ = static_cast<double>(sums->elapsed_ns) / static_cast<double>(sums->steps);
  return BenchedWindow{.ran = kernel_->ran(),
                       .dimension = kernel_->dimension(),
                       .work_per_step = kernel_->work_per_step(),
                       .sums = *sums};
}

}  // namespace assay
