#include "tests/doubles/cuda/machine.h"

#include <array>
#include <charconv>
#include <utility>

namespace assay::emulated {
namespace {

constexpr std::uint64_t k_gb = 1'000'000'000;
constexpr std::uint64_t k_mib = 1U << 20U;

constexpr std::array<GpuModel, 4> k_models{{{.key = "b200",
                                             .name = "NVIDIA B200",
                                             .major = 10,
                                             .minor = 0,
                                             .multiprocessors = 148,
                                             .memory_bytes = 180 * k_gb,
                                             .l2_bytes = 126 * k_mib,
                                             .clock_mhz = 1965,
                                             .memory_clock_mhz = 3996,
                                             .power_limit_mw = 1'000'000,
                                             .half = {.fraction = 25, .kept = 24},
                                             .fp8 = {.fraction = 25, .kept = 24},
                                             .has_block_scales = true},
                                            {.key = "rtx_pro_6000",
                                             .name = "NVIDIA RTX PRO 6000 Blackwell Server Edition",
                                             .major = 12,
                                             .minor = 0,
                                             .multiprocessors = 188,
                                             .memory_bytes = 96 * k_gb,
                                             .l2_bytes = 128 * k_mib,
                                             .clock_mhz = 2423,
                                             .memory_clock_mhz = 12'481,
                                             .power_limit_mw = 600'000,
                                             .half = {.fraction = 25, .kept = 24},
                                             .fp8 = {.fraction = 25, .kept = 24},
                                             .has_block_scales = true},
                                            {.key = "h100",
                                             .name = "NVIDIA H100 80GB HBM3",
                                             .major = 9,
                                             .minor = 0,
                                             .multiprocessors = 132,
                                             .memory_bytes = 80 * k_gb,
                                             .l2_bytes = 50 * k_mib,
                                             .clock_mhz = 1980,
                                             .memory_clock_mhz = 2619,
                                             .power_limit_mw = 700'000,
                                             .half = {.fraction = 25, .kept = 24},
                                             .fp8 = {.fraction = 13, .kept = 14},
                                             .has_block_scales = false},
                                            {.key = "a100",
                                             .name = "NVIDIA A100-SXM4-80GB",
                                             .major = 8,
                                             .minor = 0,
                                             .multiprocessors = 108,
                                             .memory_bytes = 80 * k_gb,
                                             .l2_bytes = 40 * k_mib,
                                             .clock_mhz = 1410,
                                             .memory_clock_mhz = 1593,
                                             .power_limit_mw = 400'000}}};

constexpr std::array<std::pair<std::string_view, Fault>, 39> k_faults{
    {{"none", Fault::none},
     {"wrong_bit", Fault::wrong_bit},
     {"skipped", Fault::skipped},
     {"cached", Fault::cached},
     {"cheaper", Fault::cheaper},
     {"emulated", Fault::emulated},
     {"sparse", Fault::sparse},
     {"short_sums", Fault::short_sums},
     {"output_type_split", Fault::output_type_split},
     {"ecc", Fault::ecc},
     {"lost", Fault::lost},
     {"out_of_memory", Fault::out_of_memory},
     {"slow", Fault::slow},
     {"throttled", Fault::throttled},
     {"hang", Fault::hang},
     {"no_nvlink", Fault::no_nvlink},
     {"stuck", Fault::stuck},
     {"killed", Fault::killed},
     {"xid", Fault::xid},
     {"low_clock", Fault::low_clock},
     {"hidden_clock", Fault::hidden_clock},
     {"low_power_limit", Fault::low_power_limit},
     {"no_driver", Fault::no_driver},
     {"stub_driver", Fault::stub_driver},
     {"other_driver", Fault::other_driver},
     {"broken_driver", Fault::broken_driver},
     {"busy_device", Fault::busy_device},
     {"no_code", Fault::no_code},
     {"bad_call", Fault::bad_call},
     {"other_arch", Fault::other_arch},
     {"broken_library", Fault::broken_library},
     {"broken_both", Fault::broken_both},
     {"other_attention", Fault::other_attention},
     {"compat_files", Fault::compat_files},
     {"bounced_files", Fault::bounced_files},
     {"short_files", Fault::short_files},
     {"refused_files", Fault::refused_files},
     {"no_library", Fault::no_library},
     {"old_library", Fault::old_library}}};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool set(Machine& made, std::string_view name, std::string_view value) {
  if (name == "model") {
    for (const GpuModel& model : k_models) {
      if (model.key == value) {
        made.gpu = &model;
        return true;
      }
    }
    return false;
  }
  if (name == "gpus") {
    return read_number(value, made.gpus) && made.gpus >= 0 && made.gpus <= 16;
  }
  if (name == "seed") {
    return read_number(value, made.seed);
  }
  if (name == "multiprocessors") {
    return read_number(value, made.multiprocessors) && made.multiprocessors > 0;
  }
  if (name == "numa_nodes") {
    return read_number(value, made.numa_nodes) && made.numa_nodes > 0;
  }
  if (name == "peers") {
    made.peers = value == "yes";
    return made.peers || value == "no";
  }
  if (name == "host_mib") {
    const bool known = read_number(value, made.host_bytes);
    made.host_bytes *= k_mib;
    return known;
  }
  if (name == "l2_mib") {
    const bool known = read_number(value, made.l2_bytes);
    made.l2_bytes *= k_mib;
    return known;
  }
  if (name == "every") {
    return read_number(value, made.every) && made.every > 0;
  }
  if (name == "descriptors") {
    made.real_descriptors = value == "real";
    return made.real_descriptors || value == "own";
  }
  if (name == "cudnn") {
    return read_number(value, made.cudnn) && made.cudnn >= 0;
  }
  if (name == "nccl") {
    return read_number(value, made.nccl);
  }
  if (name == "cufile") {
    return read_number(value, made.cufile) && made.cufile >= 0;
  }
  if (name == "nvfs") {
    made.nvfs = value != "absent";
    made.counts = value == "counting";
    return made.counts || value == "silent" || value == "absent";
  }
  if (name == "xid") {
    return read_number(value, made.xid) && made.xid > 0;
  }
  if (name == "log") {
    made.log = value;
    return !value.empty();
  }
  if (name == "on") {
    return read_number(value, made.on) && made.on >= 0;
  }
  if (name != "fault") {
    return false;
  }
  for (const auto& [known, fault] : k_faults) {
    if (known == value) {
      made.fault = fault;
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Machine> machine_from(std::string_view settings) {
  Machine made{.gpu = k_models.data()};
  while (!settings.empty()) {
    const std::string_view one = settings.substr(0, settings.find(','));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos ||
        !set(made, one.substr(0, equals), one.substr(equals + 1))) {
      return Error{Error::Code::bad_input,
                   "the emulated device does not know '" + std::string(one) + "'"};
    }
    settings.remove_prefix(one.size() + (one.size() < settings.size() ? 1 : 0));
  }
  return made;
}

std::string pci_bus_id_of(unsigned gpu) {
  return "0000:" + std::to_string(10 + gpu) + ":00.0";
}

unsigned gpu_at(std::string_view pci_bus_id) {
  unsigned bus = 0;
  static_cast<void>(read_number(pci_bus_id.substr(5, 2), bus));
  return bus - 10;
}

Machine& machine() {
  static Machine the_machine{.gpu = k_models.data()};
  return the_machine;
}

}  // namespace assay::emulated
