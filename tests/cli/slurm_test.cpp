// Collectives whose ranks a real Slurm starts, on nodes that are all this machine.
#include <poll.h>
#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/collective_kernel.h"
#include "harness/run/rank_launcher.h"
#include "tests/cli/program.h"
#include "tests/doubles/slurm/cluster.h"

namespace assay {
namespace {

using testing_doubles::SlurmCluster;

#ifdef ASSAY_MPI_MODULE

/// A collective and a layer whose gradients are exchanged, at trivial limits.
constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"slurm","purpose":"demonstration",)"
    R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"1 %"},"clauses":[{"id":"R",)"
    R"("case":"network.all_reduce","population":"host","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"op":"sum","value":"busbw","type":"f32",)"
    R"("bytes":65536,"in_place":"no","ranks":2},"soak":"1 ms","window":"100 ms",)"
    R"("rule":"zero_wrong","weight":"mandatory","defect_class":1},{"id":"T",)"
    R"("case":"compute.transformer_step","population":"host","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"input":"f32","accumulate":"f32","output":"f32",)"
    R"("sparsity":"dense","emulation":"forbidden","operands":"integers","batch":1,"seq":40,)"
    R"("hidden":64,"ffn":96,"heads":2,"kv_heads":1,"head_dim":"64","ranks":2},"soak":"1 ms",)"
    R"("window":"100 ms","rule":"zero_wrong","weight":"mandatory","defect_class":1}]})";

class Slurm : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = SlurmCluster::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
  }
  void start(int nodes, bool has_host_elsewhere = false) {
    cluster_ = std::make_unique<SlurmCluster>(nodes, has_host_elsewhere);
    ASSERT_TRUE(cluster_->is_there());
    cluster_->enter_allocation(nodes);
  }
  /// What a job's user would type.
  [[nodiscard]] static RankLaunch launch(const std::string& words, const std::string& module) {
    const auto found = found_launcher(words, own_environment());
    EXPECT_TRUE(found) << found.error().message;
    return {.launcher = found ? *found : "",
            .command = {ASSAY_PROGRAM, "rank"},
            .module = module,
            .limit_ns = 3'000'000'000};
  }
  static Result<std::unique_ptr<CollectiveKernel>> prepared(const RankLaunch& launch) {
    return CollectiveKernel::prepare(
        launch, {.op = CollectiveProblem::Op::all_reduce, .bytes = 4096, .ranks = 2}, Seed{});
  }
  static std::vector<Step> five_steps() {
    std::vector<Step> steps(5);
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      steps[i] = {.tuple = i, .slot = i};
    }
    return steps;
  }
  /// How a run with this module's fault ends.
  static std::string failure_with(const std::string& fault) {
    const auto kernel = prepared(launch("srun", ASSAY_FAULTY_MPI "," + fault));
    EXPECT_TRUE(kernel) << kernel.error().message;
    const auto ran = kernel ? (*kernel)->run(five_steps()) : Result<Done>(Done{});
    EXPECT_FALSE(ran);
    return ran ? "" : ran.error().message;
  }

  std::unique_ptr<SlurmCluster> cluster_;
};

