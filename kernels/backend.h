// What executes: a backend prepares a problem on one of its devices; the kernel runs it.
//
// A kernel holds many distinct operand sets ("tuples") and several output slots. The caller says
// which tuple goes into which slot, and afterwards has the slots checked against what it asked
// for. So a skipped, cached or cheaper computation shows, and no kernel knows what is checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/model/natural.h"
#include "harness/model/quantity.h"
#include "harness/model/result.h"

namespace assay {

/// Not every backend knows every type: what it lacks is `unsupported`, by name. tf32 is stored as
/// f32; mxfp8_e4m3 and nvfp4 have a scale for each block of 32 and 16 elements. fp8_e5m2_e4m3 is
/// that of a product only: A in e5m2, B in e4m3 (no library multiplies two e5m2 matrices).
enum class NumberType {
  f64,
  f32,
  tf32,
  bf16,
  f16,
  fp8_e4m3,
  fp8_e5m2,
  fp8_e5m2_e4m3,
  mxfp8_e4m3,
  nvfp4,
  s32,
  s8
};
[[nodiscard]] std::string_view name_of(NumberType type);
[[nodiscard]] Result<NumberType> number_type_from(std::string_view name);
/// Of one stored element, without its share of a block's scale.
[[nodiscard]] unsigned bits_of(NumberType type);

/// C = A x B, A m x k, B k x n, row-major: 2 m n k operations an iteration.
struct GemmProblem {
  NumberType input = NumberType::f32;
  NumberType accumulate = NumberType::f32;
  NumberType output = NumberType::f32;
  std::uint64_t m = 0, n = 0, k = 0;
};

/// STREAM counting: read 8, copy 16, triad 24 bytes an element of 8 bytes; write-allocate traffic
/// is not counted.
struct MemoryProblem {
  enum class Op { read, copy, triad };
  Op op = Op::triad;
  std::uint64_t array_bytes = 0;  ///< Of each array; 0: four times the last-level caches.
  bool non_temporal = true;
};

[[nodiscard]] std::string_view name_of(MemoryProblem::Op op);

/// 1, 2 or 3: those that a pass reads and writes.
[[nodiscard]] std::uint64_t arrays_of(const MemoryProblem& problem);

/// Copies by the copy engines between a GPU and pinned memory of its host, at the NUMA node of the
/// GPU or at the one farthest from it, or another GPU. Both directions at once count both.
struct LinkProblem {
  enum class Path { near_host, far_host, peer };
  enum class Direction { to_device, from_device, both };
  Path path = Path::near_host;
  Direction direction = Direction::to_device;
  std::uint64_t bytes = 0;          ///< Of one copy.
  std::uint64_t peer_distance = 1;  ///< Of GPU i: GPU i + distance, modulo the GPUs of the node.
};
/// "network.host_copy" or "network.peer_copy".
[[nodiscard]] std::string_view case_of(const LinkProblem& problem);

/// A chain of loads through an array, each of which needs what the one before found.
struct LatencyProblem {
  std::uint64_t array_bytes = 0;  ///< 0: four times the last-level caches.
  std::uint64_t loads = 100'000;
};

/// O = softmax(scale Q K^T) V for each sequence and head; heads share K and V in groups of heads /
/// kv_heads. Q is batch x heads x queries x head_dim, K and V have kv_heads, `seq` rows and
/// head_dim or value_dim columns, O is batch x heads x queries x value_dim: all dense, row-major.
struct AttentionProblem {
  /// A prefill has as many queries as keys; a step of decoding has one query and `seq` keys. The
  /// backward pass of a prefill turns Q, K, V, O, dO and the logarithms of O's sums into dQ, dK,
  /// dV.
  enum class Pass { prefill_forward, prefill_backward, decode };
  Pass pass = Pass::prefill_forward;
  bool causal = false;  ///< Query i sees keys 0 .. i. Of a prefill.
  NumberType input = NumberType::f32;
  NumberType output = NumberType::f32;
  std::uint64_t batch = 1, heads = 1, kv_heads = 1;
  std::uint64_t seq = 0, head_dim = 0, value_dim = 0;
};

[[nodiscard]] std::string_view name_of(AttentionProblem::Pass pass);

/// Writing and reading files in a scratch directory past the page cache. Each client is a thread
/// with one file of its own; a step moves one extent of every file, in requests of which several
/// are in flight: front to back, or at places drawn all over the file. A mix reads in one half of
/// each file and writes in the other; a training run reads batches of samples at drawn places, and
/// computes for `compute_ns` on each. All sizes are multiples of 4096, and each of the next
/// smaller.
///
/// A checkpoint is one file of every client, written under another name and renamed, or read by
/// another client: file and extent are a shard. Of metadata a step creates, looks up, lists or
/// deletes `files` files of each client, of one block each.
struct StorageProblem {
  enum class Op {
    write,
    read,
    random_read,
    mixed,
    training,
    save,
    restore,
    create,
    stat,
    list,
    remove
  };
  /// Who moves the bytes that are timed: a client's thread, or a process of fio for each client,
  /// of whose reads nothing is compared as it arrives. Of write, read, random_read and mixed. Of
  /// write and read also `gpu`: a client's thread has them go between the file and a GPU's memory.
  enum class Engine { own, fio, gpu };
  /// Whose counters must show the bytes beside those of the process: nobody's that must be there,
  /// the file system's block device's, or the host's network devices'.
  enum class Witness { process, block_device, network };
  Op op = Op::write;
  Engine engine = Engine::own;
  Witness witness = Witness::process;
  std::uint64_t clients = 1;
  std::uint64_t file_bytes = 0, extent_bytes = 0, request_bytes = 0;
  std::uint64_t depth = 1;           ///< Requests in flight of each client.
  std::uint64_t write_percent = 30;  ///< Of the requests of a mix: 1 to 50.
  std::uint64_t compute_ns = 0;      ///< Of a training run, for each batch: an extent.
  std::uint64_t files = 0;           ///< Of metadata: of each client, in a step.
  bool shared = false;               ///< Of metadata: all clients in one directory.
  bool cold = false;                 ///< Of metadata: caches are dropped before every step.
  std::string directory;             ///< "": none was named. Whoever prepares it fills it in.
};
/// "write", "delete": of a checkpoint and of metadata as the parameter of the case.
[[nodiscard]] std::string_view name_of(StorageProblem::Op op);
[[nodiscard]] bool is_checkpoint(StorageProblem::Op op);
[[nodiscard]] bool is_metadata(StorageProblem::Op op);

/// One call of a collective by `ranks` processes. `bytes`: what each rank puts in or gets out, or
/// of all ranks together where each holds a part (PERFORMANCE.md of nccl-tests, S). Sums are of
/// whole numbers, exact in any order. `transport` is send_recv whose way is judged; one call of
/// `links` is messages of `bytes` between all pairs of ranks, in rounds
/// (kernels/link_rounds.h).
struct CollectiveProblem {
  enum class Op {
    all_reduce,
    reduce_scatter,
    all_gather,
    all_to_all,
    broadcast,
    send_recv,
    transport,
    links
  };
  enum class Pattern { pairs, permutation, incast };
  enum class Path { shared_memory, tcp, verbs, nvlink };
  enum class Value { algorithm_rate, bus_rate, time };
  Op op = Op::all_reduce;
  Value value = Value::algorithm_rate;
  NumberType type = NumberType::f32;
  Pattern pattern = Pattern::pairs;  ///< Of links.
  Path path = Path::shared_memory;   ///< Of transport: which way messages must go.
  bool in_place = false;
  std::uint64_t bytes = 0;
  std::uint32_t ranks = 2;
};
/// "all_reduce"; the case is "network." and this.
[[nodiscard]] std::string_view name_of(CollectiveProblem::Op op);
[[nodiscard]] std::string_view name_of(CollectiveProblem::Pattern pattern);

/// In each step one matrix product, one triad and one copy, every one verified. The copy is the
/// backend's own: between arrays of the host, or between a GPU and its host, both ways at once.
struct SoakProblem {
  GemmProblem product;
  std::uint64_t array_bytes = 0;  ///< Of each array of the triad.
  std::uint64_t copy_bytes = 0;   ///< In each direction.
};

/// One decoder layer trained on one micro-batch of `batch` sequences a rank: forward, backward, and
/// the sum of all weights' gradients over the ranks. What it computes, and where it may round:
/// kernels/transformer_plan.h. Activations are stored as `input`, gradients of weights in f32.
struct TransformerProblem {
  NumberType input = NumberType::bf16;
  std::uint64_t batch = 1, seq = 0;
  std::uint64_t hidden = 0, ffn = 0;  ///< Columns of the layer's input, and within its MLP.
  std::uint64_t heads = 1, kv_heads = 1, head_dim = 0;
  std::uint32_t ranks = 1;       ///< 1: nothing is exchanged.
  std::uint64_t peak_flops = 0;  ///< A second, of all ranks: what MFU is a share of; 0: measured.
};

/// The closed list of what backends can be asked to do. A new kind of work starts here.
using Problem =
    std::variant<GemmProblem, MemoryProblem, LinkProblem, LatencyProblem, AttentionProblem,
                 StorageProblem, CollectiveProblem, SoakProblem, TransformerProblem>;

struct Device {
  std::string id;            ///< "host", "gpu3".
  std::string model;         ///< "AMD EPYC 9655", as the machine calls it.
  std::string serial;        ///< "" where it has none.
  std::string architecture;  ///< "sm_100": whose rates harness/model/unit_rates.h knows; or "".
  std::uint32_t multiprocessors = 0;  ///< 0 where it is not made of such.
};

/// A library of a vendor that a backend loads at run time, or in one sentence why it can't be used.
struct VendorLibrary {
  std::string name;     ///< "cuBLASLt"
  std::string file;     ///< "libcublasLt.so.13"; "" where none was found.
  std::string version;  ///< "13.1.0"; "" where none was found.
  std::string why_not;  ///< "" if it can be used.
};

using Seed = std::array<std::uint8_t, 32>;

/// One iteration: operand tuple `tuple` multiplied (copied, summed) into output slot `slot`.
struct Step {
  std::uint64_t tuple = 0;
  std::uint32_t slot = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

/// The first difference found, for the report.
struct Mismatch {
  std::uint32_t step = 0;        ///< Index into the steps that were checked.
  std::uint64_t index = 0;       ///< Element of the slot, row-major; the row for a projection.
  std::string expected, actual;  ///< As text: integers where the values are integers.
};

struct CheckResult {
  std::uint64_t tiles = 0;  ///< Slots of which a drawn tile was compared element by element.
  std::uint64_t full = 0;   ///< Slots that were checked as a whole: those asked for, and others.
  std::uint64_t wrong = 0;  ///< Slots in which anything differed.
  double log2_miss = 0.0;   ///< Of one full check: log2 of the chance to miss a wrong slot.
  std::optional<Mismatch> first;
  std::vector<std::uint32_t> wrong_steps;  ///< Of those slots, in order.
};

/// What ran, for the report: facts, not claims.
struct Ran {
  std::string software;  ///< "oneDNN", "OpenBLAS", "assay".
  std::string version;
  std::string kernel;  ///< "brg:avx512_core_amx_bf16"
  std::string isa;
  std::uint32_t threads = 0;
};

/// Something that a kernel saw beside its outputs, for the telemetry.
struct Noted {
  std::string name;  ///< With its unit: "storage_fill_ppm".
  std::optional<std::int64_t> value;
  std::string reason;  ///< Why there is no value.
};

/// One problem with its memory, ready to run again and again. Used by one thread at a time.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  [[nodiscard]] virtual Ran ran() const = 0;
  [[nodiscard]] virtual Dimension dimension() const = 0;
  [[nodiscard]] virtual Natural work_per_step() const = 0;

