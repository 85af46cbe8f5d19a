#include "harness/model/claim.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr const char* k_b200 = "NVIDIA B200";
constexpr const char* k_rtx = "NVIDIA RTX PRO 6000 Blackwell Server Edition";

InventoryLine line(const std::string& model, std::uint32_t nodes, std::uint32_t gpus) {
  return {.id = "line-" + model.substr(7, 1),
          .kind = "node",
          .nodes = nodes,
          .spares = 0,
          .gpus = Gpus{.model = model, .count = gpus, .memory = {}, .power_limit = {}}};
}

Contract contract(std::vector<InventoryLine> lines) {
  Contract contract;
  contract.inventory = std::move(lines);
  return contract;
}

ClaimMeanings meanings(const std::string& claim, const std::vector<InventoryLine>& lines) {
  const auto read = parse_claim(claim);
  EXPECT_TRUE(read) << read.error().message;
  auto found = meanings_of(*read, contract(lines));
  EXPECT_TRUE(found) << found.error().message;
  return *std::move(found);
}

std::string joined(const ClaimMeanings& meanings, bool ClaimReading::*flag) {
  std::string text;
  for (const ClaimReading& reading : meanings.readings) {
    if (reading.*flag) {
      text += (text.empty() ? "" : ", ") + std::string(name_of(reading.precision)) + " " +
              std::string(name_of(reading.sparsity));
    }
  }
  return text;
}

std::string matches(const std::string& claim, const std::vector<InventoryLine>& lines) {
  return joined(meanings(claim, lines), &ClaimReading::matches);
}

const ClaimReading& reading(const ClaimMeanings& meanings, Precision precision, Sparsity sparsity) {
  for (const ClaimReading& reading : meanings.readings) {
    if (reading.precision == precision && reading.sparsity == sparsity) {
      return reading;
    }
  }
  ADD_FAILURE() << "no such reading";
  return meanings.readings.front();
}

std::string range(const ClaimMeanings& meanings, Precision precision, std::string_view work) {
  for (const SustainedRange& range : reading(meanings, precision, Sparsity::dense).sustained) {
    if (range.work == work) {
      return for_people(range.low, Dimension::flop_rate) + " to " +
             for_people(range.high, Dimension::flop_rate);
    }
  }
  return "none";
}

const std::vector<InventoryLine> k_munich{line(k_b200, 1000, 8), line(k_rtx, 250, 8)};

TEST(Claim, OfADgxB200IsSparseFp4AndHalfOfItHasThreeMeanings) {
  const std::vector<InventoryLine> dgx{line(k_b200, 1, 8)};
  EXPECT_EQ(matches("144 PFLOP/s", dgx), "FP4 sparse");
  EXPECT_EQ(matches("72 PFLOP/s", dgx), "FP8 sparse, FP6 sparse, FP4 dense");
}

