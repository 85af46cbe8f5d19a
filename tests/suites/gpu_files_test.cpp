// Files into and out of the memory of an emulated GPU, by a stand-in for cuFile that really moves
// them: from one kernel to the verdict of a campaign. This program is worker, too.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/gpu_file_kernel.h"
#include "harness/run/host_worker.h"
#include "harness/run/ranked_backend.h"
#include "kernels/host/host_backend.h"
#include "reports/campaign.h"
#include "reports/io_witness.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

using Op = StorageProblem::Op;

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;
constexpr std::int64_t k_moved = 12 << 20U;  // in six steps
constexpr Seed k_seed{1, 2, 3};

/// In the working directory: that of the build, on a disk mostly.
class GpuFiles : public testing::Test {
 protected:
  GpuFiles() {
    std::string pattern = std::filesystem::current_path().string() + "/assay-gpu-files-XXXXXX";
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
    outside_.direct = false;
    outside_.resident = [](int, std::uint64_t) { return Result<std::uint64_t>(0); };
    outside_.moved = [looked = false](const storage::FileSystem&) mutable {
      const std::uint64_t counted = std::exchange(looked, true) ? 1000 * k_mib : 0;
      return storage::MovedBytes{.process_read = counted, .process_written = counted};
    };
  }
  ~GpuFiles() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] StorageProblem problem(Op op) const {
    return {.op = op,
            .engine = StorageProblem::Engine::gpu,
            .clients = 2,
            .file_bytes = 4 * k_mib,
            .extent_bytes = k_mib,
            .request_bytes = 256 << 10U,
            .directory = folder_};
  }

  /// On GPU 1 of an emulated node with these settings: "fault=lost,every=3".
  Result<std::unique_ptr<GpuFileKernel>> prepare(Op op, const std::string& settings = "") {
    auto loaded = load_backend(
        "cuda", {.path = ASSAY_EMULATED_MODULE,
                 .settings = std::string("gpus=2") + (settings.empty() ? "" : ",") + settings});
    EXPECT_TRUE(loaded) << loaded.error().message;
    backend_ = std::move(loaded->backend);
    auto* const files = dynamic_cast<FileBackend*>(backend_.get());
    return GpuFileKernel::prepare(
        problem(op), k_seed,
        [files](std::uint64_t bytes) { return files->open_files({.id = "gpu1"}, bytes); },
        outside_);
  }

  static std::vector<Step> steps(std::uint64_t first, std::uint32_t count = 3) {
    std::vector<Step> made;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      made.push_back({.tuple = first + slot, .slot = slot});
    }
    return made;
  }
  /// All of it as a whole.
  static CheckResult check(Kernel& kernel, const std::vector<Step>& batch) {
    std::vector<std::uint32_t> full(batch.size());
    std::iota(full.begin(), full.end(), 0U);
    auto checked = kernel.check(batch, Seed{9}, full);
    EXPECT_TRUE(checked) << checked.error().message;
    return checked ? *checked : CheckResult{};
  }
  static Result<Done> run(Kernel& kernel, const std::vector<Step>& batch) {
    auto poisoned = kernel.poison(batch);
    return poisoned ? kernel.run(batch) : poisoned;
  }
  static Readings notes_of(Kernel& kernel) {
    const auto notes = kernel.notes();
    EXPECT_TRUE(notes) << notes.error().message;
    Readings readings;
    for (const Noted& note : notes ? *notes : std::vector<Noted>{}) {
      readings[note.name] = {.value = note.value, .reason = note.reason};
    }
    return readings;
  }
  /// Why a run of six steps with these settings is not one of a direct path; "" if it is.
  std::string fault_of_path(Op op, const std::string& settings) {
    const auto kernel = prepare(op, settings);
    if (!kernel) {
      return kernel.error().message;
    }
    EXPECT_TRUE(run(**kernel, steps(0)) && run(**kernel, steps(10)));
    EXPECT_EQ(check(**kernel, steps(10)).wrong, 0U) << "the way says nothing of the bytes";
    return io_fault_of(op == Op::read ? "storage.gpu_read" : "storage.gpu_write", {},
                       notes_of(**kernel), static_cast<Natural>(k_moved));
  }

  std::string folder_;
  StorageOutside outside_;
  std::unique_ptr<Backend> backend_;  ///< Outlives its kernels.
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(GpuFiles, MoveWhatTheyMustAndShowAFlippedBitAndASkippedStep) {
  for (const Op op : {Op::read, Op::write}) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel) << kernel.error().message;
    EXPECT_EQ((*kernel)->ran().version, "1.13.0");
    EXPECT_TRUE((*kernel)->work_per_step() == Natural{2} * k_mib);
    ASSERT_EQ((*kernel)->slots(), 4U);
    for (const std::uint64_t first : {0U, 100U}) {  // past the end of the files
      const auto ran = run(**kernel, steps(first));
      ASSERT_TRUE(ran) << ran.error().message;
      EXPECT_GT((*kernel)->timed_ns(), 0);
      const CheckResult result = check(**kernel, steps(first));
      EXPECT_EQ(result.wrong, 0U) << result.first->expected << ": " << result.first->actual;
      EXPECT_EQ(result.tiles, 3U);
      EXPECT_EQ(result.full, 3U);
    }
    ASSERT_TRUE((*kernel)->flip(1, (*kernel)->slot_bits() - 1));
    EXPECT_EQ(check(**kernel, steps(100)).wrong_steps, std::vector<std::uint32_t>{1});
    ASSERT_TRUE((*kernel)->flip(1, (*kernel)->slot_bits() - 1));
    EXPECT_EQ(check(**kernel, steps(100)).wrong, 0U);
    EXPECT_EQ(check(**kernel, steps(7)).wrong, 3U) << "nobody ran these";
    ASSERT_TRUE((*kernel)->poison(steps(100)));
    EXPECT_EQ(check(**kernel, steps(100)).first->actual, "nothing");

    Readings notes = notes_of(**kernel);
    EXPECT_EQ(notes["storage_gpu_claimed_bytes"].value, k_moved);
    EXPECT_EQ(notes["storage_gpu_direct_bytes"].value, k_moved);
    EXPECT_EQ(notes["storage_gpu_may_bounce"].value, 0);
    const char* const claimed =
        op == Op::read ? "storage_read_claimed_bytes" : "storage_written_claimed_bytes";
    EXPECT_EQ(notes[claimed].value, k_moved);
  }
}

