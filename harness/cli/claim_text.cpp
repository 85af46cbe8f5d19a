#include "harness/cli/claim_text.h"

#include <ostream>

namespace assay {
namespace {

constexpr std::size_t k_value_width = 17;

std::string named(const ClaimReading& reading) {
  return std::string(name_of(reading.precision)) + " " + std::string(name_of(reading.sparsity));
}

std::string rate(const ClaimReading& reading) {
  return for_people({*reading.total, 1}, dimension_of(reading.precision));
}

/// The nameplate in percent of the claim.
std::string share_of(const AskedClaim& asked, Natural total) {
  const Ratio& claim = asked.claim.base;
  return for_people({total * claim.denominator, claim.numerator}, Dimension::percent);
}

std::string each(const AskedClaim& asked, const ClaimMeanings& meanings) {
  const Ratio& claim = asked.claim.base;
  return for_people({claim.numerator, claim.denominator * meanings.gpus}, asked.claim.dimension);
}

std::string range_text(const SustainedRange& range) {
  const std::string low = for_people(range.low, Dimension::flop_rate);
  const std::string high = for_people(range.high, Dimension::flop_rate);
  const std::size_t space = low.find(' ');
  const bool same_unit = high.ends_with(low.substr(space));
  return low == high ? low : (same_unit ? low.substr(0, space) : low) + " to " + high;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text.append(text.empty() ? "" : ", ").append(word);
  }
  return text;
}

/// "at least 36.00 EFLOP/s; no figure for ..."
std::string lacking_text(const ClaimReading& reading) {
  return "at least " + for_people({reading.at_least, 1}, dimension_of(reading.precision)) +
         "; no figure for " + joined(reading.lacking);
}

void print_table(const Console& console, const AskedClaim& asked, const ClaimMeanings& meanings) {
  console.out << "\n  precision    sparsity  nameplates       of the claim\n";
  for (const ClaimReading& reading : meanings.readings) {
    const std::string name =
        padded(name_of(reading.precision), 13) + padded(name_of(reading.sparsity), 10);
    if (!reading.total) {
      console.out << beside("  " + name, lacking_text(reading), 25);
      continue;
    }
    console.out << painted(console, reading.matches ? Tone::good : Tone::plain,
                           (reading.matches ? "* " : "  ") + name +
                               padded(rate(reading), k_value_width) +
                               share_of(asked, *reading.total))
                << '\n';
  }
}

void print_sustained(const Console& console, const ClaimMeanings& meanings) {
  console.out << "\nSustained, by what was published (of the dense nameplates)\n";
  for (const ClaimReading& reading : meanings.readings) {
    for (const SustainedRange& range : reading.sustained) {
      console.out << beside("  " + padded(name_of(reading.precision), 13) + padded(range.work, 29),
                            range_text(range), 44)
                  << wrapped("confidence " + std::string(name_of(range.confidence)) +
                                 (range.provisional() ? ": provisional, measure it first" : ""),
                             15);
    }
  }
  console.out << wrapped(
      "Not in these: about 7 % lost from 64 to 2048 GPUs (SemiAnalysis, H100), and the time that "
      "the machine is not available.",
      2);
}

/// What every match is in other words.
void print_equivalents(const Console& console, const ClaimMeanings& meanings) {
  for (const ClaimReading& reading : meanings.readings) {
    if (!reading.matches) {
      continue;
    }
    const ClaimReading* dense = dense_of(meanings, reading);
    console.out << '\n' << named(reading) << ", " << rate(reading) << ", is\n";
    if (reading.sparsity == Sparsity::sparse && dense != nullptr) {
      console.out << "  " << padded("dense", 29) << rate(*dense) << '\n';
    }
    for (std::size_t i = 0; dense != nullptr && i < dense->sustained.size(); ++i) {
      console.out << "  " << padded(dense->sustained[i].work, 29) << range_text(dense->sustained[i])
                  << '\n';
    }
    for (const LineNameplate& figure : reading.figures) {
      console.out << wrapped(
          figure.line + ": " + figure.model + ", " +
              for_people({figure.nameplate.per_second, 1}, dimension_of(reading.precision)) + ", " +
              std::string(name_of(figure.nameplate.origin)) + ": " +
              std::string(figure.nameplate.source),
          2);
    }
  }
}

std::vector<std::string> names_of(const ClaimMeanings& meanings,
                                  bool (*wanted)(const ClaimReading&)) {
  std::vector<std::string> names;
  for (const ClaimReading& reading : meanings.readings) {
    if (wanted(reading)) {
      names.push_back(named(reading));
    }
  }
  return names;
}

Json json_of(const SustainedRange& range) {
  return Json::Object{{"confidence", name_of(range.confidence)},
                      {"high", for_people(range.high, Dimension::flop_rate)},
                      {"low", for_people(range.low, Dimension::flop_rate)},
                      {"provisional", range.provisional()},
                      {"sources", Json::Array(range.sources.begin(), range.sources.end())},
                      {"work", range.work}};
}

Json json_of(const LineNameplate& figure, Precision precision) {
  return Json::Object{
      {"line", figure.line},
      {"model", figure.model},
      {"nameplate", for_people({figure.nameplate.per_second, 1}, dimension_of(precision))},
      {"origin", name_of(figure.nameplate.origin)},
      {"per_second", to_decimal(figure.nameplate.per_second)},
      {"source", figure.nameplate.source}};
}

Json json_of(const AskedClaim& asked, const ClaimMeanings& meanings, const ClaimReading& reading) {
  Json::Array figures;
  for (const LineNameplate& figure : reading.figures) {
    figures.push_back(json_of(figure, reading.precision));
  }
  Json::Array sustained;
  const ClaimReading* dense = dense_of(meanings, reading);
  for (std::size_t i = 0; dense != nullptr && i < dense->sustained.size(); ++i) {
    sustained.push_back(json_of(dense->sustained[i]));
  }
  return Json::Object{{"dense", dense != nullptr ? Json(rate(*dense)) : Json()},
                      {"figures", std::move(figures)},
                      {"lacking", Json::Array(reading.lacking.begin(), reading.lacking.end())},
                      {"matches", reading.matches},
                      {"nameplates", reading.total ? Json(rate(reading)) : Json()},
                      {"open", reading.open},
                      {"of_claim", reading.total ? Json(share_of(asked, *reading.total)) : Json()},
                      {"per_second", reading.total ? Json(to_decimal(*reading.total)) : Json()},
                      {"precision", name_of(reading.precision)},
                      {"sparsity", name_of(reading.sparsity)},
                      {"sustained", std::move(sustained)}};
}

}  // namespace

