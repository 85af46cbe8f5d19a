// What shows that bytes were moved, in the telemetry and in a journal.
#include "reports/io_witness.h"

#include "reports/judge_campaign.h"
#include "tests/reports/campaign_support.h"

namespace assay::testing_doubles {
namespace {

constexpr const char* k_box = "box/00000";
constexpr std::int64_t k_written = 10 * 100 * (std::int64_t{64} << 20U);  // of the simulated window

/// A healthy run of storage.write; the checks have read a little.
Readings healthy() {
  Readings all;
  for (const char* who : {"claimed", "process", "device"}) {
    all["storage_written_" + std::string(who) + "_bytes"] = {k_written, ""};
    all["storage_read_" + std::string(who) + "_bytes"] = {4096, ""};
  }
  all["storage_resident_ppm"] = {0, ""};
  return all;
}

std::string fault_with(const std::string& name, const Reading& reading) {
  Readings telemetry = healthy();
  telemetry[name] = reading;
  return io_fault_of("storage.write", {}, telemetry, static_cast<Natural>(k_written));
}

TEST(IoWitness, OfAHealthyRunIsWithoutFault) {
  EXPECT_EQ(io_fault_of("storage.write", {}, healthy(), static_cast<Natural>(k_written)), "");
  EXPECT_TRUE(needs_io_witness("storage.write"));
  EXPECT_FALSE(needs_io_witness("compute.memory"));
}

TEST(IoWitness, CountsAtLeastNinetyEightPercentOfWhatIsClaimed) {
  constexpr std::int64_t k_least = k_written / 100 * 98;
  EXPECT_EQ(fault_with("storage_written_device_bytes", {k_written / 50 * 49 + 1, ""}), "");
  EXPECT_EQ(fault_with("storage_written_device_bytes", {k_least - 100, ""}),
            "of " + std::to_string(k_written) + " bytes written the device's counter has " +
                std::to_string(k_least - 100));
  EXPECT_TRUE(says(fault_with("storage_read_process_bytes", {0, ""}),
                   "of 4096 bytes read the process's counter has 0"));
}

TEST(IoWitness, IsMissingWhereTheProcessIsNotCounted) {
  EXPECT_EQ(fault_with("storage_written_device_bytes", {std::nullopt, "no block device"}), "");
  EXPECT_EQ(fault_with("storage_written_process_bytes", {std::nullopt, "no such file"}),
            "the telemetry doesn't show storage_written_process_bytes: no such file");
  EXPECT_EQ(fault_with("storage_resident_ppm", {std::nullopt, "hidden"}),
            "the telemetry doesn't show storage_resident_ppm: hidden");
  EXPECT_TRUE(
      says(io_fault_of("storage.read", {}, {}, 1), "doesn't show storage_read_claimed_bytes"));
}

/// Of a healthy run with this reading, whose clause names a witness.
std::string fault_by(const std::string& witness, const std::string& name, const Reading& reading) {
  Readings telemetry = healthy();
  telemetry[name] = reading;
  return io_fault_of("storage.write", {{"witness", witness}}, telemetry,
                     static_cast<Natural>(k_written));
}

TEST(IoWitness, ThatIsTheBlockDeviceMustShowTheBytes) {
  EXPECT_EQ(fault_by("block_device", "storage_written_process_bytes", {k_written, ""}), "");
  EXPECT_EQ(fault_by("block_device", "storage_written_device_bytes", {std::nullopt, "it has none"}),
            "the telemetry doesn't show storage_written_device_bytes: it has none");
  EXPECT_EQ(fault_by("process", "storage_written_device_bytes", {std::nullopt, "it has none"}), "");
  EXPECT_TRUE(says(fault_by("block_device", "storage_written_process_bytes", {0, ""}),
                   "the process's counter has 0"));
}

TEST(IoWitness, ThatIsTheNetworkMustShowTheBytesAndHaveNoBlockDevice) {
  Readings telemetry = healthy();
  const auto fault = [&telemetry] {
    return io_fault_of("storage.write", {{"witness", "network"}}, telemetry,
                       static_cast<Natural>(k_written));
  };
  EXPECT_EQ(fault(), "the file system is on a block device of this host, and not beyond a network");
  for (const char* direction : {"read", "written"}) {
    const std::string stem = "storage_" + std::string(direction);
    telemetry[stem + "_device_bytes"] = {std::nullopt, "it has none"};
    telemetry[stem + "_process_bytes"] = {0, ""};  // some file systems count nothing for it
  }
  EXPECT_EQ(fault(), "the telemetry doesn't show storage_read_network_bytes");
  telemetry["storage_read_network_bytes"] = {4200, ""};
  telemetry["storage_written_network_bytes"] = {k_written / 50 * 49 - 100, ""};
  EXPECT_EQ(fault(), "of " + std::to_string(k_written) +
                         " bytes written the network's counter has " +
                         std::to_string(k_written / 50 * 49 - 100));
  telemetry["storage_written_network_bytes"] = {k_written, ""};
  EXPECT_EQ(fault(), "");
}

TEST(IoWitness, ClaimsNoLessThanTheWindowHas) {
  EXPECT_TRUE(says(io_fault_of("storage.write", {}, healthy(), static_cast<Natural>(k_written) + 1),
                   "and the run claims"));
  EXPECT_TRUE(says(io_fault_of("storage.read", {}, healthy(), static_cast<Natural>(k_written)),
                   "and the run claims 4096"));
  // What is written says nothing of a case that only reads; a mix does both.
  EXPECT_TRUE(
      says(io_fault_of("storage.random_read", {}, healthy(), static_cast<Natural>(k_written)),
           "and the run claims 4096"));
  EXPECT_EQ(io_fault_of("storage.mixed", {}, healthy(), static_cast<Natural>(k_written) + 4096),
            "");
}

TEST(IoWitness, AllowsOnePercentOfTheFilesInThePageCache) {
  EXPECT_EQ(fault_with("storage_resident_ppm", {10'000, ""}), "");
  EXPECT_EQ(fault_with("storage_resident_ppm", {30'001, ""}),
            "3 % of the files were in the page cache");
}

/// A healthy run of storage.gpu_write.
Readings healthy_of_gpu() {
  Readings all = healthy();
  all["storage_gpu_claimed_bytes"] = {k_written, ""};
  all["storage_gpu_direct_bytes"] = {k_written, ""};
  all["storage_gpu_may_bounce"] = {0, ""};
  return all;
}

TEST(IoWitness, OfAGpusMemoryIsThatBytesWentPastTheHosts) {
  const auto fault_of = [](const std::string& name, const Reading& reading) {
    Readings telemetry = healthy_of_gpu();
    telemetry[name] = reading;
    return io_fault_of("storage.gpu_write", {}, telemetry, static_cast<Natural>(k_written));
  };
  constexpr std::int64_t k_least = k_written / 50 * 49;
  EXPECT_EQ(fault_of("storage_gpu_direct_bytes", {k_least + 1, ""}), "");
  EXPECT_EQ(fault_of("storage_gpu_direct_bytes", {k_least - 100, ""}),
            "of " + std::to_string(k_written) +
                " bytes between files and the GPU nvidia-fs moved " +
                std::to_string(k_least - 100) + " directly");
  constexpr std::int64_t k_most = k_written / 50 * 51 + (1 << 20);
  EXPECT_EQ(fault_of("storage_gpu_direct_bytes", {k_most, ""}), "");
  EXPECT_TRUE(says(fault_of("storage_gpu_direct_bytes", {k_most + 100, ""}),
                   "so others' are among them, and nobody can say which"));
  EXPECT_TRUE(says(fault_of("storage_gpu_direct_bytes", {std::nullopt, "no such file"}),
                   "doesn't show storage_gpu_direct_bytes: no such file"));
  EXPECT_TRUE(says(fault_of("storage_gpu_may_bounce", {1, ""}), "in its compatibility mode"));
  EXPECT_TRUE(says(fault_of("storage_gpu_may_bounce", {std::nullopt, "hidden"}),
                   "doesn't show storage_gpu_may_bounce: hidden"));
  EXPECT_TRUE(says(fault_of("storage_gpu_claimed_bytes", {k_written - 1, ""}), "the GPU claims"));
  EXPECT_TRUE(says(fault_of("storage_written_device_bytes", {0, ""}), "the device's counter has"))
      << "what holds of all files holds of these";
  EXPECT_TRUE(says(io_fault_of("storage.gpu_write", {}, healthy(), 1), "storage_gpu_may_bounce"));
  EXPECT_TRUE(
      says(io_fault_of("storage.gpu_read", {}, healthy_of_gpu(), static_cast<Natural>(k_written)),
           "and the run claims 4096"))
      << "what is written says nothing of what is read";
}

/// Clause C-2 writes files.
CampaignBuilder with(const std::string& ending, const Readings& telemetry) {
  std::string contract = two_node_contract();
  const auto change = [&contract](const std::string& from, const std::string& to) {
    contract.replace(contract.find(from), from.size(), to);
  };
  change("compute.memory", "storage.write");
  change(R"("params":{"op":"triad"})", R"("params":{"file_mib":64})");
  CampaignBuilder builder(contract);
  builder.open();
  builder.round();
  SimulatedRun run{.work_per_step = std::uint64_t{64} << 20U, .dimension = "byte_rate"};
  run.ending = ending;
  run.steps = 100;
  run.telemetry = telemetry;
  builder.attempt("C-2", k_box, run);
  builder.close();
  return builder;
}

TEST(IoWitness, DecidesWhetherAJournalsWindowIsMeasured) {
  const auto refusal = [](const std::string& ending, const Readings& telemetry) {
    CampaignBuilder builder = with(ending, telemetry);
    return refusal_of(builder);
  };
  Readings cached = healthy();
  cached["storage_resident_ppm"] = {500'000, ""};
  EXPECT_EQ(refusal("measured", healthy()), "");
  EXPECT_EQ(refusal("unwitnessed", cached), "");
  EXPECT_TRUE(says(refusal("measured", cached),
                   "ending: is measured, but 50 % of the files were in the page cache"));
  EXPECT_TRUE(says(refusal("unwitnessed", healthy()), "ending: is unwitnessed, but"));
}

TEST(IoWitness, OfWhatMovesNoFilesIsNoQuestion) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  SimulatedRun run{.work_per_step = 1'000'000'000, .dimension = "byte_rate"};
  run.ending = "unwitnessed";
  builder.attempt("C-2", k_box, run);
  builder.close();
  EXPECT_TRUE(
      says(refusal_of(builder), "ending: is unwitnessed, but compute.memory moves no files"));
}

TEST(IoWitness, ThatIsMissingMakesAClauseInvalid) {
  Readings cached = healthy();
  cached["storage_resident_ppm"] = {500'000, ""};
  const ScratchFolder folder;
  CampaignBuilder builder = with("unwitnessed", cached);
  ASSERT_TRUE(builder.write(folder.path()));
  const auto judged = judge_campaign(folder.path(), true);
  ASSERT_TRUE(judged) << judged.error().message;
  const Verdict& verdict = judged->judgement.clauses[1].verdicts[0];
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_EQ(verdict.reason, Reason::unwitnessed);
  EXPECT_TRUE(says(verdict.detail, "nothing shows that the device was measured"));
}

}  // namespace
}  // namespace assay::testing_doubles
