// assay bench as a developer and his tools call it.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/run/environment.h"
#include "tests/cli/program.h"

namespace assay {
namespace {

using nlohmann::json;

Ended bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench");
  return assay_program(std::move(arguments));
}

json json_of(const Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  auto read = json::parse(ended.out, nullptr, false);
  EXPECT_FALSE(read.is_discarded()) << ended.out;
  return read;
}

TEST(BenchCommand, PrintsTheLibrarysJsonWithTheValueOfARun) {
  const json all = json_of(
      bench({"--benchmark_filter=compute.gemm/input:f32/.*output:f32", "--benchmark_format=json",
             "--benchmark_min_time=0.05", "--set", "m=96", "--set", "n=96", "--set", "k=96"}));
  EXPECT_EQ(all["context"]["assay_backend"], "host");
  EXPECT_TRUE(all["context"].contains("assay_device"));
  EXPECT_EQ(all["context"]["assay_mark"], "");
  ASSERT_EQ(all["benchmarks"].size(), 1U) << all;
  const json& one = all["benchmarks"][0];
  EXPECT_EQ(one["name"],
            "compute.gemm/input:f32/accumulate:f32/output:f32/m:96/n:96/k:96/manual_time");
  EXPECT_EQ(one["run_type"], "iteration");
  EXPECT_GE(one["iterations"], 1);
  EXPECT_GE(one["checked_in_full"], 1);
  EXPECT_GE(one["check_share"], 0);
  EXPECT_LE(one["check_share"], 1);
  EXPECT_NE(one["label"].get<std::string>().find("oneDNN"), std::string::npos);
  const double work = 2.0 * 96 * 96 * 96;
  const double seconds = one["real_time"].get<double>() * 1e-9;
  EXPECT_NEAR(one["FLOP/s"].get<double>() * seconds / work, 1.0, 1e-6);
}

TEST(BenchCommand, SkipsByNameWhatCannotRunHereAndSaysWhy) {
  const json all = json_of(bench({"--benchmark_filter=network.peer_copy|system.health|nvfp4",
                                  "--json", "--benchmark_min_time=0.01"}));
  std::set<std::string> reasons;
  for (const json& one : all["benchmarks"]) {
    EXPECT_TRUE(one["error_occurred"].get<bool>()) << one;
    EXPECT_FALSE(one.contains("FLOP/s")) << one;
    reasons.insert(one["error_message"].get<std::string>());
  }
  EXPECT_TRUE(reasons.count("system.health measures nothing"));
  const auto names = [&reasons](const std::string& word) {
    return std::any_of(reasons.begin(), reasons.end(), [&word](const std::string& reason) {
      return reason.find(word) != std::string::npos;
    });
  };
  EXPECT_TRUE(names("network.peer_copy is about a GPU's links")) << all;
  EXPECT_TRUE(names("nvfp4")) << all;
}

TEST(BenchCommand, ListsABenchmarkForEveryCase) {
  const json cases = json::parse(assay_program({"list", "--json"}).out);
  const Ended listed = bench({"--benchmark_list_tests"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_GE(cases["cases"].size(), 7U);
  for (const json& a_case : cases["cases"]) {
    EXPECT_NE(("\n" + listed.out).find("\n" + a_case["id"].get<std::string>()), std::string::npos)
        << a_case["id"];
  }
}

TEST(BenchCommand, MarksWhatAnEmulatedDeviceDid) {
  const json all =
      json_of(bench({"--backend", "cuda", "--module", ASSAY_EMULATED_MODULE ",gpus=1",
                     "--benchmark_filter=compute.gemm/input:bf16/.*output:f32", "--set", "m=64",
                     "--set", "n=64", "--set", "k=64", "--benchmark_min_time=0.01", "--json"}));
  EXPECT_EQ(all["context"]["assay_mark"], "emulated");
  ASSERT_EQ(all["benchmarks"].size(), 1U);
  EXPECT_TRUE(all["benchmarks"][0]["label"].get<std::string>().starts_with("emulated: ")) << all;
  EXPECT_GT(all["benchmarks"][0]["FLOP/s"], 0);
}

TEST(BenchCommand, EndsWithOneWhereAnOutputWasWrong) {
  const Ended ended = bench(
      {"--backend", "cuda", "--module", ASSAY_EMULATED_MODULE ",gpus=1,fault=wrong_bit,every=1",
       "--benchmark_filter=compute.gemm/input:bf16/.*output:f32", "--set", "m=64", "--set", "n=64",
       "--set", "k=64", "--benchmark_min_time=0.01", "--json"});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  const json all = json::parse(ended.out);
  EXPECT_TRUE(all["benchmarks"][0]["error_occurred"].get<bool>());
  EXPECT_NE(all["benchmarks"][0]["error_message"].get<std::string>().find("wrong"),
            std::string::npos);
}

TEST(BenchCommand, RefusesWhatItDoesNotKnowInOneSentence) {
  for (const auto& [words, code, part] :
       std::vector<std::tuple<std::vector<std::string>, int, std::string>>{
           {{"--benchmark_fliter=x"}, 64, "--benchmark_fliter=x"},
           {{"--benchmark_format=xml"}, 64, "--benchmark_format"},
           {{"--benchmark_min_time=soon"}, 64, "--benchmark_min_time"},
           {{"--benchmark_out=/nowhere/at/all.json"}, 74, "/nowhere/at/all.json"},
           {{"--set", "m"}, 64, "'m' is not NAME=VALUE"},
           {{"--set", "sise=7"}, 64, "no case has the parameters sise"},
           {{"--set", "m=many"}, 64, "params.m: 'many' is not one of"},
           {{"--module", "x.so"}, 64, "--module"},
           {{"--backend", "cuda", "--module", "/no/such.so"}, 65, "/no/such.so"}}) {
    const Ended ended = bench(words);
    EXPECT_EQ(ended.exit_code, code) << words.front() << ended.err;
    EXPECT_EQ(ended.out, "") << words.front();
    EXPECT_NE(ended.err.find(part), std::string::npos) << words.front() << ": " << ended.err;
    EXPECT_TRUE(ended.err.starts_with("assay: ")) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(BenchCommand, WithAFilterThatNothingPassesEndsAsAUsageError) {
  for (const char* filter : {"nothing_like_this", "["}) {
    const Ended ended = bench({"--benchmark_filter=" + std::string(filter)});
    EXPECT_EQ(ended.exit_code, 64) << filter;
    EXPECT_FALSE(ended.err.empty());
  }
}

TEST(BenchCommand, HasAWorkersThreadsWhateverTheCallersAre) {
  const std::string others = std::to_string(usable_cores() + 2);
  const json all = json_of(
      run_program({"/usr/bin/env", "OMP_NUM_THREADS=" + others, ASSAY_PROGRAM, "bench",
                   "--benchmark_filter=compute.gemm/input:f32/.*output:f32", "--set", "m=96",
                   "--set", "n=96", "--set", "k=96", "--benchmark_min_time=0.01", "--json"}));
  const auto label = all["benchmarks"][0]["label"].get<std::string>();
  EXPECT_EQ(label.find(others + " threads"), std::string::npos) << label;
  EXPECT_NE(label.find("oneDNN"), std::string::npos) << label;
}

TEST(BenchCommand, RefusesAnEnvironmentThatChangesWhatIsMeasured) {
  const Ended ended = run_program({"/usr/bin/env", "OMP_NUM_THREADS=7", "DNNL_VERBOSE=2",
                                   ASSAY_PROGRAM, "bench", "--benchmark_list_tests"});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_NE(ended.err.find("environment variable DNNL_VERBOSE changes what is measured"),
            std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace assay
