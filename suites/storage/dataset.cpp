// storage.dataset: rate at which accelerators get shuffled samples, each computing on a batch while
// the next ones are read.
//
// The accelerators are simulated: compute_us a batch. So the rate is at most that of their
// computing, and its share of that is MLPerf Storage's accelerator utilisation (AU): a limit on AU
// is a limit on the rate. Every sample comes once before any comes again; every word is compared.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

constexpr std::uint64_t k_ns_per_us = 1000;
constexpr Natural k_longest_us = 3'600'000'000;

Result<Problem> problem(const Params& params) {
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  const auto compute_us = natural_from(params.at("compute_us"));
  if (!compute_us || *compute_us > k_longest_us) {
    return Error{Error::Code::bad_input, "params.compute_us: at most 3600000000"};
  }
  files->op = StorageProblem::Op::training;
  files->compute_ns = static_cast<std::uint64_t>(*compute_us) * k_ns_per_us;
  return Problem{*files};
}

}  // namespace

Case storage_dataset() {
  return storage_case(
      {.id = "storage.dataset",
       .summary = "Rate at which simulated accelerators get shuffled samples, every byte compared",
       .formula = "bytes of samples / T; AU of MLPerf Storage = rate x compute_us / (clients x "
                  "batch x sample_kib x 1024)",
       .params = {{.name = "compute_us",
                   .meaning = "time for which an accelerator computes on a batch, in us",
                   .values = {},
                   .whole = true}},
       .problem = problem},
      {{"file_mib", "size of each client's file in MiB"},
       {"sample_kib", "size of a sample in KiB"},
       {"batch", "samples of a batch"},
       {"depth", "samples in flight of each client", "8"}});
}

}  // namespace assay
