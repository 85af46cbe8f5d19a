#include "harness/run/classify.h"

#include <cstdlib>
#include <utility>

#include "reports/io_witness.h"
#include "reports/path_witness.h"

namespace assay {
namespace {

constexpr std::int64_t k_second_ns = 1'000'000'000;

/// |part| > share x whole
bool exceeds(std::int64_t part, std::int64_t whole, const Ratio& share) {
  return exceeds(static_cast<Natural>(std::abs(part)), static_cast<Natural>(whole), share);
}

std::string ns(std::int64_t time) {
  return std::to_string(time) + " ns";
}

std::string difference_in(const WindowResult& window) {
  if (!window.first) {
    return "a verified output differs";
  }
  const Mismatch& mismatch = window.first->mismatch;
  return "block " + std::to_string(window.first->block) + ", step " +
         std::to_string(mismatch.step) + ", element " + std::to_string(mismatch.index) + " is " +
         mismatch.actual + " instead of " + mismatch.expected;
}

}  // namespace

Classified classify(const WindowResult& window, const WindowPlan& plan,
                    const Tolerances& tolerances) {
  if (window.late) {
    return {Ending::late, "the soak had not ended at the common start"};
  }
  const auto sums = sums_of(window.blocks);
  if (!sums) {
    return {Ending::gap, sums.error().message};
  }
  if (sums->wrong > 0) {
    return {Ending::wrong_result, difference_in(window)};
  }
  const std::int64_t skew = plan.start_utc_ns == 0 ? 0 : window.start_utc_ns - plan.start_utc_ns;
  if (exceeds(skew, k_second_ns, tolerances.start_skew_s)) {
    return {Ending::late, "the window began " + ns(skew) + " after the common start"};
  }
  if (sums->elapsed_ns < plan.window_ns) {
    return {Ending::late,
            "the window is " + ns(sums->elapsed_ns) + " long instead of " + ns(plan.window_ns)};
  }
  if (exceeds(sums->gap_ns, sums->elapsed_ns, tolerances.gap)) {
    return {Ending::gap,
            "the blocks leave gaps of " + ns(sums->gap_ns) + " in " + ns(sums->elapsed_ns)};
  }
  const std::int64_t disagreement = window.clock_ns - sums->elapsed_ns;
  if (exceeds(disagreement, sums->elapsed_ns, tolerances.clock)) {
    return {Ending::clock,
            "the clocks disagree by " + ns(disagreement) + " in " + ns(sums->elapsed_ns)};
  }
  return {};
}

Classified classify_io(const std::string& case_id, const Params& params, const Readings& telemetry,
                       Natural work) {
  std::string fault =
      needs_io_witness(case_id) ? io_fault_of(case_id, params, telemetry, work) : "";
  return fault.empty() ? Classified{} : Classified{Ending::unwitnessed, std::move(fault)};
}

Classified classify_path(const std::string& case_id, const Params& params,
                         const Readings& telemetry, Natural steps) {
  std::string fault = needs_path_witness(case_id) ? path_fault_of(params, telemetry, steps) : "";
  return fault.empty() ? Classified{} : Classified{Ending::unwitnessed, std::move(fault)};
}

}  // namespace assay
