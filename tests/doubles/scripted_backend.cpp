#include "tests/doubles/scripted_backend.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>
#include <utility>

#include "reports/digest.h"

namespace assay {
namespace {

constexpr std::uint64_t k_run_order = 8;
constexpr std::int64_t k_steps_to_crash = 60;
constexpr std::uint64_t k_poison = 0x7ff4'dead'7ff4'deadULL;

void sleep_ns(std::int64_t ns) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(ns);
  if (ns > 2'000'000) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(ns - 1'000'000));
  }
  while (std::chrono::steady_clock::now() < until) {
  }
}

class ScriptedKernel final : public Kernel {
 public:
  ScriptedKernel(Script script, const Seed& seed) : script_(std::move(script)), seed_(seed) {
    slots_.resize(script_.slots, k_poison);
    if (!script_.pass) {
      script_.pass = sleep_ns;
    }
  }

  [[nodiscard]] Ran ran() const override {
    return {
        .software = "scripted", .version = "1", .kernel = "scripted", .isa = "none", .threads = 1};
  }
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override {
    return static_cast<Natural>(script_.work_per_step);
  }
  [[nodiscard]] std::uint64_t tuples() const override { return script_.tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return script_.slots; }

  Result<Done> poison(std::span<const Step> steps) override {
    for (const Step& step : steps) {
      slots_.at(step.slot) = k_poison;
    }
    return Done{};
  }

  Result<Done> run(std::span<const Step> steps) override {
    in_batch_ = steps.size();
    for (const Step& step : steps) {
      script_.pass(script_.step_ns);
      slots_.at(step.slot) = output_of(step.tuple);
      if (auto done = misbehave(step); !done) {
        return done;
      }
      ++ran_;
    }
    return Done{};
  }

  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override {
    std::vector<std::uint8_t> bytes;
    for (const Step& step : steps) {
      std::array<std::uint8_t, sizeof(std::uint64_t)> part{};
      std::memcpy(part.data(), &slots_.at(step.slot), part.size());
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
  }

  Result<CheckResult> check(std::span<const Step> steps, const Seed& /*challenge*/,
                            std::span<const std::uint32_t> full) override {
    CheckResult result{.tiles = steps.size(), .full = full.size(), .log2_miss = -60.0};
    if (script_.fault == Fault::unchecked) {
      return CheckResult{};
    }
    script_.pass(script_.tile_ns * static_cast<std::int64_t>(steps.size()) +
                 script_.check_ns * static_cast<std::int64_t>(full.size()));
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      const std::uint64_t expected = output_of(steps[i].tuple);
      const std::uint64_t actual = slots_.at(steps[i].slot);
      if (expected != actual) {
        ++result.wrong;
        if (!result.first) {
          result.first = {.step = i,
                          .index = 0,
                          .expected = std::to_string(expected),
                          .actual = std::to_string(actual)};
        }
      }
    }
    return result;
  }

  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override {
    slots_.at(slot) ^= std::uint64_t{1} << bit;
    return Done{};
  }
  [[nodiscard]] std::uint64_t slot_bits() const override { return 64; }

 private:
  [[nodiscard]] std::uint64_t output_of(std::uint64_t tuple) const {
    const std::array<std::string, 1> parts{std::to_string(tuple)};
    const Digest digest = derive(seed_, "output", parts);
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
  }

  Result<Done> misbehave(const Step& step) {
    if (ran_ < script_.fault_at) {
      return Done{};
    }
    switch (script_.fault) {
      case Fault::wrong_crash:
        if (ran_ >= script_.fault_at + k_steps_to_crash) {
          std::abort();
        }
        [[fallthrough]];
      case Fault::wrong: slots_.at(step.slot) ^= 1U; break;
      case Fault::wrong_batch: slots_.at(step.slot) ^= in_batch_ > 1 ? 1U : 0U; break;
      case Fault::silent: slots_.at(step.slot) = k_poison; break;
      case Fault::crash: std::abort();
      case Fault::exit: ::_exit(0);
      case Fault::hang: std::this_thread::sleep_for(std::chrono::hours(1)); break;
      case Fault::lose: return Error{Error::Code::device, "the device fell off the bus"};
      case Fault::none:
      case Fault::refuse:
      case Fault::slow_start:
      case Fault::unchecked: break;
    }
    return Done{};
  }