TEST_F(Slurm, StartsTheRanksOfACampaignThatVerifiesAndSaysSo) {
  start(2);
  const ScratchFolder folder;
  std::ofstream(folder.file("contract.json")) << k_contract;
  const std::string out = folder.file("out");
  // As a step of the job on its second node, whose ranks are a step, too.
  const std::string said = SlurmCluster::said_by(
      "srun --nodes=1 --ntasks=1 --nodelist=n2 " ASSAY_PROGRAM " run " +
      folder.file("contract.json") + " --out " + out +
      " --launcher 'srun --cpu-bind=none' --mpi-module " ASSAY_MPI_MODULE " 2>&1");
  const Ended made =
      assay_program({"keygen", "--out", folder.file("key"), "--cert", folder.file("cert"), "--name",
                     "Tester", "--unencrypted", "--policy", folder.file("policy")});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Ended signed_it = assay_program({"sign", out, "--role", "supplier", "--key",
                                         folder.file("key"), "--cert", folder.file("cert")});
  ASSERT_EQ(signed_it.exit_code, 0) << signed_it.err << said;
  const Ended verified =
      run_program({ASSAY_VERIFY_PROGRAM, out, "--policy", folder.file("policy"), "--deep"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err << said;
  const std::string report = whole_file(out + "/report.json");
  EXPECT_NE(report.find("\"SLURMD_NODENAME\":\"n2\""), std::string::npos) << said;
  EXPECT_NE(report.find("\"SLURM_JOB_ID\":\"" + std::string(::getenv("SLURM_JOB_ID")) + "\""),
            std::string::npos);
  const std::string journal = whole_file(out + "/journal/00000.jsonl");
  EXPECT_NE(journal.find("\"kernel\":\"all_reduce, ranks by srun --cpu-bind=none\""),
            std::string::npos)
      << said << journal;
}

/// Whether a process ends within some seconds, however it was started.
bool ends_soon(std::int32_t process) {
  const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) {
    return true;
  }
  pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
  const bool has_ended = ::poll(&ended, 1, 20'000) == 1;
  ::close(handle);
  return has_ended;
}

TEST_F(Slurm, LosesNoRankWithoutItsName) {
  start(2);
  EXPECT_EQ(failure_with("killed=1@3").find("network.all_reduce: rank 1 was lost"), 0U);
  EXPECT_EQ(failure_with("stopped=1@3"),
            "network.all_reduce: rank 1 hangs: no record within 3000 ms, while the others wait for "
            "it");
  // Nor does a worker that is killed leave anybody behind, though Slurm's tasks are no children of
  // srun: not even one that is stopped.
  std::array<int, 2> said{};
  ASSERT_EQ(::pipe2(said.data(), O_CLOEXEC), 0);
  const pid_t worker = ::fork();
  if (worker == 0) {
    const auto kernel = prepared(launch("srun", ASSAY_FAULTY_MPI ",stopped=1@1"));
    for (const std::int32_t process :
         kernel ? (*kernel)->processes() : std::vector<std::int32_t>()) {
      static_cast<void>(::write(said[1], &process, sizeof process) < 0);
    }
    ::close(said[1]);
    static_cast<void>(kernel && (*kernel)->run(five_steps()));
    ::_exit(0);
  }
  ::close(said[1]);
  std::vector<std::int32_t> left;
  for (std::int32_t process = 0; ::read(said[0], &process, sizeof process) > 0;) {
    left.push_back(process);
  }
  ::close(said[0]);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // by then the ranks are in the call
  ::kill(worker, SIGKILL);
  ::waitpid(worker, nullptr, 0);
  EXPECT_EQ(left.size(), 3U) << "srun and two ranks";
  for (const std::int32_t process : left) {
    EXPECT_TRUE(ends_soon(process));
  }
}

TEST_F(Slurm, MaySpreadRanksOverNodesOfOneHostAndFailsByNameWhereItMayNotOrOneIsGone) {
  const bool can_be_elsewhere = std::system("unshare --mount --uts true 2>/dev/null") == 0;
  start(3, can_be_elsewhere);
  if (can_be_elsewhere) {
    const auto refused = prepared(launch("srun --nodes=2 --nodelist=n1,n3", ASSAY_MPI_MODULE));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(" of 2 ranks were started on the worker's host, others "
                                           "on n3-host"),
              std::string::npos)
        << refused.error().message;
  }
  const auto local = prepared(launch("mpirun", ASSAY_MPI_MODULE));
  EXPECT_TRUE(local) << local.error().message;
  const auto kernel = prepared(launch("srun --nodes=2 --nodelist=n1,n2", ASSAY_MPI_MODULE));
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto steps = five_steps();
  ASSERT_TRUE((*kernel)->run(steps));
  const auto checked = (*kernel)->check(steps, {}, {});
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->wrong, 0U);
  EXPECT_EQ(checked->tiles, steps.size());
  cluster_->crash("n2");
  const auto ran = (*kernel)->run(steps);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_NE(ran.error().message.find(" lost: "), std::string::npos) << ran.error().message;
  if (!can_be_elsewhere) {
    GTEST_SKIP() << "nobody here may make a host of its own: ranks on another one were not tried";
  }
}

#endif

}  // namespace
}  // namespace assay
