#include "harness/model/nameplates.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "harness/model/sustained.h"

namespace assay {
namespace {

/// As a person writes it, or "none".
std::string figure(const char* model, Precision precision, Sparsity sparsity) {
  const auto nameplate = nameplate_of(model, precision, sparsity);
  return nameplate ? for_people({nameplate->per_second, 1}, dimension_of(precision)) : "none";
}

std::vector<std::string> known_models() {
  std::vector<std::string> models;
  std::string list = models_with_nameplates() + ", ";
  for (std::size_t comma = list.find(", "); comma != std::string::npos; comma = list.find(", ")) {
    models.push_back(list.substr(0, comma));
    list.erase(0, comma + 2);
  }
  return models;
}

TEST(Nameplates, AreThoseOfTheDatasheets) {
  EXPECT_EQ(figure("NVIDIA B200", Precision::fp4, Sparsity::sparse), "18.00 PFLOP/s");
  EXPECT_EQ(figure("NVIDIA B200", Precision::half, Sparsity::dense), "2.250 PFLOP/s");
  EXPECT_EQ(figure("NVIDIA B200", Precision::f64_tensor, Sparsity::dense), "37.00 TFLOP/s");
  EXPECT_EQ(figure("NVIDIA B200", Precision::int8, Sparsity::sparse), "9.000 POP/s");
  EXPECT_EQ(figure("NVIDIA GB200", Precision::fp4, Sparsity::sparse), "20.00 PFLOP/s");
  EXPECT_EQ(figure("NVIDIA H100 80GB HBM3", Precision::half, Sparsity::dense), "989.4 TFLOP/s");
  EXPECT_EQ(figure("NVIDIA GH200 120GB", Precision::fp8, Sparsity::sparse), "3.958 PFLOP/s");
  EXPECT_EQ(
      figure("NVIDIA RTX PRO 6000 Blackwell Server Edition", Precision::half, Sparsity::dense),
      "466.5 TFLOP/s");
}

TEST(Nameplates, AreMissingWhereAPartLacksTheTypeOrNoFigureWasRead) {
  EXPECT_EQ(figure("NVIDIA H200", Precision::fp4, Sparsity::dense), "none");
  EXPECT_EQ(figure("NVIDIA B300 SXM6 AC", Precision::fp4, Sparsity::dense), "13.50 PFLOP/s");
  EXPECT_EQ(figure("NVIDIA B300 SXM6 AC", Precision::fp4, Sparsity::sparse), "none");
  EXPECT_EQ(figure("NVIDIA H100 PCIe", Precision::half, Sparsity::dense), "none");
  EXPECT_FALSE(has_nameplates("NVIDIA H100 PCIe"));
}

TEST(Nameplates, OfWideTypesHaveNoSparsity) {
  for (const std::string& model : known_models()) {
    for (const Precision wide : {Precision::f64_vector, Precision::f64_tensor, Precision::f32}) {
      EXPECT_FALSE(nameplate_of(model, wide, Sparsity::sparse)) << model;
    }
  }
}

TEST(Nameplates, SparseIsTwiceDenseWithinWhatIsRounded) {
  int compared = 0;
  for (const std::string& model : known_models()) {
    for (const Precision precision : all_precisions()) {
      const auto dense = nameplate_of(model, precision, Sparsity::dense);
      const auto sparse = nameplate_of(model, precision, Sparsity::sparse);
      if (!dense || !sparse) {
        continue;
      }
      ++compared;
      const Ratio twice{2 * dense->per_second, 1};
      const Ratio is{sparse->per_second, 1};
      EXPECT_TRUE(compare_scaled(twice, {999, 1000}, is) <= 0) << model << name_of(precision);
      EXPECT_TRUE(compare_scaled(twice, {1001, 1000}, is) >= 0) << model << name_of(precision);
    }
  }
  EXPECT_GE(compared, 30);
}

TEST(Nameplates, EachHasASourceThatSomebodyElseCanOpen) {
  for (const std::string& model : known_models()) {
    int figures = 0;
    for (const Precision precision : all_precisions()) {
      for (const Sparsity sparsity : {Sparsity::dense, Sparsity::sparse}) {
        const auto nameplate = nameplate_of(model, precision, sparsity);
        figures += nameplate ? 1 : 0;
        EXPECT_TRUE(!nameplate || nameplate->source.size() > 20) << model << name_of(precision);
      }
    }
    EXPECT_GE(figures, 3) << model;
  }
}

TEST(SustainedShares, AreAssumedForAPartThatNobodyHasMeasured) {
  const auto shares = sustained_shares("NVIDIA RTX PRO 6000 Blackwell Server Edition");
  ASSERT_FALSE(shares.empty());
  for (const SustainedShare& share : shares) {
    EXPECT_EQ(share.confidence, Confidence::low) << share.work;
  }
  EXPECT_TRUE(sustained_shares("NVIDIA H100 PCIe").empty());
}

TEST(SustainedShares, AreLessThanTheWholeAndInOrder) {
  for (const std::string& model : known_models()) {
    const auto shares = sustained_shares(model);
    EXPECT_GE(shares.size(), 3U) << model;
    for (const SustainedShare& share : shares) {
      EXPECT_LE(share.low, share.high) << model << share.work;
      EXPECT_LT(share.high, 100U) << model << share.work;
      EXPECT_TRUE(nameplate_of(model, share.precision, Sparsity::dense)) << model << share.work;
    }
  }
}

TEST(SustainedShares, OfHplAreThoseOfGraceHopperAlone) {
  for (const std::string& model : known_models()) {
    const auto shares = sustained_shares(model);
    const bool has_hpl = std::any_of(shares.begin(), shares.end(), [](const SustainedShare& share) {
      return share.work == "HPL";
    });
    EXPECT_EQ(has_hpl, model.starts_with("NVIDIA GH200")) << model;
  }
}

}  // namespace
}  // namespace assay