std::string verdict_of(const AskedClaim& asked, const ClaimMeanings& meanings) {
  const auto matches =
      names_of(meanings, [](const ClaimReading& reading) { return reading.matches; });
  const auto open = names_of(meanings, [](const ClaimReading& reading) { return reading.open; });
  const auto others = names_of(
      meanings, [](const ClaimReading& reading) { return reading.near && !reading.matches; });
  const std::string tolerance = std::to_string(k_claim_tolerance) + " %";
  std::string text =
      matches.empty()
          ? "Not reproducible: the buyer must fix the definition. No nameplate is within " +
                tolerance + " of " + asked.claim.text + "."
      : matches.size() == 1 ? "Reproducible as " + matches.front() +
                                  " only: no other nameplate is within " + tolerance + "."
                            : "Ambiguous: " + joined(matches) + " are all within " + tolerance +
                                  "; the buyer must fix which.";
  if (!others.empty()) {
    text += " Near in number, but of another unit: " + joined(others) + ".";
  }
  if (!open.empty()) {
    text += " Open, for want of a figure: " + joined(open) + ".";
  }
  return text;
}

void print_meanings(const Console& console, const AskedClaim& asked,
                    const ClaimMeanings& meanings) {
  console.out << wrapped(
      "Claim: " + asked.claim.text + " of '" + asked.contract + "', " + to_decimal(meanings.gpus) +
          (meanings.gpus == 1 ? " GPU" : " GPUs, " + each(asked, meanings) + " each") +
          " (spares aside)",
      0);
  for (const ClaimLine& line : meanings.lines) {
    console.out << wrapped(to_decimal(line.gpus) + " x " + line.model + " (" + line.id + ")", 2);
  }
  print_table(console, asked, meanings);
  console.out << '\n';
  std::string verdict = wrapped(verdict_of(asked, meanings), 0);
  verdict.pop_back();  // no colour over the end of a line
  console.out << painted(console, meanings.reproducible() ? Tone::plain : Tone::bad, verdict)
              << '\n';
  print_equivalents(console, meanings);
  print_sustained(console, meanings);
}

Json meanings_json(const AskedClaim& asked, const ClaimMeanings& meanings) {
  Json::Array lines;
  for (const ClaimLine& line : meanings.lines) {
    lines.emplace_back(
        Json::Object{{"gpus", to_decimal(line.gpus)}, {"id", line.id}, {"model", line.model}});
  }
  Json::Array readings;
  for (const ClaimReading& reading : meanings.readings) {
    readings.push_back(json_of(asked, meanings, reading));
  }
  return Json::Object{{"claim", asked.claim.text},
                      {"contract", asked.contract},
                      {"each", each(asked, meanings)},
                      {"gpus", to_decimal(meanings.gpus)},
                      {"lines", std::move(lines)},
                      {"readings", std::move(readings)},
                      {"reproducible", meanings.reproducible()},
                      {"tolerance", std::to_string(k_claim_tolerance) + " %"},
                      {"verdict", verdict_of(asked, meanings)}};
}

}  // namespace assay
