#include "harness/run/collective_case.h"

#include <utility>

#include "harness/model/step_size.h"
#include "kernels/rank_layout.h"

namespace assay {
namespace {

using Value = CollectiveProblem::Value;

Value value_of(const Params& params) {
  const std::string& word = params.at("value");
  return word == "algbw" ? Value::algorithm_rate : word == "busbw" ? Value::bus_rate : Value::time;
}

Error refuse(const char* param, const std::string& why) {
  return {Error::Code::bad_input, std::string("params.") + param + ": " + why};
}

}  // namespace

Result<Problem> collective_problem(CollectiveProblem::Op op, const Params& params) {
  constexpr Natural k_most_bytes = Natural{1} << 40U;
  constexpr Natural k_most_ranks = 4096;
  const auto bytes = natural_from(params.at("bytes"));
  const auto ranks = natural_from(params.at("ranks"));
  if (!bytes || *bytes > k_most_bytes) {
    return refuse("bytes", "at most 1099511627776");
  }
  if (!ranks || *ranks < 2 || *ranks > k_most_ranks) {
    return refuse("ranks", "2 to 4096");
  }
  CollectiveProblem problem;
  problem.value = value_of(params);
  problem.type = params.at("type") == "f32" ? NumberType::f32 : NumberType::bf16;
  const auto in_place = params.find("in_place");
  problem.in_place = in_place != params.end() && in_place->second == "yes";
  problem.bytes = static_cast<std::uint64_t>(*bytes);
  problem.ranks = static_cast<std::uint32_t>(*ranks);
  problem.op = op;
  if (const auto pattern = params.find("pattern"); pattern != params.end()) {
    problem.pattern = pattern->second == "pairs"    ? CollectiveProblem::Pattern::pairs
                      : pattern->second == "incast" ? CollectiveProblem::Pattern::incast
                                                    : CollectiveProblem::Pattern::permutation;
  }
  if (const auto path = params.find("path"); path != params.end()) {
    problem.path = path->second == "tcp"      ? CollectiveProblem::Path::tcp
                   : path->second == "verbs"  ? CollectiveProblem::Path::verbs
                   : path->second == "nvlink" ? CollectiveProblem::Path::nvlink
                                              : CollectiveProblem::Path::shared_memory;
  }
  if (const auto fits = ranks::well_sized(problem); !fits) {
    return refuse("bytes", fits.error().message);
  }
  if (!step_size("network." + std::string(name_of(op)), params)) {
    return refuse("bytes", "what the busiest link carries of so many ranks is no whole number");
  }
  return Problem{problem};
}

Case message_case(Case base) {
  Case made = collective_case(std::move(base), InPlace::none);
  made.params.front().meaning = "what a run's value is: bytes over time, or the time";
  made.params.front().values = {"algbw", "time"};
  return made;
}

Case collective_case(Case base, InPlace in_place) {
  base.scopes = {Scope::each_node};
  base.rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong};
  base.params.insert(
      base.params.begin(),
      {.name = "value",
       .meaning = "what a run's value is: bytes over time, those of the busiest link, or the time",
       .values = {"algbw", "busbw", "time"}});
  base.params.push_back({.name = "type", .meaning = "of the elements", .values = {"f32", "bf16"}});
  base.params.push_back({.name = "bytes",
                         .meaning = "S of the formula",
                         .values = {},
                         .whole = true,
                         .bench = "1048576"});
  if (in_place == InPlace::offered) {
    base.params.push_back({.name = "in_place",
                           .meaning = "whether results replace the operands",
                           .values = {"no", "yes"}});
  }
  base.params.push_back({.name = "ranks",
                         .meaning = "processes on the node, 2 to 4096; on GPUs one each",
                         .values = {},
                         .whole = true,
                         .bench = "2"});
  base.dimension = [](const Params& params) {
    return params.at("value") == "time" ? Dimension::time : Dimension::byte_rate;
  };
  return base;
}

}  // namespace assay
