#include "harness/run/case_bench.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/doubles/scripted_backend.h"
#include "tests/doubles/scripted_clock.h"
#include "tests/doubles/scripted_probe.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

Result<Problem> any_problem(const Params& /*params*/) {
  return Problem{GemmProblem{}};
}

Result<Problem> no_copy_of_floats(const Params& params) {
  if (params.at("op") == "copy" && params.at("type") == "f32") {
    return Error{Error::Code::bad_input, "params.op: no copy of f32"};
  }
  return Problem{GemmProblem{}};
}

std::vector<Case> three_cases() {
  const Case finding{.id = "test.finding", .scopes = {}, .rules = {}, .params = {}};
  const Case words{.id = "test.words",
                   .scopes = {},
                   .rules = {},
                   .params = {{.name = "op", .values = {"read", "copy"}},
                              {.name = "type", .values = {"f32", "f64"}},
                              {.name = "only", .values = {"one"}}},
                   .problem = no_copy_of_floats};
  const Case numbers{.id = "test.numbers",
                     .scopes = {},
                     .rules = {},
                     .params = {{.name = "size", .values = {}, .whole = true, .bench = "64"},
                                {.name = "rounds", .values = {}, .whole = true},
                                {.name = "op", .values = {"sum", "copy"}, .fallback = "sum"}},
                     .problem = any_problem};
  return {finding, words, numbers};
}

std::vector<std::string> names_of(const Result<std::vector<BenchedCase>>& cases) {
  std::vector<std::string> names;
  EXPECT_TRUE(cases) << cases.error().message;
  for (std::size_t i = 0; cases && i < cases->size(); ++i) {
    names.push_back((*cases)[i].name);
  }
  return names;
}

TEST(BenchedCases, AreEveryCaseWithItsWordsFallbacksAndSmallNumbers) {
  EXPECT_EQ(names_of(benched_cases(three_cases())),
            (std::vector<std::string>{"test.finding", "test.words/op:read/type:f32",
                                      "test.words/op:read/type:f64", "test.words/op:copy/type:f64",
                                      "test.numbers/size:64/rounds:1/op:sum"}));
}

TEST(BenchedCases, WithAFixedParameterAreThoseThatHaveIt) {
  EXPECT_EQ(names_of(benched_cases(three_cases(), {{"op", "copy"}})),
            (std::vector<std::string>{"test.words/op:copy/type:f64",
                                      "test.numbers/size:64/rounds:1/op:copy"}));
  EXPECT_EQ(names_of(benched_cases(three_cases(), {{"op", "copy"}, {"size", "7"}})),
            (std::vector<std::string>{"test.numbers/size:7/rounds:1/op:copy"}));
}

TEST(BenchedCases, SayWhyThereAreNone) {
  const auto unknown = benched_cases(three_cases(), {{"sise", "7"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "no case has the parameters sise");
  const auto refused = benched_cases(three_cases(), {{"size", "many"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "test.numbers: params.size: 'many' is not one of: a whole number from 1");
}

/// Counts what it is asked to prepare.
class CountingBackend final : public Backend {
 public:
  explicit CountingBackend(const Script& script) : inner_(make_scripted_backend(script)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  Result<std::vector<Device>> devices() override { return inner_->devices(); }
  Result<Done> supports(const Problem& problem, const Device& device) override {
    return inner_->supports(problem, device);
  }
  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    ++prepared;
    return inner_->prepare(problem, device, seed);
  }
  int prepared = 0;

 private:
  std::unique_ptr<Backend> inner_;
};

class OfCases : public testing::Test {
 protected:
  OfCases() {
    script.pass = [this](std::int64_t ns) { clock.pass(ns); };
    script.step_ns = 5 * k_ms;
  }

  CaseBench& bench() {
    if (!bench_) {
      backend = std::make_unique<CountingBackend>(script);
      bench_.emplace(BenchWorld{.backend = *backend,
                                .device = backend->devices()->front(),
                                .clock = clock,
                                .probe = probe,
                                .link = Digest{1}});
    }
    return *bench_;
  }

  /// The one case, under another name for another kernel.
  static BenchedCase benched(const std::string& name = "one") {
    return {name, scripted_cases().front(), *complete_params(scripted_cases().front(), {})};
  }

  ScriptedClock clock;
  ScriptedProbe probe;
  Script script;
  std::unique_ptr<CountingBackend> backend;

 private:
  std::optional<CaseBench> bench_;
};

TEST_F(OfCases, RunsFewStepsAtFirstAndThenAboutAsManyAsAreAskedFor) {
  const auto first = bench().run(benched(), 1'000);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_LE(first->sums.steps, 8);
  const auto second = bench().run(benched(), 1'000);
  ASSERT_TRUE(second);
  EXPECT_GE(second->sums.steps, 1'000);
  EXPECT_LE(second->sums.steps, 1'020);
  EXPECT_EQ(second->sums.elapsed_ns, second->sums.steps * script.step_ns);
}

TEST_F(OfCases, CountsChecksIntoTheTimeAsAnAttemptDoes) {
  script.tile_ns = k_ms;
  ASSERT_TRUE(bench().run(benched(), 1));
  const auto window = bench().run(benched(), 100);
  ASSERT_TRUE(window);
  EXPECT_GE(window->sums.full, 1);
  EXPECT_GE(window->sums.check_ns, window->sums.steps * script.tile_ns);
  EXPECT_EQ(window->sums.elapsed_ns, window->sums.steps * script.step_ns + window->sums.check_ns);
}

TEST_F(OfCases, PreparesAKernelOnceUntilAnotherIsAskedFor) {
  for (const char* name : {"one", "one", "two", "two", "one"}) {
    ASSERT_TRUE(bench().run(benched(name), 1));
  }
  EXPECT_EQ(backend->prepared, 3);
}

TEST_F(OfCases, SaysHowManyOutputsWereWrong) {
  script.fault = Fault::wrong;
  const auto window = bench().run(benched(), 1);
  ASSERT_TRUE(window);
  EXPECT_GT(window->sums.wrong, 0);
}

TEST_F(OfCases, SaysWhyACaseCannotRunHere) {
  script.fault = Fault::refuse;
  const auto window = bench().run(benched(), 1);
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().message, "the scripted device refuses bf16");
  EXPECT_FALSE(bench().run(benched(), 1)) << "once more, as the first time";
}

TEST_F(OfCases, OfOneThatOnlyFindsSaysThatItMeasuresNothing) {
  const auto window = bench().run({"test.finding", three_cases().front(), {}}, 1);
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().message, "test.finding measures nothing");
}

}  // namespace
}  // namespace assay
