// Writes a simulated campaign into the folder given, for validators that are not ours.
#include <filesystem>
#include <iostream>

#include "tests/doubles/reports/campaign_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: outside_campaign_sample DIR\n";
    return 64;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  assay::testing_doubles::CampaignBuilder builder;
  builder.open();
  builder.usual_runs(10);
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.ending = "wrong_result", .wrong = 1});
  builder.begin("C-1", "box/00000/gpu1");
  const auto written = builder.write_judged(folder.string());
  if (!written) {
    std::cerr << written.error().message << '\n';
    return 1;
  }
  return 0;
}
