// Which machine is emulated, and what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay::emulated {

/// How tensor cores add up (MMA-Sim, arXiv 2511.10909): the products of one step and the sum so far
/// are aligned to the largest, cut to `fraction` bits after its leading one, and added; the sum is
/// cut to `kept` significant bits.
struct TensorCores {
  int fraction = 25;
  int kept = 24;
};

struct GpuModel {
  std::string_view key;   ///< In settings: "b200".
  std::string_view name;  ///< As the driver calls it.
  int major = 0, minor = 0, multiprocessors = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t l2_bytes = 0;
  unsigned clock_mhz = 0;  ///< Of the SMs under load, unthrottled.
  unsigned memory_clock_mhz = 0;
  unsigned power_limit_mw = 0;
  TensorCores half;  ///< bf16, f16, tf32.
  TensorCores fp8;
  TensorCores fp4 = {.fraction = 35, .kept = 24};  ///< Where there are block scales.
  bool has_block_scales = false;
};

/// What is done wrong, wherever it must show. A pass over memory counts as a product; "every
/// hundredth" is one of Machine::every.
enum class Fault {
  none,
  wrong_bit,          ///< One bit of every hundredth product is inverted.
  skipped,            ///< Every hundredth product is not computed.
  cached,             ///< Every hundredth product is the one before.
  cheaper,            ///< Products are computed in a cheaper type.
  emulated,           ///< f64 is computed in fixed point, f32 in bf16, whatever is asked for.
  sparse,             ///< Of every four elements of A the two smallest count as zero.
  short_sums,         ///< Sums of fp8 products keep 11 bits.
  output_type_split,  ///< The library offers only algorithms that split sums in the output's type.
  ecc,                ///< An uncorrectable memory error after a hundred products.
  lost,               ///< The device fails for good after a hundred products.
  out_of_memory,      ///< There is no memory to be had.
  slow,               ///< Each product takes longer.
  throttled,          ///< Starts one piece of work in 10 ms; shows its reason, clock, power.
  hang,               ///< Does not come back from a product.
  no_nvlink,          ///< NCCL sends nothing over NVLinks.
  stuck,              ///< Takes no part in a collective of NCCL, which never ends on any GPU.
  killed,             ///< The process that uses it is killed in mid-work.
  xid,                ///< The driver writes Machine::xid to its log, and all else is well.
  low_clock,          ///< Shows a clock of 1 MHz, at whatever speed.
  hidden_clock,       ///< Shows no clock.
  low_power_limit,    ///< Holds to 7/10 of its power limit.
  no_driver,
  stub_driver,      ///< The toolkit's file of the driver's name, which does nothing.
  other_driver,     ///< The kernel's part of the driver is of another version.
  broken_driver,    ///< It says that it can't begin.
  busy_device,      ///< Another process has the GPUs for itself.
  no_code,          ///< Of the kernels there is none that this GPU runs.
  bad_call,         ///< What is asked for is refused as an invalid value.
  other_arch,       ///< The library doesn't know this GPU.
  broken_library,   ///< The library fails by itself, and the GPU goes on.
  broken_both,      ///< The library fails since the GPU has.
  other_attention,  ///< cuDNN leaves out the scale.
  compat_files,     ///< cuFile stays in its compatibility mode, and says so.
  bounced_files,    ///< It goes through the host's memory, and says that it may not.
  short_files,      ///< It moves all of a request but its last 4 KiB.
  refused_files,    ///< It fails.
  no_library,
  old_library
};

struct Machine {
  const GpuModel* gpu = nullptr;
  int gpus = 8;
  std::uint64_t seed = 1;  ///< Of the order of blocks and warps.
  Fault fault = Fault::none;
  std::uint64_t l2_bytes = 0;  ///< 0: the model's.
  int multiprocessors = 0;     ///< 0: the model's.
  int numa_nodes = 2;
  std::uint64_t host_bytes = std::uint64_t{1} << 36U;  ///< That are available.
  bool peers = true;              ///< Whether GPUs can access each other's memory.
  std::uint64_t every = 100;      ///< Of how many products one is spoiled.
  int on = -1;                    ///< The one GPU that has the fault; -1: all.
  bool real_descriptors = false;  ///< Of cuBLASLt: those of the real library.
  int cudnn = 91'900;             ///< The version that it says; 0: it is not there.
  int nccl = 22'809;              ///< Likewise; less than 0: it fails when asked.
  int cufile = 1130;              ///< Likewise; below 1140 it doesn't show its parameters.
  bool nvfs = true;               ///< Whether nvidia-fs is loaded.
  bool counts = true;             ///< Whether it counts bytes.
  int xid = 79;
  std::string log;  ///< The file of the driver's log.
};

/// "model=b200,gpus=2,seed=7,fault=wrong_bit,every=10,on=1", all of it optional. Fails with
/// bad_input, naming what is unknown.
[[nodiscard]] Result<Machine> machine_from(std::string_view settings);

/// "0000:13:00.0" of GPU 3, and back.
[[nodiscard]] std::string pci_bus_id_of(unsigned gpu);
[[nodiscard]] unsigned gpu_at(std::string_view pci_bus_id);

/// The machine that this process emulates.
[[nodiscard]] Machine& machine();

}  // namespace assay::emulated
