#include "harness/run/selftest_evidence.h"

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "harness/model/judge.h"
#include "harness/run/campaign_folder.h"
#include "harness/run/draw.h"
#include "reports/contract_json.h"
#include "reports/files.h"
#include "reports/journal.h"
#include "reports/node_signature.h"
#include "reports/report.h"

namespace assay {
namespace {

constexpr std::size_t k_largest_file = std::size_t{1} << 24U;
constexpr std::string_view k_nothing_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr std::string_view k_contract =
    R"({"schema":"assay.contract/1","id":"selftest","purpose":"demonstration",)"
    R"("title":{"en":"Self-test"},"parties":{"buyer":{"name":"buyer"},)"
    R"("supplier":{"name":"supplier"}},"inventory":[{"id":"host","kind":"host","nodes":1}],)"
    R"("sessions":{"days":1},"conditions":{"block_gap":"1 %","clock_disagreement":"0.01 %",)"
    R"("session_spread":"0 %","start_skew":"10 ms"},"max_invalid":0,"clauses":[{"id":"S-1",)"
    R"("title":{"en":"Self-test"},"case":"compute.memory","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"op":"read"},"window":"1 s",)"
    R"("rule":"1-5-9","at_least":"1 GB/s","at_most_plausible":"3 GB/s","weight":"mandatory",)"
    R"("defect_class":1}]})";

