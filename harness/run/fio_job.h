// One job of one process of fio: how it is called, and what it has really done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "harness/run/fio_said.h"
#include "kernels/backend.h"

namespace assay {

/// Where fio is looked for, and how it is watched.
struct FioProgram {
  std::vector<std::string> files{"/usr/bin/fio", "/usr/local/bin/fio"};
  std::int64_t silence_ns = 20'000'000'000;  ///< For which a job may move nothing.
  std::int64_t shortest_ns = 100'000'000;    ///< Its clock has whole ms: what is shorter is none.
  bool is_timed = true;  ///< Else a trial, or before the window: how long it took says nothing.

  /// The first that can be executed. Fails with unsupported, naming all.
  [[nodiscard]] Result<std::string> file() const;
  /// "fio-3.33". Fails with unsupported where it is none of fio 3, else as a job.
  [[nodiscard]] Result<std::string> version() const;
  /// See mapped_program(). Fails with unsupported.
  [[nodiscard]] Result<std::shared_ptr<void>> mapped() const;
};

struct FioJob {
  StorageProblem::Op op = StorageProblem::Op::read;
  std::uint64_t client = 0;
  std::string file;
  std::string engine;                          ///< "io_uring" or "libaio".
  std::uint64_t offset = 0, region_bytes = 0;  ///< Of the file, in which it moves.
  std::uint64_t bytes = 0;                     ///< That it moves: whole requests.
  std::uint64_t request_bytes = 0, depth = 1, write_percent = 0;
  std::uint64_t seed = 0;
};

/// All that matters is said, whatever fio's defaults are.
[[nodiscard]] std::vector<std::string> fio_arguments(const FioJob& job);

/// Times are of CLOCK_MONOTONIC.
struct FioMoved {
  FioSaid said;
  std::int64_t spawned_ns = 0, exited_ns = 0;
  std::int64_t begun_ns = 0, ended_ns = 0;  ///< Of what is timed.
};

/// Runs it to its end. Fails with unsupported where there is no fio; with io where it was killed,
/// can't be started or fails, with its own last line; with timeout, killing it, where it moves
/// nothing; with not_witnessed where its result makes no sense, its own counters haven't the bytes,
/// or our clock and its runtime contradict each other.
[[nodiscard]] Result<FioMoved> run_fio(const FioProgram& program, const FioJob& job);

}  // namespace assay
