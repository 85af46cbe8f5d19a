#include "harness/run/rank_launcher.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

namespace assay {
namespace {

using Kind = RankLauncher::Kind;

bool holds(const std::vector<std::string>& command, const std::string& word) {
  return std::find(command.begin(), command.end(), word) != command.end();
}

TEST(RankLauncher, IsSrunByTheNameOfItsFile) {
  EXPECT_EQ(launcher_from("/usr/bin/mpirun").shown(), "");
  EXPECT_EQ(launcher_from("/home/me/start-ranks").shown(), "start-ranks");
  EXPECT_EQ(launcher_from("/opt/slurm/bin/srun  --mpi=pmi2 -c 4").shown(), "srun --mpi=pmi2 -c 4");
  EXPECT_EQ(launcher_from("/opt/slurm/bin/srun").kind, Kind::srun);
  EXPECT_EQ(launcher_from("/home/srun/mpirun").kind, Kind::mpirun);
  EXPECT_EQ(launcher_from("/home/srun/mpirun --mca pml ob1").shown(), "mpirun --mca pml ob1");
}

TEST(RankLauncher, CountsRanksInItsOwnWordsAfterThoseOfTheSite) {
  const MpirunJob job{.ranks = 3, .folder = "/f"};
  const Environment worker{{"SLURMD_NODENAME", "n7"}, {"SLURM_JOB_ID", "5"}};
  EXPECT_EQ(launcher_command(launcher_from("/bin/srun --mpi=pmi2"), {"assay", "rank"}, job, worker),
            (std::vector<std::string>{"/bin/srun", "--mpi=pmix", "--nodes=1", "--overlap",
                                      "--kill-on-bad-exit=1", "--nodelist=n7", "--mpi=pmi2",
                                      "--ntasks=3", "assay", "rank"}));
  const auto mpirun =
      launcher_command(launcher_from("/bin/mpirun --mca pml ob1"), {"assay", "rank"}, job, worker);
  EXPECT_EQ((std::vector<std::string>{mpirun.begin(), mpirun.begin() + 7}),
            (std::vector<std::string>{"/bin/mpirun", "--mca", "pml", "ob1", "-np", "3",
                                      "--oversubscribe"}));
  EXPECT_FALSE(holds(mpirun, "--nodes=1"));
}

TEST(RankLauncher, GivesSrunWhatItLivesOnAndMpirunNothingOfSlurm) {
  const MpirunJob job{.ranks = 2, .folder = "/f"};
  const Environment worker{{"SLURM_CONF", "/c"},
                           {"SLURM_JOB_ID", "5"},
                           {"SLURM_NTASKS", "9"},
                           {"SLURM_JWT", "secret"},
                           {"PMIX_RANK", "0"}};
  const Environment of_srun = launcher_environment(launcher_from("/bin/srun"), job, worker);
  EXPECT_EQ(of_srun.at("SLURM_CONF"), "/c");
  EXPECT_EQ(of_srun.at("SLURM_JOB_ID"), "5");
  EXPECT_EQ(of_srun.at("OMPI_MCA_btl_vader_backing_directory"), "/f");
  EXPECT_EQ(of_srun.count("SLURM_NTASKS") + of_srun.count("SLURM_JWT") + of_srun.count("PMIX_RANK"),
            0U);
  const Environment of_mpirun = launcher_environment(launcher_from("/bin/mpirun"), job, worker);
  EXPECT_EQ(of_mpirun.count("SLURM_CONF") + of_mpirun.count("SLURM_JOB_ID"), 0U);
}

TEST(RankLauncher, IsRefusedByNameOutsideAnAllocationOrIfItIsNotThere) {
  const Environment outside{{"PATH", "/nowhere:/bin"}};
  const auto missing = found_launcher("srunn --mpi=pmix", outside);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "--launcher: there is no program 'srunn' on PATH");
  std::string folder = "/tmp/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::filesystem::create_symlink("/bin/sh", folder + "/srun");
  const auto refused = found_launcher("srun", {{"PATH", folder}});
  const auto allowed = found_launcher("srun -v", {{"PATH", folder}, {"SLURM_JOB_ID", "5"}});
  std::filesystem::create_symlink("/bin/sh", folder + "/my mpirun");
  const auto spaced = found_launcher(folder + "/my mpirun", outside);
  const RankLauncher of_spaced = launcher_from(folder + "/my mpirun");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(spaced.value(), folder + "/my mpirun");
  EXPECT_EQ(of_spaced.file, folder + "/my mpirun");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("--launcher: srun starts ranks in an allocation of Slurm, "
                                         "and this is none (SLURM_JOB_ID is not set)"),
            0U);
  ASSERT_TRUE(allowed) << allowed.error().message;
  EXPECT_EQ(*allowed, folder + "/srun -v");
  EXPECT_EQ(launcher_fault(launcher_from("/bin/srun"), {{"SLURM_JOB_ID", "5"}}), "");
  EXPECT_EQ(launcher_fault(launcher_from("/bin/mpirun"), outside), "");
  const auto found = found_launcher("sh -x", outside);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, "/bin/sh -x");
  EXPECT_FALSE(found_launcher("sh \n", outside));
  EXPECT_EQ(found_launcher("", {{"PATH", "/nowhere"}}).value(), "");
}

TEST(RankLauncher, IsToldApartFromTheRanksThatFoundNoWorker) {
  const std::string printed = words_of_stranded_rank() + "\nsrun: error:\t n3: task 1: Exited\n" +
                              words_of_stranded_rank() + "\n";
  const std::string host = hosts_of_stranded_ranks(printed);
  EXPECT_NE(host, "");
  EXPECT_EQ(host.find(' '), std::string::npos) << "once";
  EXPECT_EQ(launcher_said(printed), "; the launcher said: srun: error: n3: task 1: Exited");
  EXPECT_EQ(hosts_of_stranded_ranks("srun: error"), "");
  EXPECT_EQ(launcher_said(""), "");
  EXPECT_EQ(launcher_said("caf\xc3\xa9 \x01\xff\n"), "; the launcher said: caf?? ??");
}

}  // namespace
}  // namespace assay