  Script script_;
  Seed seed_;
  std::vector<std::uint64_t> slots_;
  std::int64_t ran_ = 0;
  std::size_t in_batch_ = 0;
};

class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(Script script) : script_(std::move(script)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "host"; }
  Result<std::vector<Device>> devices() override {
    return std::vector<Device>{{.id = "host", .model = "scripted", .serial = ""}};
  }
  Result<Done> supports(const Problem& /*problem*/, const Device& /*device*/) override {
    if (script_.fault == Fault::refuse) {
      return Error{Error::Code::unsupported, "the scripted device refuses bf16"};
    }
    return Done{};
  }
  Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                          const Seed& seed) override {
    Script script = script_;
    if (script.reach == Reach::runs && std::get<GemmProblem>(problem).m != k_run_order) {
      script.fault = Fault::none;
    } else if (auto able = supports(problem, device); !able) {
      return able.error();
    }
    if (script.fault == Fault::slow_start) {
      std::this_thread::sleep_for(std::chrono::hours(1));
    }
    return make_scripted_kernel(script, seed);
  }

 private:
  Script script_;
};

Dimension dimension(const Params& /*params*/) {
  return Dimension::byte_rate;
}

Result<Problem> problem(const Params& /*params*/) {
  return Problem{GemmProblem{.m = k_run_order, .n = k_run_order, .k = k_run_order}};
}

std::optional<Natural> work_per_step(const Params& params) {
  const auto stated = params.find("work");
  const auto work =
      stated == params.end() ? Result<Natural>(Error{}) : natural_from(stated->second);
  return work ? std::optional<Natural>(*work) : std::nullopt;
}

Fault fault_named(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Fault>, 12> k_faults{
      {{"none", Fault::none},
       {"wrong", Fault::wrong},
       {"wrong_crash", Fault::wrong_crash},
       {"wrong_batch", Fault::wrong_batch},
       {"silent", Fault::silent},
       {"crash", Fault::crash},
       {"exit", Fault::exit},
       {"hang", Fault::hang},
       {"refuse", Fault::refuse},
       {"lose", Fault::lose},
       {"slow_start", Fault::slow_start},
       {"unchecked", Fault::unchecked}}};
  for (const auto& [known, fault] : k_faults) {
    if (known == name) {
      return fault;
    }
  }
  std::abort();  // a misspelt script must not run as a healthy one
}

}  // namespace

Script script_from(std::string_view text) {
  Script script;
  std::istringstream words{std::string(text)};
  std::string word;
  while (words >> word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "step_us") {
      script.step_ns = std::stoll(value) * 1000;
    } else if (name == "fault") {
      const bool runs = value.rfind("run_", 0) == 0;
      script.reach = runs ? Reach::runs : Reach::all;
      script.fault = fault_named(runs ? value.substr(4) : value);
    } else if (name == "fault_at") {
      script.fault_at = std::stoll(value);
    } else if (name == "work") {
      script.work_per_step = std::stoll(value);
    } else {
      std::abort();
    }
  }
  return script;
}

std::unique_ptr<Kernel> make_scripted_kernel(const Script& script, const Seed& seed) {
  return std::make_unique<ScriptedKernel>(script, seed);
}

std::unique_ptr<Backend> make_scripted_backend(const Script& script) {
  return std::make_unique<ScriptedBackend>(script);
}

std::vector<Case> scripted_cases() {
  return {{.id = "test.device",
           .summary = "A device of known truth",
           .formula = "steps x work / T",
           .scopes = {Scope::each_node, Scope::each_gpu, Scope::system},
           .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
           .params = {{.name = "size", .meaning = "nothing", .whole = true, .fallback = "1"},
                      {.name = "work",
                       .meaning = "bytes of a step",
                       .values = {"machine"},
                       .whole = true,
                       .fallback = "machine"}},
           .repeats_wrong_step = true,
           .dimension = dimension,
           .problem = problem,
           .work_per_step = work_per_step}};
}

}  // namespace assay
