// What starts the ranks of a collective on this host: Open MPI's mpirun, or Slurm's srun.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "harness/run/environment.h"
#include "harness/run/mpirun_command.h"

namespace assay {

struct RankLauncher {
  enum class Kind { mpirun, srun };
  Kind kind = Kind::mpirun;
  std::string file;
  std::vector<std::string> given;  ///< Arguments of the site's, before those that count the ranks.

  /// "srun --mpi=pmix": file and arguments, without the folder; "" of mpirun without any.
  [[nodiscard]] std::string shown() const;
};

/// From its words: file, and arguments given to it; or from a file whose name has blanks. It is
/// srun if its file is named so.
[[nodiscard]] RankLauncher launcher_from(const std::string& words);

/// The same words with the whole path of the file, that the caller's PATH finds; "" for "" where
/// there is no mpirun. Fails with bad_input if what was named is not there or is no plain text, and
/// for srun outside an allocation.
[[nodiscard]] Result<std::string> found_launcher(const std::string& words,
                                                 const Environment& caller);

/// What keeps it from being used here, in a sentence; "" if nothing is known. `worker`: variables
/// of who starts it.
[[nodiscard]] std::string launcher_fault(const RankLauncher& launcher, const Environment& worker);

/// `rank`: the command of each rank.
[[nodiscard]] std::vector<std::string> launcher_command(const RankLauncher& launcher,
                                                        const std::vector<std::string>& rank,
                                                        const MpirunJob& job,
                                                        const Environment& worker);

/// Of launcher and ranks: of the worker's variables srun gets those of Slurm that it lives on.
[[nodiscard]] Environment launcher_environment(const RankLauncher& launcher, const MpirunJob& job,
                                               const Environment& worker);

/// What a rank writes to its standard error where no worker's socket is: ranks can't be there.
[[nodiscard]] std::string words_of_stranded_rank();

/// Where such ranks were, by what the launcher printed of them: "n2, n3"; "" if nowhere.
[[nodiscard]] std::string hosts_of_stranded_ranks(const std::string& printed);

/// "; the launcher said: ..." in one line, without those words; "" if it said nothing.
[[nodiscard]] std::string launcher_said(const std::string& printed);

}  // namespace assay
