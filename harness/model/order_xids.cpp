#include "harness/model/order_xids.h"

#include <algorithm>

#include "harness/model/order_words.h"
#include "harness/model/xid.h"

namespace assay {
namespace {

bool holds(const XidLog& log, const XidLine& line) {
  return std::find(log.lines.begin(), log.lines.end(), line) != log.lines.end();
}

/// A line of `other` that this log must have, too, and hasn't; nullptr if there is none.
const XidLine* lacking_in(const XidLog& log, const XidLog& other) {
  if (log.left_out_counting + log.left_out_failing + log.left_out_recorded > 0) {
    return nullptr;
  }
  const auto found = std::find_if(other.lines.begin(), other.lines.end(), [&](const XidLine& line) {
    return line.record >= log.first_record && line.record <= log.last_record && !holds(log, line);
  });
  return found == other.lines.end() ? nullptr : &*found;
}

std::string cited(const XidLine& line) {
  return "record " + std::to_string(line.record) + " ('" + line.text + "')";
}

/// Whether the log of one start of the kernel goes on where the first look left it.
void compare_records(const XidLog& now, const XidLog& then, Comparison& comparison) {
  if (now.last_record < then.last_record) {
    comparison.not_shown.push_back("The kernel log ends with record " +
                                   std::to_string(now.last_record) + "; at the first look it had " +
                                   std::to_string(then.last_record) + ".");
  } else if (now.first_record - 1 > then.last_record) {
    comparison.not_shown.push_back("The kernel log lacks records that came between the looks: " +
                                   std::to_string(then.last_record + 1) + " to " +
                                   std::to_string(now.first_record - 1) + ".");
  }
  if (const XidLine* line = lacking_in(now, then)) {
    comparison.not_shown.push_back("The kernel log lacks what the first look saw as " +
                                   cited(*line) + ".");
  }
  if (const XidLine* line = lacking_in(then, now)) {
    comparison.not_shown.push_back("The kernel log has what the first look did not see as " +
                                   cited(*line) + ".");
  }
}

/// What both looks saw. A line that has been overwritten since the first one was there all the
/// same; after another start of the kernel the same number is another record.
std::vector<XidLine> lines_of(const MachineFacts& found, const MachineFacts* before) {
  std::vector<XidLine> lines;
  if (before != nullptr) {
    const bool is_other_log = kernel_started_again(found, *before);
    const XidLog& then = before->xids;
    std::copy_if(then.lines.begin(), then.lines.end(), std::back_inserter(lines),
                 [&](const XidLine& line) { return is_other_log || !holds(found.xids, line); });
  }
  lines.insert(lines.end(), found.xids.lines.begin(), found.xids.lines.end());
  return lines;
}

/// Where that GPU is, as it says now or, if it no longer answers, as it said at the first look.
std::optional<std::string> address_of(std::uint32_t index, const MachineFacts& found,
                                      const MachineFacts* before) {
  for (const MachineFacts* look : {&found, before}) {
    const GpuFacts* gpu = look == nullptr ? nullptr : gpu_in(*look, index);
    if (gpu != nullptr && gpu->pci.value) {
      return gpu->pci.value;
    }
  }
  return std::nullopt;
}

/// Judges the lines on the GPU at that address; on all of them without one.
void compare_lines(const Order& order, const std::vector<XidLine>& lines,
                   const std::optional<std::string>& pci, Comparison& comparison) {
  std::int64_t counted = 0;
  std::string last;
  for (const XidLine& line : lines) {
    const auto xid = parse_xid(line.text);
    if (!xid || (pci && !is_of(*xid, *pci))) {
      continue;
    }
    const XidEffect effect = effect_of(*xid, line.text);
    if (effect == XidEffect::fails) {
      comparison.differs.push_back("The kernel log has Xid " + std::to_string(xid->code) + " of " +
                                   xid->pci + ": '" + line.text + "'.");
    }
    counted += effect == XidEffect::counts ? 1 : 0;
    last = effect == XidEffect::counts ? line.text : last;
  }
  const auto allowed = number(order, "xid_counted");
  if (allowed && counted > *allowed) {
    comparison.differs.push_back("The kernel log has " + std::to_string(counted) +
                                 " Xids that count; allowed are " + std::to_string(*allowed) +
                                 "; the last is '" + last + "'.");
  }
}

void compare_left_out(const Order& order, const XidLog& log, Comparison& comparison) {
  const std::uint32_t counting = number(order, "xid_counted") ? log.left_out_counting : 0;
  if (log.left_out_failing + counting > 0) {
    comparison.not_shown.push_back(std::to_string(log.left_out_failing + counting) +
                                   " Xids of the kernel log that fail a GPU or count were left "
                                   "out.");
  }
}

}  // namespace

void compare_xids(const Order& order, const MachineFacts& found, const MachineFacts* before,
                  Comparison& comparison) {
  if (!found.xids.reason.empty()) {
    comparison.not_shown.push_back("The kernel log can't be read (" + found.xids.reason + ").");
    return;
  }
  if (before != nullptr && !before->xids.reason.empty()) {
    comparison.not_shown.push_back("The kernel log couldn't be read at the first look (" +
                                   before->xids.reason + ").");
  } else if (before != nullptr && !started_again(found, *before)) {
    compare_records(found.xids, before->xids, comparison);
  }
  compare_left_out(order, found.xids, comparison);
  const auto pci = order.gpu ? address_of(*order.gpu, found, before) : std::nullopt;
  if (order.gpu && !pci) {
    comparison.not_shown.push_back("Which Xids are those of gpu" + std::to_string(*order.gpu) +
                                   " is not shown: its PCI address isn't.");
    return;
  }
  compare_lines(order, lines_of(found, before), pci, comparison);
}

}  // namespace assay