TEST(Claim, OfThreeThousandExaflopsIsSparseFp4OnEitherBlackwell) {
  EXPECT_EQ(matches("3000 EFLOP/s", {line("NVIDIA GB200", 37'500, 4)}), "FP4 sparse");
  const ClaimMeanings b200 = meanings("3000 EFLOP/s", {line(k_b200, 20'834, 8)});
  EXPECT_EQ(joined(b200, &ClaimReading::matches), "FP4 sparse");
  const ClaimReading* dense = dense_of(b200, reading(b200, Precision::fp4, Sparsity::sparse));
  ASSERT_NE(dense, nullptr);
  EXPECT_EQ(for_people({*dense->total, 1}, Dimension::flop_rate), "1500 EFLOP/s");
  EXPECT_EQ(range(b200, Precision::half, "matrix products"), "273.7 EFLOP/s to 292.5 EFLOP/s");
  EXPECT_EQ(range(b200, Precision::fp8, "training, dense model"), "262.5 EFLOP/s to 277.5 EFLOP/s");
}

TEST(Claim, OfHalfAnExaflopForTenThousandBlackwellsCannotBeReproduced) {
  const ClaimMeanings split = meanings("0.5 EFLOP/s", k_munich);
  EXPECT_FALSE(split.reproducible());
  EXPECT_EQ(range(split, Precision::half, "matrix products"), "13.82 EFLOP/s to 14.76 EFLOP/s");
  EXPECT_EQ(range(split, Precision::fp8, "training, dense model"),
            "13.25 EFLOP/s to 14.01 EFLOP/s");
  EXPECT_FALSE(meanings("0.5 EFLOP/s", {line(k_b200, 1250, 8)}).reproducible());
}

TEST(Claim, OfIsambardAiIsSparseFp8AndNearInIntegersOnlyByNumber) {
  const ClaimMeanings isambard = meanings("21 EFLOP/s", {line("NVIDIA GH200 120GB", 1362, 4)});
  EXPECT_EQ(joined(isambard, &ClaimReading::matches), "FP8 sparse");
  EXPECT_EQ(joined(isambard, &ClaimReading::near), "FP8 sparse, INT8 sparse");
  EXPECT_EQ(range(isambard, Precision::f64_tensor, "HPL"), "229.9 PFLOP/s to 233.6 PFLOP/s");
}

TEST(Claim, InIntegerOperationsMeansNoFloats) {
  EXPECT_EQ(matches("72 POP/s", {line(k_b200, 1, 8)}), "INT8 sparse");
}

TEST(Claim, IsNearToTheLastDecimal) {
  const std::vector<InventoryLine> dgx{line(k_b200, 1, 8)};  // FP4 sparse: 144 PFLOP/s
  EXPECT_EQ(matches("160 PFLOP/s", dgx), "FP4 sparse");
  EXPECT_EQ(matches("160.000000001 PFLOP/s", dgx), "");
  EXPECT_EQ(matches("130.909090910 PFLOP/s", dgx), "FP4 sparse");
  EXPECT_EQ(matches("130.909090909 PFLOP/s", dgx), "");
}

TEST(Claim, AsksTheWholeInventoryWithoutSpares) {
  InventoryLine with_spares = line(k_b200, 10, 8);
  with_spares.spares = 5;
  InventoryLine hosts = with_spares;
  hosts.id = "hosts";
  hosts.gpus.reset();
  const ClaimMeanings found = meanings("1440 PFLOP/s", {hosts, with_spares});
  EXPECT_EQ(to_decimal(found.gpus), "80");
  EXPECT_EQ(joined(found, &ClaimReading::matches), "FP4 sparse");
}

TEST(Claim, IsOpenWhereAFigureIsMissingAndTheOthersDoNotExceedIt) {
  const ClaimMeanings split = meanings("0.5 EFLOP/s", k_munich);
  EXPECT_EQ(joined(split, &ClaimReading::open), "FP64 tensor dense");
  const ClaimReading& int8 = reading(split, Precision::int8, Sparsity::dense);
  EXPECT_FALSE(int8.total);
  EXPECT_EQ(to_decimal(int8.at_least), "36000000000000000000");
  EXPECT_EQ(int8.lacking, std::vector<std::string>{k_rtx});
}

TEST(Claim, NamesEachModelThatLacksAFigureOnce) {
  const ClaimMeanings found =
      meanings("0.5 EFLOP/s", {line(k_b200, 1, 8), line(k_rtx, 1, 8), line(k_rtx, 2, 8)});
  EXPECT_EQ(reading(found, Precision::fp6, Sparsity::dense).lacking,
            std::vector<std::string>{k_rtx});
}

TEST(Claim, HasNoMeaningThatNoGpuHas) {
  for (const ClaimReading& reading : meanings("1 EFLOP/s", {line("NVIDIA H200", 1, 8)}).readings) {
    EXPECT_NE(reading.precision, Precision::fp4);
    EXPECT_NE(reading.precision, Precision::fp6);
  }
}

TEST(Claim, SustainsWithTheConfidenceOfItsWeakestPart) {
  const auto confidence = [](const ClaimMeanings& found) {
    return reading(found, Precision::half, Sparsity::dense).sustained.front().confidence;
  };
  EXPECT_EQ(confidence(meanings("1 EFLOP/s", {line(k_b200, 1, 8)})), Confidence::high);
  EXPECT_EQ(confidence(meanings("1 EFLOP/s", {line(k_b200, 1, 8), line("NVIDIA GB300", 1, 4)})),
            Confidence::medium);
  EXPECT_EQ(confidence(meanings("1 EFLOP/s", {line("NVIDIA GB300", 1, 4), line(k_b200, 1, 8)})),
            Confidence::medium);
  const ClaimMeanings split = meanings("1 EFLOP/s", k_munich);
  EXPECT_EQ(confidence(split), Confidence::low);
  EXPECT_TRUE(reading(split, Precision::half, Sparsity::dense).sustained.front().provisional());
}

TEST(Claim, SustainsNothingTogetherOfWhichOnePartHasNoShare) {
  const std::vector<InventoryLine> mixed{line(k_b200, 1, 8), line("NVIDIA H200", 1, 8)};
  EXPECT_EQ(range(meanings("1 EFLOP/s", mixed), Precision::fp8, "training, mixture of experts"),
            "none");
  EXPECT_NE(range(meanings("1 EFLOP/s", mixed), Precision::fp8, "training, dense model"), "none");
}

TEST(Claim, OnAnUnknownGpuNamesItAndItsPlace) {
  const auto refused = meanings_of(*parse_claim("1 EFLOP/s"),
                                   contract({line(k_b200, 1, 8), line("NVIDIA H100 PCIe", 1, 8)}));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with(
      "inventory[1].gpus.model: no nameplate of 'NVIDIA H100 PCIe' is known; known are NVIDIA "))
      << refused.error().message;
}

TEST(Claim, WithoutGpusIsRefused) {
  InventoryLine hosts = line(k_b200, 2, 8);
  hosts.gpus.reset();
  const auto refused = meanings_of(*parse_claim("1 EFLOP/s"), contract({hosts}));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("inventory: no line has GPUs"));
}

TEST(Claim, IsARateOfOperationsAboveZero) {
  EXPECT_FALSE(parse_claim("0.5 EFLOP"));
  EXPECT_FALSE(parse_claim("0 EFLOP/s"));
  const auto refused = parse_claim("0.5 TB/s");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("'0.5 TB/s' is no rate of operations"));
}

}  // namespace
}  // namespace assay
