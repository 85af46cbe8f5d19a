#include "harness/model/claim.h"

#include <algorithm>

namespace assay {
namespace {

constexpr Natural k_percent = 100;

bool is_below(const Quantity& claim, Natural total) {
  return compare_scaled(claim.base, {k_percent - k_claim_tolerance, k_percent}, {total, 1}) > 0;
}

bool is_above(const Quantity& claim, Natural total) {
  return compare_scaled(claim.base, {k_percent + k_claim_tolerance, k_percent}, {total, 1}) < 0;
}

Result<std::vector<ClaimLine>> lines_of(const Contract& contract) {
  std::vector<ClaimLine> lines;
  for (std::size_t i = 0; i < contract.inventory.size(); ++i) {
    const InventoryLine& line = contract.inventory[i];
    if (!line.gpus) {
      continue;
    }
    if (!has_nameplates(line.gpus->model)) {
      return Error{Error::Code::bad_input,
                   "inventory[" + std::to_string(i) + "].gpus.model: no nameplate of '" +
                       line.gpus->model + "' is known; known are " + models_with_nameplates()};
    }
    lines.push_back(
        {line.id, line.gpus->model, Natural{line.nodes} * static_cast<Natural>(line.gpus->count)});
  }
  if (lines.empty()) {
    return Error{Error::Code::bad_input,
                 "inventory: no line has GPUs, so there is no nameplate to hold a claim against"};
  }
  return lines;
}

void add_figure(ClaimReading& reading, const ClaimLine& line) {
  const auto nameplate = nameplate_of(line.model, reading.precision, reading.sparsity);
  auto& lacking = reading.lacking;
  if (nameplate) {
    reading.at_least += line.gpus * nameplate->per_second;
    reading.figures.push_back({line.id, line.model, *nameplate});
  } else if (std::find(lacking.begin(), lacking.end(), line.model) == lacking.end()) {
    lacking.push_back(line.model);
  }
}

std::optional<SustainedShare> share_of(std::string_view model, std::string_view work,
                                       Precision precision) {
  for (const SustainedShare& share : sustained_shares(model)) {
    if (share.work == work && share.precision == precision) {
      return share;
    }
  }
  return std::nullopt;
}

/// Of all lines together; none where one of them has no share. The figures are dense, one a line.
std::optional<SustainedRange> range_of(const std::vector<ClaimLine>& lines,
                                       const ClaimReading& dense, std::string_view work) {
  SustainedRange range{.work = work, .low = {0, k_percent}, .high = {0, k_percent}};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto share = share_of(lines[i].model, work, dense.precision);
    if (!share) {
      return std::nullopt;
    }
    const Natural of_line = lines[i].gpus * dense.figures[i].nameplate.per_second;
    range.low.numerator += of_line * share->low;
    range.high.numerator += of_line * share->high;
    range.confidence = std::min(range.confidence, share->confidence);
    auto& sources = range.sources;
    if (std::find(sources.begin(), sources.end(), share->source) == sources.end()) {
      sources.push_back(share->source);
    }
  }
  return range;
}

std::vector<SustainedRange> ranges_of(const std::vector<ClaimLine>& lines,
                                      const ClaimReading& dense) {
  std::vector<SustainedRange> ranges;
  for (const SustainedShare& share : sustained_shares(lines.front().model)) {
    auto range = share.precision == dense.precision ? range_of(lines, dense, share.work)
                                                    : std::optional<SustainedRange>();
    if (range) {
      ranges.push_back(*std::move(range));
    }
  }
  return ranges;
}

ClaimReading reading_of(const Quantity& claim, const std::vector<ClaimLine>& lines,
                        Precision precision, Sparsity sparsity) {
  ClaimReading reading{.precision = precision, .sparsity = sparsity};
  for (const ClaimLine& line : lines) {
    add_figure(reading, line);
  }
  const bool is_other_unit = dimension_of(precision) != claim.dimension;
  const bool is_beyond = is_above(claim, reading.at_least);
  if (!reading.lacking.empty()) {
    reading.open = !is_beyond && !is_other_unit;
    return reading;
  }
  reading.total = reading.at_least;
  reading.near = !is_beyond && !is_below(claim, reading.at_least);
  reading.matches = reading.near && !is_other_unit;
  if (sparsity == Sparsity::dense) {
    reading.sustained = ranges_of(lines, reading);
  }
  return reading;
}

/// Whether any GPU has it: FP4 means nothing on a machine of H100s.
bool is_known_to_any(const ClaimReading& reading) {
  return !reading.figures.empty();
}

}  // namespace

bool ClaimMeanings::reproducible() const {
  return std::any_of(readings.begin(), readings.end(),
                     [](const ClaimReading& reading) { return reading.matches; });
}

Result<Quantity> parse_claim(std::string_view text) {
  auto claim = parse_quantity(text);
  if (!claim) {
    return claim;
  }
  if (claim->dimension != Dimension::flop_rate && claim->dimension != Dimension::op_rate) {
    return Error{Error::Code::bad_input, "'" + claim->text +
                                             "' is no rate of operations: a claim is one in "
                                             "FLOP/s or OP/s, such as '0.5 EFLOP/s'"};
  }
  if (claim->base.numerator == 0) {
    return Error{Error::Code::bad_input, "'" + claim->text + "' claims nothing"};
  }
  return claim;
}

Result<ClaimMeanings> meanings_of(const Quantity& claim, const Contract& contract) {
  auto lines = lines_of(contract);
  if (!lines) {
    return lines.error();
  }
  ClaimMeanings meanings{.lines = *std::move(lines), .gpus = 0, .readings = {}};
  for (const ClaimLine& line : meanings.lines) {
    meanings.gpus += line.gpus;
  }
  for (const Precision precision : all_precisions()) {
    for (const Sparsity sparsity : {Sparsity::dense, Sparsity::sparse}) {
      auto reading = reading_of(claim, meanings.lines, precision, sparsity);
      if (is_known_to_any(reading)) {
        meanings.readings.push_back(std::move(reading));
      }
    }
  }
  return meanings;
}

const ClaimReading* dense_of(const ClaimMeanings& meanings, const ClaimReading& reading) {
  for (const ClaimReading& other : meanings.readings) {
    if (other.precision == reading.precision && other.sparsity == Sparsity::dense && other.total) {
      return &other;
    }
  }
  return nullptr;
}

}  // namespace assay