TEST_F(GpuFiles, HaveTheSameWitnessOnEveryMachineAndAnotherForEveryTuple) {
  for (const Op op : {Op::read, Op::write}) {
    std::vector<std::vector<std::uint8_t>> seen;
    for (const bool is_worn : {false, true}) {
      const auto kernel = prepare(op);
      ASSERT_TRUE(kernel) << kernel.error().message;
      ASSERT_TRUE(!is_worn || run(**kernel, steps(50)));
      ASSERT_TRUE(run(**kernel, steps(0)));
      const auto witness = (*kernel)->witness(steps(0));
      ASSERT_TRUE(witness);
      seen.push_back(*witness);
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_FALSE(std::equal(seen[0].begin(), seen[0].begin() + 8, seen[0].begin() + 8));
  }
}

TEST_F(GpuFiles, ShowAWrongByteAndARequestThatWasNotDone) {
  for (const Op op : {Op::read, Op::write}) {
    for (const std::string fault : {"wrong_bit", "skipped"}) {
      const auto kernel = prepare(op, "every=7,fault=" + fault);  // of 24 requests
      ASSERT_TRUE(kernel) << kernel.error().message;
      ASSERT_TRUE(run(**kernel, steps(0)));
      const CheckResult result = check(**kernel, steps(0));
      EXPECT_GT(result.wrong, 0U) << fault;
      ASSERT_TRUE(result.first) << fault;
      EXPECT_TRUE(has(result.first->expected, "generation ")) << result.first->expected;
    }
  }
}

/// What it leaves is what was there before: right, but of the pass before.
TEST_F(GpuFiles, AreWipedSoThatAReadThatWasNotDoneShowsInALaterPass) {
  const auto kernel = prepare(Op::read, "every=33,fault=skipped");  // the first of the second pass
  ASSERT_TRUE(kernel) << kernel.error().message;
  ASSERT_TRUE(run(**kernel, steps(0, 4)));
  EXPECT_EQ(check(**kernel, steps(0, 4)).wrong, 0U);
  ASSERT_TRUE(run(**kernel, steps(4, 4)));
  EXPECT_EQ(check(**kernel, steps(4, 4)).wrong, 1U);
}

TEST_F(GpuFiles, SayWhatCuFileRefused) {
  const auto end_with = [this](Op op, const std::string& fault) {
    const auto kernel = prepare(op, "every=3,fault=" + fault);
    EXPECT_TRUE(kernel) << kernel.error().message;
    const auto ran = run(**kernel, steps(0));
    EXPECT_FALSE(ran);
    return ran ? Error{} : ran.error();
  };
  const Error cut = end_with(Op::read, "short_files");
  EXPECT_EQ(cut.code, Error::Code::io);
  EXPECT_TRUE(has(cut.message, "of 262144 bytes at byte ")) << cut.message;
  EXPECT_TRUE(has(cut.message, " cuFile moved only 258048")) << cut.message;
  const Error refused = end_with(Op::write, "refused_files");
  EXPECT_EQ(refused.code, Error::Code::io);
  EXPECT_TRUE(has(refused.message, " could not be written: cuFileWrite failed: cuFile error 5030"))
      << refused.message;
  const Error lost = end_with(Op::read, "lost");
  EXPECT_EQ(lost.code, Error::Code::device) << lost.message;
  EXPECT_TRUE(has(lost.message, "unspecified launch failure")) << lost.message;
}

TEST_F(GpuFiles, AreNotThoseOfTheHostsMemory) {
  for (const Op op : {Op::read, Op::write}) {
    EXPECT_EQ(fault_of_path(op, ""), "");
    for (const std::string version : {"1130", "1140"}) {  // by its properties, by its parameters
      EXPECT_EQ(
          fault_of_path(op, "fault=compat_files,cufile=" + version),
          "cuFile was in its compatibility mode, in which bytes go through the host's memory");
    }
    EXPECT_EQ(fault_of_path(op, "fault=bounced_files"),
              "of 12582912 bytes between files and the GPU nvidia-fs moved 0 directly");
    EXPECT_EQ(fault_of_path(op, "nvfs=silent"),
              "the telemetry doesn't show storage_gpu_direct_bytes: nvidia-fs counts nothing: its "
              "parameter rw_stats_enabled is not set");
  }
}

TEST_F(GpuFiles, AreUnwitnessedWithoutTheDriverOfTheDirectWay) {
  const auto kernel = prepare(Op::read, "nvfs=absent");
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
  EXPECT_EQ(kernel.error().message,
            "cuFileDriverOpen failed: cuFile error 5001: nvidia-fs is not loaded, and its "
            "compatibility mode, through the host's memory, is not what is to be measured");
}

TEST_F(GpuFiles, AreRefusedByASentenceWhereThereIsNoCuFileOrNoGpu) {
  const auto node = load_ranked_backend("cuda", ASSAY_EMULATED_MODULE ",cufile=0", {});
  ASSERT_TRUE(node) << node.error().message;
  const auto gpus = node->backend->devices();
  ASSERT_TRUE(gpus);
  const auto host = make_host_backend();
  const auto here = host->devices();
  ASSERT_TRUE(here);
  for (const Op op : {Op::read, Op::write}) {
    for (const auto& refused :
         {node->backend->supports(problem(op), gpus->front()).error(),
          node->backend->prepare(problem(op), gpus->front(), k_seed).error()}) {
      EXPECT_EQ(refused.code, Error::Code::unsupported);
      EXPECT_EQ(refused.message, "libcufile.so.0 is not there");
    }
    for (const auto& refused : {host->supports(problem(op), here->front()).error(),
                                host->prepare(problem(op), here->front(), k_seed).error()}) {
      EXPECT_EQ(refused.code, Error::Code::unsupported);
      EXPECT_EQ(refused.message, "storage.gpu_" + std::string(name_of(op)) +
                                     " is about a GPU's memory: the host backend has none");
    }
  }
}

/// A clause on each way, of two emulated GPUs of which the second may be at fault.
class GpuFileCampaigns : public GpuFiles {
 protected:
  static std::string clause(const std::string& id, const std::string& a_case,
                            const std::string& scope) {
    return R"({"id":")" + id + R"(","title":{"en":"t"},"case":")" + a_case +
           R"(","population":"b200","scope":")" + scope +
           R"(","concurrent":"one_at_a_time",)"
           R"("params":{"file_mib":16,"extent_mib":4,"request_kib":1024,"clients":2},)"
           R"("window":"0.2 s","rule":"zero_wrong","weight":"mandatory","defect_class":1})";
  }
  static std::string contract() {
    return R"({"schema":"assay.contract/1","id":"gds","purpose":"demonstration",)"
           R"("title":{"en":"t"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
           R"("inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,"gpus":)"
           R"({"model":"NVIDIA B200","count":2,"memory":"180 GB","power_limit":"1000 W"}}],)"
           R"("sessions":{"days":1},"conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %"},)"
           R"("max_invalid":0,"clauses":[)" +
           clause("R-1", "storage.gpu_read", "each_gpu") + "," +
           clause("W-1", "storage.gpu_write", "each_gpu") + "," +
           clause("H-1", "storage.read", "each_node") + "]}";
  }

  /// Why no device can be shown here whatever moves the bytes; "" if one can.
  std::string why_no_disk() {
    outside_ = {};
    const auto kernel = prepare(Op::read);
    if (!kernel) {
      return kernel.error().message;
    }
    EXPECT_TRUE(run(**kernel, steps(0)));
    return io_fault_of("storage.gpu_read", {}, notes_of(**kernel), 0);
  }

  Campaign run_with(const std::string& settings) {
    RunWorld world;
    world.cases = all_cases();
    world.clock = &system_clock();
    world.grace_ns = 30'000'000'000;
    world.worker.push_back(ASSAY_EMULATED_MODULE ",gpus=2,on=1" + settings);
    Silent progress;
    const std::string out = folder_ + "/out";
    auto outcome = run_campaign({.contract_bytes = contract(),
                                 .folder = out,
                                 .backend = "cuda",
                                 .marks = {"emulated"},
                                 .scratch = folder_},
                                world, progress);
    EXPECT_TRUE(outcome) << outcome.error().message;
    judgement_ = outcome ? std::move(outcome->judgement) : Judgement{};
    auto campaign = read_campaign(out, true);
    EXPECT_TRUE(campaign) << campaign.error().message;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      EXPECT_EQ(entry.path().filename(), "out") << "nothing else is left";
    }
    std::error_code ignored;
    std::filesystem::remove_all(out, ignored);
    return campaign ? *std::move(campaign) : Campaign{};
  }

  Judgement judgement_;
};

