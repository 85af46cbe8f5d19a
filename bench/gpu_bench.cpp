// What a GPU does, in Markdown, as scripts/gpu-check puts it into docs/gpu_status.md: the self-test
// on it, every case at a small size checked as a whole, and speeds beside published ones. Every row
// begins with the module's mark.
// Usage: gpu_bench MODULE[,SETTINGS] [seconds-per-speed]    ("-": the module that is installed)
// Ends with 69 where there is no GPU, with 1 where anything is wrong.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/case.h"
#include "harness/run/clock.h"
#include "harness/run/gpu_inventory.h"
#include "harness/run/params_grid.h"
#include "harness/run/probe.h"
#include "harness/run/selftest.h"
#include "harness/run/window.h"
#include "kernels/module.h"
#include "reports/random.h"

#include "bench/published.h"

namespace assay::bench {
namespace {

constexpr int k_exit_wrong = 1;
constexpr int k_exit_no_gpu = 69;             // EX_UNAVAILABLE
constexpr std::uint64_t k_small_order = 544;  // Multiples of 32, and no powers of two.
constexpr std::uint64_t k_emulated_order = 96;

struct Gpu {
  std::unique_ptr<Backend> backend;
  std::string mark;  ///< Of the module, with a space; "" for a real one.
  std::vector<Device> devices;
};

int complain(const std::string& why, int code) {
  std::fprintf(stderr, "gpu_bench: %s\n", why.c_str());
  return code;
}

/// One row: `mark` first, so that no line of an emulated device looks like another.
void row(const Gpu& gpu, const std::vector<std::string>& cells) {
  std::string text = "| " + gpu.mark;
  for (const std::string& cell : cells) {
    text += cell + " | ";
  }
  std::printf("%s\n", text.substr(0, text.size() - 1).c_str());
  std::fflush(stdout);
}

void heading(const Gpu& gpu, const std::string& title, const std::vector<std::string>& columns) {
  std::printf("\n### %s%s\n\n", gpu.mark.c_str(), title.c_str());
  std::string names = "|";
  std::string rule = "|";
  for (const std::string& column : columns) {
    names += " " + column + " |";
    rule += "---|";
  }
  std::printf("%s\n%s\n", names.c_str(), rule.c_str());
}

bool self_test(Gpu& gpu) {
  heading(gpu, "Self-test of the module", {"fault", "caught", "by"});
  const auto gap = parse_quantity("1 %");
  const auto clock = parse_quantity("0.1 %");
  const auto seed = random_digest();
  if (!gap || !clock || !seed) {
    row(gpu, {"none", "no", "no seed or no tolerances"});
    return false;
  }
  Conditions conditions;
  conditions.block_gap = *gap;
  conditions.clock_disagreement = *clock;
  const auto result =
      run_selftest(*gpu.backend, gpu.devices.front(), {.seed = *seed, .conditions = conditions});
  for (const SelftestCheck& check : result.checks) {
    row(gpu, {check.name, check.caught ? "yes" : "no", check.by});
  }
  return result.passed();
}

/// Every combination of the words of a case's parameters, with small numbers for the others.
std::vector<Params> small_params(const Case& a_case, std::uint64_t order) {
  return params_grid(a_case, [order](const Param& param) {
    if (param.whole) {
      const bool is_order =
          param.name == "m" || param.name == "n" || param.name == "k" || param.name == "seq";
      return std::vector<std::string>{is_order                ? std::to_string(order)
                                      : param.name == "loads" ? "1000"
                                                              : "1"};
    }
    return std::vector<std::string>(param.values.begin(), param.values.end());
  });
}

/// The parameters that a case leaves a choice of.
std::string named(const Case& a_case, const Params& params) {
  std::string text = std::string(a_case.id);
  for (const Param& param : a_case.params) {
    text += param.values.size() > 1 ? " " + params.at(std::string(param.name)) : "";
  }
  return text;
}

/// Runs every slot, up to 16, and has each checked as a whole; "" if all are right.
Result<std::string> checked(Kernel& kernel) {
  std::vector<Step> steps(std::min(kernel.slots(), 16U));
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    steps[i] = {.tuple = 7 + 13 * std::uint64_t{i}, .slot = i};
  }
  std::vector<std::uint32_t> full(steps.size());
  std::iota(full.begin(), full.end(), 0U);
  if (auto done = kernel.poison(steps); !done) {
    return done.error();
  }
  if (auto done = kernel.run(steps); !done) {
    return done.error();
  }
  const auto result = kernel.check(steps, Seed{3}, full);
  if (!result) {
    return result.error();
  }
  return result->wrong == 0 && result->full == full.size()
             ? std::string()
             : std::to_string(result->wrong) + " of " + std::to_string(full.size()) + " wrong";
}

/// Whether it is right, or refused by name.
bool try_case(Gpu& gpu, const Case& a_case, const Params& params, const Problem& problem) {
  const Device& device = gpu.devices.front();
  const auto supported = gpu.backend->supports(problem, device);
  if (!supported) {
    row(gpu, {named(a_case, params), "not here: " + supported.error().message, ""});
    return supported.error().code == Error::Code::unsupported;
  }
  auto kernel = gpu.backend->prepare(problem, device, Seed{1, 2, 3});
  if (!kernel) {
    row(gpu, {named(a_case, params), "FAILED: " + kernel.error().message, ""});
    return false;
  }
  const auto wrong = checked(**kernel);
  const bool right = wrong && wrong->empty();
  row(gpu, {named(a_case, params),
            right ? "right" : "WRONG: " + (wrong ? *wrong : wrong.error().message),
            (*kernel)->ran().kernel});
  return right;
}

/// Inventory and health ask the driver.
bool find_machine(Gpu& gpu) {
  const auto found = make_machine_inventory()->find({.needs_gpus = true});
  row(gpu, {"system.inventory, system.health",
            found ? "the driver's library answers" : "not here: " + found.error().message, ""});
  return found || found.error().code == Error::Code::unsupported;
}

bool every_case(Gpu& gpu) {
  heading(gpu, "Every case at a small size, every slot checked as a whole",
          {"case and parameters", "outcome", "what ran"});
  bool right = find_machine(gpu);
  const std::uint64_t order = gpu.mark.empty() ? k_small_order : k_emulated_order;
  std::size_t tried = 0;
  for (const Case& a_case : all_cases()) {
    if (finds(a_case)) {
      continue;
    }
    for (const Params& params : small_params(a_case, order)) {
      if (const auto problem = a_case.problem(params)) {
        right = try_case(gpu, a_case, params, *problem) && right;
        ++tried;
      }
    }
  }
  return right && tried > 0;
}

struct Speed {
  std::string what;
  Problem problem;
};

std::vector<Speed> speeds(bool small) {
  using enum NumberType;
  using Op = MemoryProblem::Op;
  const std::uint64_t order = small ? k_emulated_order : 8192;
  const std::uint64_t bytes = small ? 1U << 20U : std::uint64_t{1} << 32U;
  const auto product = [order](NumberType input, NumberType output) {
    const NumberType sums = input == f64 ? f64 : input == s8 ? s32 : f32;
    return GemmProblem{
        .input = input, .accumulate = sums, .output = output, .m = order, .n = order, .k = order};
  };
  const auto attention = [small](AttentionProblem::Pass pass, std::uint64_t batch) {
    return AttentionProblem{.pass = pass,
                            .causal = pass == AttentionProblem::Pass::prefill_forward,
                            .input = bf16,
                            .output = bf16,
                            .batch = small ? 1 : batch,
                            .heads = small ? 2U : 64U,
                            .kv_heads = small ? 1U : 8U,
                            .seq = small ? k_emulated_order : 8192,
                            .head_dim = 128,
                            .value_dim = 128};
  };
  return {{"read", MemoryProblem{.op = Op::read, .array_bytes = bytes}},
          {"copy", MemoryProblem{.op = Op::copy, .array_bytes = bytes}},
          {"triad", MemoryProblem{.op = Op::triad, .array_bytes = bytes}},
          {"bf16", product(bf16, bf16)},
          {"f16", product(f16, f16)},
          {"fp8_e4m3", product(fp8_e4m3, bf16)},
          {"mxfp8_e4m3", product(mxfp8_e4m3, bf16)},
          {"nvfp4", product(nvfp4, bf16)},
          {"tf32", product(tf32, f32)},
          {"f64", product(f64, f64)},
          {"attention, own kernel", attention(AttentionProblem::Pass::prefill_forward, 1)},
          {"decoding, own kernel", attention(AttentionProblem::Pass::decode, 64)},
          {"host copy, both", LinkProblem{.direction = LinkProblem::Direction::both,
                                          .bytes = small ? bytes : std::uint64_t{1} << 28U}}};
}

std::string text_of(double value, const char* format) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string rate_text(double rate, Dimension dimension) {
  return dimension == Dimension::byte_rate ? text_of(rate / 1e9, "%.4g GB/s")
         : dimension == Dimension::op_rate ? text_of(rate / 1e12, "%.4g TOP/s")
                                           : text_of(rate / 1e12, "%.4g TFLOP/s");
}

const Published* published(const Gpu& gpu, std::string_view what) {
  const auto* const found =
      std::find_if(k_published.begin(), k_published.end(), [&](const Published& one) {
        return one.what == what && is_of(one, gpu.devices.front().model);
      });
  return found == k_published.end() ? nullptr : found;
}

/// A window as a campaign runs it, on the first GPU.
Result<WindowResult> windowed(Kernel& kernel, double seconds) {
  const auto probe = make_host_probe();
  const auto link = random_digest();
  if (!link) {
    return link.error();
  }
  const WindowPlan plan{.soak_ns = static_cast<std::int64_t>(seconds * 2.5e8),
                        .window_ns = static_cast<std::int64_t>(seconds * 1e9),
                        .link = *link,
                        .clause = "gpu-check",
                        .item = "gpu0"};
  return run_window(kernel, system_clock(), *probe, plan);
}

bool measure(Gpu& gpu, const Speed& speed, double seconds) {
  auto kernel = gpu.backend->prepare(speed.problem, gpu.devices.front(), Seed{5});
  if (!kernel) {
    row(gpu, {speed.what, "not here: " + kernel.error().message, "", "", "", ""});
    return kernel.error().code == Error::Code::unsupported;
  }
  const auto window = windowed(**kernel, seconds);
  if (!window) {
    row(gpu, {speed.what, "FAILED: " + window.error().message, "", "", "", ""});
    return false;
  }
  const Blocks& blocks = window->blocks;
  const auto sum = [](const std::vector<std::int64_t>& column) {
    return static_cast<double>(std::accumulate(column.begin(), column.end(), std::int64_t{0}));
  };
  const auto length = static_cast<double>(blocks.end_ns.back());
  const double rate =
      static_cast<double>((*kernel)->work_per_step()) * sum(blocks.steps) / (length * 1e-9);
  const Published* const best = published(gpu, speed.what);
  const bool right = sum(blocks.wrong) == 0;
  const Dimension dimension = (*kernel)->dimension();
  row(gpu, {speed.what, right ? rate_text(rate, dimension) : "WRONG",
            text_of(100 * sum(blocks.check_ns) / length, "%.2f %%"),
            best == nullptr ? "none known" : rate_text(best->rate, dimension),
            best == nullptr ? "" : text_of(100 * rate / best->rate, "%.1f %%"),
            best == nullptr ? "" : std::string(best->source)});
  return right;
}

bool every_speed(Gpu& gpu, double seconds) {
  heading(gpu, "Speeds, verified, beside the best published",
          {"what", "measured", "time of the checks", "published", "of it", "source"});
  bool right = true;
  for (const Speed& speed : speeds(!gpu.mark.empty())) {
    right = measure(gpu, speed, seconds) && right;
  }
  return right;
}

int run(const std::string& module, double seconds) {
  auto loaded = load_backend("cuda", module == "-" ? ModuleChoice{} : ModuleChoice::from(module));
  if (!loaded) {
    return complain(loaded.error().message, k_exit_no_gpu);
  }
  Gpu gpu{.backend = std::move(loaded->backend),
          .mark = loaded->mark.empty() ? "" : loaded->mark + " ",
          .devices = {}};
  auto devices = gpu.backend->devices();
  if (!devices || devices->empty()) {
    return complain(devices ? "the driver shows no GPU" : devices.error().message, k_exit_no_gpu);
  }
  gpu.devices = std::move(*devices);
  heading(gpu, "Machine", {"GPU", "model"});
  for (const Device& device : gpu.devices) {
    row(gpu, {device.id, device.model});
  }
  const bool caught = self_test(gpu);
  const bool right = every_case(gpu);
  const bool fast = every_speed(gpu, seconds);
  std::printf("\n%sself-test %s, cases %s, speeds %s\n", gpu.mark.c_str(),
              caught ? "passed" : "FAILED", right ? "right" : "WRONG",
              fast ? "measured" : "NOT measured");
  return caught && right && fast ? 0 : k_exit_wrong;
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  double seconds = 5;
  bool good = arguments.size() == 1 || arguments.size() == 2;
  if (arguments.size() == 2) {
    const std::string& text = arguments[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    good = error == std::errc{} && end == text.data() + text.size() && seconds > 0;
  }
  if (!good) {
    std::fprintf(stderr, "usage: gpu_bench MODULE[,SETTINGS] [seconds-per-speed]\n");
    return 64;
  }
  return assay::bench::run(arguments[0], seconds);
}
