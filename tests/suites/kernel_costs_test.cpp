// What the kernels for GPUs must move and calculate, and what verification costs by that: the
// tables of docs/kernels.md, and a bound on the share of every shipped clause.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/case.h"
#include "kernels/cuda/check_costs.h"
#include "kernels/cuda/gemm_kernel.h"
#include "kernels/cuda/latency_kernel.h"
#include "kernels/cuda/link_kernel.h"
#include "kernels/cuda/memory_kernel.h"
#include "reports/contract_json.h"
#include "reports/files.h"

namespace assay::cuda {
namespace {

constexpr std::size_t k_cap = std::size_t{1} << 22U;
const std::string k_page = std::string(ASSAY_SOURCE_DIR) + "/docs/kernels.md";

std::string whole(const std::string& path) {
  auto text = read_file(path, k_cap);
  EXPECT_TRUE(text) << path;
  return text ? *text : "";
}

std::string digits(double value, const char* format = "%.3g") {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), value < 1000 ? format : "%.0f", value);
  return text.data();
}

struct Row {
  std::string kernel, of;
  LeastWork work;
};

/// Arrays of 4 GiB, products with m = n = k = 8192 (f64: 4096).
std::vector<Row> rows() {
  using Op = MemoryProblem::Op;
  using enum NumberType;
  constexpr double k_elements = 4294967296.0 / 8;
  constexpr double k_sums = k_elements / double{k_part};
  const GemmProblem bf16_product{
      .input = bf16, .accumulate = f32, .output = bf16, .m = 8192, .n = 8192, .k = 8192};
  const GemmProblem f64_product{
      .input = f64, .accumulate = f64, .output = f64, .m = 4096, .n = 4096, .k = 4096};
  constexpr double k_square = 8192.0 * 8192.0;
  const auto places = static_cast<double>(k_most_lattice);
  return {{"move", "copy of 4 GiB", least_of_pass(Op::copy, k_elements)},
          {"move", "triad of 4 GiB", least_of_pass(Op::triad, k_elements)},
          {"read", "4 GiB", least_of_pass(Op::read, k_elements)},
          {"fill", "a source of 4 GiB", least_of_fill(k_elements)},
          {"count", "a source of 4 GiB", least_of_count(k_elements)},
          {"poison_words", "a slot of 4 GiB", least_of_poison(k_elements)},
          {"read_words", "a slot of 4 GiB", least_of_witness(k_elements)},
          {"sum_words", "the sums of a read of 4 GiB", least_of_sum(k_sums)},
          {"compare_lines", "a slot of a copy", least_of_lines(false)},
          {"compare_lines", "a slot of a triad", least_of_lines(true)},
          {"compare_words", "a copy of 4 GiB", least_of_words(false, k_elements)},
          {"compare_words", "a triad of 4 GiB", least_of_words(true, k_elements)},
          {"compare_sums", "a read of 4 GiB", least_of_sums(k_sums)},
          {"fill", "an operand, bf16, n = 8192", least_of_operand(k_square, 2 * k_square)},
          {"fill", "an operand, nvfp4, n = 8192", least_of_operand(k_square, k_square / 2)},
          {"poison_all", "a slot, bf16, n = 8192", least_of_poison_all(2 * k_square)},
          {"poison_lattice", "a slot, n = 8192", least_of_poison_lattice(places)},
          {"read_lattice", "a slot, n = 8192", least_of_read_lattice(places)},
          {"compare_tiles", "a tile, bf16, n = 8192", least_of_tile(bf16_product)},
          {"compare_tiles", "a tile, f64, n = 4096", least_of_tile(f64_product)},
          {"project_*", "a product, bf16, n = 8192", least_of_projection(golden_of(bf16_product))},
          {"project_*", "a product, f64, n = 4096", least_of_projection(f64_product)},
          {"compare_rounded", "a slot, bf16, n = 8192", least_of_rounding(k_square)},
          {"follow", "a chain of 100,000 loads", least_of_chain(100'000)}};
}

std::string floor_table() {
  std::string text = "| kernel | of | MB | 10^6 instructions | of them in f64 | waits |";
  std::string rule = "|---|---|---|---|---|---|";
  for (const DeviceSpeed& device : k_device_speeds) {
    text += " " + std::string(device.name) + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Row& row : rows()) {
    text += "| `" + row.kernel + "` | " + row.of + " | " + digits(row.work.bytes / 1e6) + " | " +
            digits(row.work.instructions / 1e6) + " | " + digits(row.work.doubles / 1e6) + " | " +
            digits(row.work.rounds) + " |";
    for (const DeviceSpeed& device : k_device_speeds) {
      text += " " + digits(floor_seconds(row.work, device) * 1e6) + " µs |";
    }
    text += "\n";
  }
  text += "\n";
  for (const DeviceSpeed& device : k_device_speeds) {
    text += "* " + std::string(device.name) + ": " + std::string(device.source) + ".\n";
  }
  return text;
}

double number(const Ratio& ratio) {
  return static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
}

/// A clause of a shipped contract that a GPU executes, with the device that it is about.
struct GpuClause {
  std::string contract;
  Clause clause;
  const DeviceSpeed* device = nullptr;
  double memory = 0;
  Problem problem;
  double work = 0;
};

const DeviceSpeed* device_of(const std::string& model) {
  const char* const name = model.find("B200") != std::string::npos           ? "B200"
                           : model.find("H100") != std::string::npos         ? "H100 SXM"
                           : model.find("RTX PRO 6000") != std::string::npos ? "RTX PRO 6000 SE"
                                                                             : "";
  const auto* const found =
      std::find_if(k_device_speeds.begin(), k_device_speeds.end(),
                   [&](const DeviceSpeed& device) { return device.name == name; });
  return found == k_device_speeds.end() ? nullptr : found;
}

void add_clauses(const std::string& name, const Contract& contract, std::vector<GpuClause>& to) {
  const auto cases = all_cases();
  for (const Clause& clause : contract.clauses) {
    const auto a_case = std::find_if(cases.begin(), cases.end(), [&](const Case& candidate) {
      return candidate.id == clause.case_id;
    });
    ASSERT_NE(a_case, cases.end()) << clause.case_id;
    for (const InventoryLine& line : contract.inventory) {
      const bool bound = std::find(clause.population.begin(), clause.population.end(), line.id) !=
                         clause.population.end();
      if (finds(*a_case) || !bound || !line.gpus) {
        continue;
      }
      const auto params = complete_params(*a_case, clause.params);
      ASSERT_TRUE(params) << clause.id;
      const auto problem = a_case->problem(*params);
      const auto work = work_per_step(*a_case, *params);
      const auto* const device = device_of(line.gpus->model);
      ASSERT_TRUE(problem && work && device != nullptr) << name << ' ' << clause.id;
      to.push_back({.contract = name,
                    .clause = clause,
                    .device = device,
                    .memory = number(line.gpus->memory->base),
                    .problem = *problem,
                    .work = static_cast<double>(*work)});
    }
  }
}

/// Of each GPU, whatever the aggregate: clauses on the system run the same windows.
std::vector<GpuClause> shipped_clauses() {
  std::vector<GpuClause> all;
  for (const char* const name : {"dgx-b200-node", "h100-node", "rtx-pro-server-node"}) {
    const auto contract =
        read_contract(whole(std::string(ASSAY_SOURCE_DIR) + "/contracts/" + name + ".json"));
    EXPECT_TRUE(contract) << name;
    if (contract) {
      add_clauses(name, *contract, all);
    }
  }
  return all;
}

struct SharedClause {
  CheckShare at_limit, at_plausible;
  double step_seconds = 0;  ///< At the limit.
};

SharedClause shares_of(const GpuClause& gpu) {
  const auto free_bytes = static_cast<std::uint64_t>(0.9 * gpu.memory);  // A tenth for operands.
  const auto* const gemm = std::get_if<GemmProblem>(&gpu.problem);
  const auto* const memory = std::get_if<MemoryProblem>(&gpu.problem);
  const auto* const link = std::get_if<LinkProblem>(&gpu.problem);
  EXPECT_TRUE(gemm != nullptr || memory != nullptr || link != nullptr) << gpu.clause.id;
  CheckCost cost;
  std::uint64_t slots = 1;
  if (gemm != nullptr) {
    cost = check_cost(*gemm);
    slots = product_slots(free_bytes, gemm->m * gemm->n * bytes_of(gemm->output));
  } else if (link != nullptr) {
    cost = check_cost(*link);
    slots = most_link_slots(*link);
  } else {
    cost = check_cost(*memory);
    const bool reads = memory->op == MemoryProblem::Op::read;
    slots = memory_slots(free_bytes, memory->array_bytes / (reads ? k_part : 1));
  }
  const auto share_at = [&](const Quantity& rate) {
    const CheckedWindow window{.seconds = number(gpu.clause.window->base),
                               .step_seconds = gpu.work / number(rate.base),
                               .slots = static_cast<double>(slots)};
    return check_share(cost, window, *gpu.device);
  };
  return {.at_limit = share_at(*gpu.clause.limit),
          .at_plausible = share_at(*gpu.clause.plausible),
          .step_seconds = gpu.work / number(gpu.clause.limit->base)};
}

std::string what_of(const Clause& clause) {
  for (const char* const name : {"op", "input", "direction"}) {
    if (clause.params.contains(name)) {
      return clause.params.at(name);
    }
  }
  return clause.case_id;
}

std::string share_table() {
  std::string text =
      "| clause | GPU | step at the limit | each step's checks | slots checked as a whole | share "
      "at the limit | share at the plausible most |\n|---|---|---|---|---|---|---|\n";
  for (const GpuClause& gpu : shipped_clauses()) {
    const SharedClause shared = shares_of(gpu);
    const auto percent = [](double share) { return digits(100 * share, "%.2f") + " %"; };
    text += "| " + gpu.contract + " " + gpu.clause.id + ", " + what_of(gpu.clause) + " | " +
            std::string(gpu.device->name) + " | " + digits(shared.step_seconds * 1e3) + " ms | " +
            percent(shared.at_limit.each) + " | " + percent(shared.at_limit.full) + " | " +
            percent(shared.at_limit.all) + " | " + percent(shared.at_plausible.all) + " |\n";
  }
  return text;
}

struct Section {
  std::string begin, end, text;
};
std::vector<Section> sections() {
  return {{"<!-- floors: begin -->\n", "<!-- floors: end -->", floor_table()},
          {"<!-- shares: begin -->\n", "<!-- shares: end -->", share_table()}};
}

TEST(KernelCosts, StandInTheDocumentAsTheyAreComputed) {
  const std::string page = whole(k_page);
  for (const Section& section : sections()) {
    const auto begin = page.find(section.begin);
    const auto end = page.find(section.end);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << section.begin;
    EXPECT_EQ(page.substr(begin + section.begin.size(), end - begin - section.begin.size()),
              section.text)
        << "written by: ASSAY_GOLDEN=docs build/release/bin/suites_kernel_costs_test "
           "--gtest_also_run_disabled_tests";
  }
}

/// Writes the tables into docs/kernels.md: ASSAY_GOLDEN=docs, --gtest_also_run_disabled_tests.
TEST(KernelCosts, DISABLED_AreWritten) {
  if (std::getenv("ASSAY_GOLDEN") == nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    GTEST_SKIP() << "ASSAY_GOLDEN is not set";
  }
  std::string page = whole(k_page);
  for (const Section& section : sections()) {
    const auto begin = page.find(section.begin) + section.begin.size();
    page.replace(begin, page.find(section.end) - begin, section.text);
  }
  ASSERT_TRUE(write_file(k_page, page));
}

TEST(KernelCosts, OfVerificationStayBelowTwoPercentOfEveryShippedWindow) {
  const auto clauses = shipped_clauses();
  EXPECT_GE(clauses.size(), 16U);
  for (const GpuClause& gpu : clauses) {
    const SharedClause shared = shares_of(gpu);
    const std::string name = gpu.contract + " " + gpu.clause.id;
    EXPECT_LT(shared.at_limit.all, 0.02) << name;
    EXPECT_LT(shared.at_plausible.all, 0.02) << name;
    EXPECT_GT(shared.at_plausible.full, 0.0) << name;
  }
}

/// Destinations are compared beside the copies: a comparison must be over before the next one is
/// due, and leave the memory of the GPU free for the copies.
TEST(KernelCosts, OfAComparisonBesideCopiesAreLessThanACopy) {
  std::size_t links = 0;
  for (const GpuClause& gpu : shipped_clauses()) {
    const auto* const link = std::get_if<LinkProblem>(&gpu.problem);
    if (link == nullptr) {
      continue;
    }
    ++links;
    ASSERT_TRUE(is_compared_beside(*link)) << gpu.clause.id;
    const double shortest_s = gpu.work / number(gpu.clause.plausible->base);
    const LeastWork whole = check_cost(*link).last;
    EXPECT_LT(floor_seconds(whole, *gpu.device) / k_attained, shortest_s / 2) << gpu.clause.id;
    const double written_and_read = 2 * static_cast<double>(link->bytes);
    EXPECT_LT(written_and_read / gpu.device->bytes_per_s, shortest_s / 2) << gpu.clause.id;
    EXPECT_EQ(shares_of(gpu).at_plausible.full, 1.0) << gpu.clause.id;
  }
  EXPECT_GE(links, 2U);
}

/// 1 GiB over NVLink takes 1.2 ms: the shortest step that a link has.
TEST(KernelCosts, OfCopiesBetweenGpusStayBelowTwoPercent) {
  const LinkProblem problem{.path = LinkProblem::Path::peer, .bytes = std::uint64_t{1} << 30U};
  const CheckedWindow window{.seconds = 60,
                             .step_seconds = static_cast<double>(problem.bytes) / 900e9,
                             .slots = static_cast<double>(most_link_slots(problem))};
  EXPECT_LT(check_share(check_cost(problem), window, k_device_speeds.front()).all, 0.02);
  CheckedWindow short_batch = window;
  short_batch.slots = 16;
  EXPECT_GT(check_share(check_cost(problem), short_batch, k_device_speeds.front()).all, 0.02);
}

}  // namespace
}  // namespace assay::cuda