TEST_F(GpuFileCampaigns, PassWhereBytesWentDirectlyAndAreInvalidInTheCompatibilityMode) {
  if (const std::string why = why_no_disk(); !why.empty()) {
    GTEST_SKIP() << "the build is on no disk that can be shown: " << why;
  }
  const Campaign campaign = run_with(",fault=compat_files");
  ASSERT_EQ(judgement_.clauses.size(), 3U);
  for (const ClauseResult& clause : judgement_.clauses) {
    const Verdict& healthy = clause.verdicts.at(0);
    EXPECT_EQ(healthy.outcome, Outcome::accept) << clause.clause << ": " << healthy.detail;
  }
  for (const ClauseResult& clause : std::span(judgement_.clauses).first(2)) {
    const Verdict& bounced = clause.verdicts.at(1);
    EXPECT_EQ(bounced.outcome, Outcome::invalid) << clause.clause << ": " << bounced.detail;
    EXPECT_EQ(bounced.reason, Reason::unwitnessed) << clause.clause << ": " << bounced.detail;
  }
  const auto ended =
      std::count_if(campaign.evidence.attempts.begin(), campaign.evidence.attempts.end(),
                    [](const Attempt& attempt) {
                      return attempt.ending == Ending::unwitnessed &&
                             has(attempt.note, "cuFile was in its compatibility mode");
                    });
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 2 && std::string(arguments[1]) == "worker") {
    return assay::host_worker(assay::all_cases(), {.module = arguments[2], .recording = ""});
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
