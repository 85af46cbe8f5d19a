#include "harness/run/repeat_messages.h"

#include <limits>

namespace assay {
namespace {

constexpr std::int64_t k_most = std::numeric_limits<std::uint32_t>::max();

std::uint32_t count_from(Members& members, std::string_view name) {
  return static_cast<std::uint32_t>(members.whole_up_to(name, k_most));
}

}  // namespace

Json::Object json_of(const RepeatPlan& plan) {
  return {{"slot", plan.step.slot}, {"times", plan.times}, {"tuple", to_decimal(plan.step.tuple)}};
}

Json::Object json_of(const Repeated& repeated) {
  return {{"kind", "repeated"},
          {"note", repeated.note},
          {"times", repeated.times},
          {"wrong", repeated.wrong}};
}

Step read_step(Members& members) {
  const Natural tuple = members.decimal("tuple");
  if (tuple > std::numeric_limits<std::uint64_t>::max()) {
    members.fail("tuple", "must be below 2^64");
  }
  return {.tuple = static_cast<std::uint64_t>(tuple), .slot = count_from(members, "slot")};
}

RepeatPlan read_repeat_plan(Members& job) {
  RepeatPlan plan;
  const Json* object = job.object("repeat");
  if (object == nullptr) {
    return plan;
  }
  Members members(*object, "repeat");
  plan.step = read_step(members);
  plan.times = count_from(members, "times");
  if (auto done = members.done(); !done) {
    job.fail("repeat", done.error().message);
  }
  return plan;
}

Repeated read_repeated(Members& answer) {
  Repeated repeated;
  repeated.times = count_from(answer, "times");
  repeated.wrong = count_from(answer, "wrong");
  repeated.note = answer.text("note");
  return repeated;
}

}  // namespace assay