  /// Tuples are 0 .. tuples()-1; any two give different outputs in every tile.
  [[nodiscard]] virtual std::uint64_t tuples() const = 0;
  [[nodiscard]] virtual std::uint32_t slots() const = 0;

  /// Poisons a lattice of the slots named in `steps`, so that what was not written shows. Cheap.
  virtual Result<Done> poison(std::span<const Step> steps) = 0;

  /// Runs the steps in order and waits for the end. This is what is timed: beside it goes on, if
  /// anything, what takes no time from it.
  virtual Result<Done> run(std::span<const Step> steps) = 0;

  /// Of the last run(): the time of its steps alone, by a kernel that times each by itself.
  [[nodiscard]] virtual std::optional<std::int64_t> timed_ns() const { return std::nullopt; }

  /// Bytes that depend on every slot of `steps`: samples at places fixed by the problem. The
  /// challenge is drawn from their digest. Equal operands give equal bytes on every device.
  virtual Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) = 0;

  /// Checks that slot steps[i].slot holds the result of steps[i].tuple: a tile drawn from
  /// `challenge` in every slot, and as a whole the slots of the steps listed in `full`.
  virtual Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                                    std::span<const std::uint32_t> full) = 0;

  /// Whether checking a slot as a whole is reading it once: then every slot that is still there
  /// when a window has ended is checked so.
  [[nodiscard]] virtual bool whole_is_cheap() const { return false; }

  /// For the self-test: inverts bit `bit` of the output in `slot`, 0 <= bit < slot_bits().
  virtual Result<Done> flip(std::uint32_t slot, std::uint64_t bit) = 0;
  [[nodiscard]] virtual std::uint64_t slot_bits() const = 0;

  /// The system's numbers of the processes that work for it beside this one.
  [[nodiscard]] virtual std::vector<std::int32_t> processes() const { return {}; }
  /// The soak is over: what notes() says of a window's steps is of those that come now.
  virtual void begin_window() {}
  /// After a window: what was seen since `prepare`, of its steps since begin_window().
  virtual Result<std::vector<Noted>> notes() { return std::vector<Noted>{}; }
};

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// Short, lower case and stable: it is printed in every report. "host", "cuda".
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// The devices of this machine. An empty list is no error: nothing of this kind is here.
  virtual Result<std::vector<Device>> devices() = 0;

  /// The library that shows clocks, power and errors of its devices, as the loader finds it; ""
  /// where they are the host's.
  [[nodiscard]] virtual std::string management_library() const { return ""; }

  /// Those that it would load, looked for now; no device is needed. For people: what a run really
  /// used stands in Ran.
  virtual std::vector<VendorLibrary> libraries() { return {}; }

  /// Whether `prepare` would find what it needs, in one sentence if not; allocates nothing.
  virtual Result<Done> supports(const Problem& problem, const Device& device) = 0;

  /// Allocates the problem on `device` and fills its operands from `seed`. Fails with unsupported,
  /// by name, if this backend or machine has no exact kernel for the problem.
  virtual Result<std::unique_ptr<Kernel>> prepare(const Problem& problem, const Device& device,
                                                  const Seed& seed) = 0;
};

}  // namespace assay
