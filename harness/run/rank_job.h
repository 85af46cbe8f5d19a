// The ranks of one collective: started by a launcher of MPI, or on GPUs one by one, and watched
// over sockets of their own. What becomes of a launcher, and which status it exits with, decides
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "harness/run/process.h"
#include "harness/run/rank_messages.h"
#include "harness/run/run_folder.h"

namespace assay {

struct RankLaunch {
  std::string launcher;              ///< Words of launcher_from(); "" where there is none.
  std::vector<std::string> command;  ///< Of a rank, without its options.
  std::string module;                ///< See ModuleChoice::from.
  std::string backend;               ///< Of ranks on devices: "cuda"; "": of MPI.
  std::vector<std::string> devices;  ///< Of `backend`: that of each rank, by rank.
  std::int64_t start_limit_ns = 60'000'000'000;
  std::int64_t limit_ns = 20'000'000'000;  ///< For which all ranks may say nothing.
};

class RankJob {
 public:
  /// Starts as many ranks as the problem has, with operands and order drawn from `seed`. Fails with
  /// unsupported where launcher, module or MPI are missing; else as ask().
  static Result<std::unique_ptr<RankJob>> start(const RankLaunch& launch, const RankWork& work,
                                                const Seed& seed);
  /// The same ranks with another problem, in a fresh communicator; those of MPI in another order.
  /// As start().
  Result<Done> begin(const RankWork& work, const Seed& seed);
  /// Whether launcher and module are there; unsupported, by name, if not.
  static Result<Done> can_start(const RankLaunch& launch);
  /// The same, and whether this host has memory for so many ranks of so many bytes each.
  static Result<Done> can_hold(const RankLaunch& launch, std::uint32_t ranks,
                               Natural bytes_of_each);
  RankJob(const RankJob&) = delete;
  RankJob& operator=(const RankJob&) = delete;
  ~RankJob();  ///< Whoever has not ended by then is killed.

  /// Tells all ranks the same and returns what each answered, by rank. Fails, naming the rank, with
  /// io if one is gone or fails, with timeout if one hangs.
  Result<std::vector<RankRecord>> ask(const RankCommand& command);

  [[nodiscard]] std::string library() const { return library_; }
  /// What computes the layers of its ranks.
  [[nodiscard]] std::string layer() const { return layer_; }
  /// What the library was told beside its calls: "NCCL_ALGO=Ring"; "" where nothing is known.
  [[nodiscard]] std::string settings() const { return settings_; }
  /// What started the ranks, if that was not mpirun as every run calls it: "srun --mpi=pmi2".
  [[nodiscard]] std::string started_by() const { return started_by_; }
  /// Of each rank, where it is laid out: by its launcher, or the number of its device.
  [[nodiscard]] const std::vector<std::uint32_t>& places() const { return places_; }
  /// "1", or "1 (gpu3)". Precondition: there is such a rank.
  [[nodiscard]] std::string name_of(std::size_t rank) const;
  [[nodiscard]] bool is_on_devices() const { return !devices_.empty(); }
  /// Launchers and ranks.
  [[nodiscard]] std::vector<std::int32_t> processes() const;

 private:
  struct Line;

  RankJob() = default;
  Result<Done> listen_and_launch(const RankLaunch& launch, const RankWork& work);
  Result<Done> launch_on_devices(const RankLaunch& launch, const std::vector<std::string>& rank);
  Result<Done> join(const std::vector<RankRecord>& started);
  /// `program`: the file that every rank runs.
  Result<Done> greet(std::uint32_t ranks, std::int64_t deadline_ns, const std::string& program);
  Result<Done> take_ready(const std::vector<RankRecord>& records);
  Result<std::vector<RankRecord>> gather();
  void wait_for_news(int limit_ms, bool for_greetings);
  void hear_launchers();
  [[nodiscard]] Error lost();
  [[nodiscard]] Error silent() const;
  [[nodiscard]] std::string not_all_here(std::uint32_t ranks) const;
  [[nodiscard]] std::optional<Error> failed() const;

  RunFolder folder_;
  int listener_ = -1;
  std::shared_ptr<void> launcher_program_;           ///< See mapped_program().
  std::vector<std::unique_ptr<Process>> launchers_;  ///< On devices: the ranks themselves.
  std::string said_;
  std::vector<std::unique_ptr<Line>> lines_;  ///< By rank, once all are ready.
  std::string library_, settings_, started_by_;
  std::vector<std::string> devices_;
  std::string layer_;
  std::vector<std::uint32_t> places_;
  std::int64_t limit_ns_ = 0;
  bool ready_ = false;
  bool broken_ = false;  ///< Nobody waits for an orderly end.
};

}  // namespace assay