/// A folder that is gone with this object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = "/tmp/assay-selftest-XXXXXX";
    path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) {
      std::filesystem::remove_all(path_, ignored);
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Json::Object end_line(std::int64_t attempt) {
  return {{"at", "2026-01-01T00:00:02Z"},
          {"attempt", attempt},
          {"checked", 0},
          {"clause", "S-1"},
          {"clock_ns", "0"},
          {"dimension", "byte_rate"},
          {"elapsed_ns", "0"},
          {"ending", "unsupported"},
          {"item", "host/00000"},
          {"note", "a line of the self-test"},
          {"round", attempt},
          {"serial", ""},
          {"start_ns", "0"},
          {"work", "0"},
          {"work_per_step", "0"},
          {"wrong", 0}};
}

Result<Done> write_journal(const CampaignFolder& folder) {
  auto journal = JournalWriter::open(folder.paths.journal(0), folder.session_sha256, 0);
  if (!journal) {
    return journal.error();
  }
  std::vector<std::pair<std::string, Json::Object>> lines;
  lines.emplace_back("open", open_line(folder, 0));
  lines.emplace_back("machine", Json::Object{{"environment", Json::Object{}},
                                             {"inventory", Json::Object{}},
                                             {"objects", Json::Array{}}});
  for (std::uint32_t round = 1; round <= 2; ++round) {
    const Digest link = nonce_link(folder.last_link, folder.session.nonce.rounds, round);
    lines.emplace_back("round", Json::Object{{"link", hex(link)}, {"round", round}});
    lines.emplace_back("begin", Json::Object{{"at", "2026-01-01T00:00:01Z"},
                                             {"attempt", round},
                                             {"clause", "S-1"},
                                             {"item", "host/00000"},
                                             {"round", round}});
    lines.emplace_back("end", end_line(round));
  }
  lines.emplace_back("close", Json::Object{{"attempts", 2}});
  for (auto& [kind, members] : lines) {
    if (auto written = (*journal)->append(kind, std::move(members)); !written) {
      return written;
    }
  }
  return Done{};
}

/// A signed campaign of two attempts with its report.
Result<CampaignPaths> write_campaign(const std::string& path) {
  const auto contract = read_contract(k_contract);
  if (!contract) {
    return contract.error();
  }
  auto folder = open_campaign_folder({.folder = path + "/campaign",
                                      .contract_bytes = std::string(k_contract),
                                      .contract = &*contract,
                                      .plan_sha256 = std::string(k_nothing_sha256),
                                      .tool_sha256 = std::string(k_nothing_sha256),
                                      .nonce_links = 2});
  if (!folder) {
    return folder.error();
  }
  for (const char* name : {"/journal", "/nodes", "/blobs/sha256"}) {
    if (auto made = make_folder(folder->paths.folder + name); !made) {
      return made.error();
    }
  }
  if (auto written = write_journal(*folder); !written) {
    return written.error();
  }
  const auto is_signed = sign_node(folder->paths, folder->session_sha256, 0, folder->node_key);
  return is_signed ? Result<CampaignPaths>(folder->paths)
                   : Result<CampaignPaths>(is_signed.error());
}

std::vector<std::string> lines_of(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const std::size_t end = bytes.find('\n', begin) + 1;
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string bytes;
  for (const std::string& line : lines) {
    bytes += line;
  }
  return bytes;
}

class EvidenceChecks {
 public:
  EvidenceChecks(CampaignPaths paths, std::string journal, const Digest& seed)
      : paths_(std::move(paths)), journal_(std::move(journal)), draw_(seed) {}

  SelftestCheck reordered() {
    auto lines = lines_of(journal_);
    const auto place = 1 + static_cast<std::size_t>(draw_.below(lines.size() - 2));
    std::swap(lines[place], lines[place + 1]);
    return spoilt("reordered_journal", joined(lines));
  }

  /// Whole lines from the end: what is left is a chain without a fault.
  SelftestCheck truncated() {
    auto lines = lines_of(journal_);
    lines.resize(1 + static_cast<std::size_t>(draw_.below(lines.size() - 1)));
    return spoilt("truncated_journal", joined(lines));
  }

  /// The word of a verdict in the report is changed into a pass; the report that follows from the
  /// evidence is another then.
  SelftestCheck edited_verdict() {
    const std::string name = "edited_verdict";
    const auto honest = report();
    if (!honest) {
      return {.name = name, .caught = false, .by = honest.error().message};
    }
    std::string edited = *honest;
    const std::size_t place = edited.find("NOT_RUN");
    if (place == std::string::npos) {
      return {.name = name, .caught = false, .by = "the report has no verdict to edit"};
    }
    edited.replace(place, std::string_view("NOT_RUN").size(), "ACCEPT");
    const auto again = report();
    const bool caught = again && *again == *honest && *again != edited;
    return {.name = name,
            .caught = caught,
            .by = caught ? "the report judged again from the evidence has other bytes" : "nothing"};
  }

 private:
  [[nodiscard]] Result<std::string> report() const {
    const auto campaign = read_campaign(paths_.folder, false);
    if (!campaign) {
      return campaign.error();
    }
    return write_report(*campaign, judge(campaign->contract, campaign->roster, campaign->evidence));
  }

  SelftestCheck spoilt(const std::string& name, const std::string& journal) {
    SelftestCheck check{.name = name, .caught = false, .by = "nothing"};
    if (auto written = write_file(paths_.journal(0), journal); !written) {
      check.by = written.error().message;
      return check;
    }
    const auto campaign = read_campaign(paths_.folder, false);
    if (!campaign) {
      check.caught = campaign.error().code == Error::Code::bad_input;
      check.by = campaign.error().message;
    }
    if (auto restored = write_file(paths_.journal(0), journal_); !restored) {
      return {.name = name, .caught = false, .by = restored.error().message};
    }
    return check;
  }

  CampaignPaths paths_;
  std::string journal_;
  Draw draw_;
};

SelftestCheck failed(const std::string& why) {
  return {.name = "evidence", .caught = false, .by = why};
}

}  // namespace

std::vector<SelftestCheck> check_evidence(const Digest& seed) {
  const ScratchFolder scratch;
  const auto paths = write_campaign(scratch.path());
  if (!paths) {
    return {failed(paths.error().message)};
  }
  const auto journal = read_file(paths->journal(0), k_largest_file);
  if (!journal) {
    return {failed(journal.error().message)};
  }
  if (const auto whole = read_campaign(paths->folder, false); !whole) {
    return {failed("the untouched campaign is refused: " + whole.error().message)};
  }
  const std::array<std::string, 0> none{};
  EvidenceChecks checks(*paths, *journal, derive(seed, "selftest evidence", none));
  return {checks.reordered(), checks.truncated(), checks.edited_verdict()};
}

}  // namespace assay
