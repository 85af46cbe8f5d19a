// assay inspect: what a campaign says of itself. Nothing of it is verified, and it says so.
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/model/how_many.h"
#include "reports/campaign.h"
#include "reports/contract_json.h"
#include "reports/files.h"
#include "reports/jades.h"
#include "reports/journal.h"
#include "reports/json.h"
#include "reports/session.h"
#include "reports/sizes.h"

namespace assay {
namespace {

struct JournalSummary {
  std::map<std::string, std::uint64_t> kinds;    ///< Lines by kind.
  std::map<std::string, std::uint64_t> endings;  ///< `end` lines by ending.
};

Result<JournalSummary> summary_of(const std::string& folder, std::uint32_t node) {
  const std::string path = CampaignPaths{folder}.journal(node);
  const auto bytes = read_file(path, k_largest_journal);
  if (!bytes) {
    return bytes.error();
  }
  JournalSummary summary;
  const auto head = read_journal(path, *bytes, [&summary](const Json& line) -> Result<Done> {
    const auto text = [&line](std::string_view name) -> std::string {
      const Json* member = line.find(name);
      return member != nullptr && member->text() != nullptr ? *member->text() : "";
    };
    ++summary.kinds[text("kind")];
    if (text("kind") == "end") {
      ++summary.endings[text("ending")];
    }
    return Done{};
  });
  if (!head) {
    return head.error();
  }
  return summary;
}

Json counts(const std::map<std::string, std::uint64_t>& numbers) {
  Json::Object object;
  for (const auto& [name, number] : numbers) {
    object.emplace_back(name, static_cast<std::int64_t>(number));
  }
  return object;
}

std::string words(const std::map<std::string, std::uint64_t>& numbers) {
  std::string text;
  for (const auto& [name, number] : numbers) {
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + name;
  }
  return text.empty() ? "none" : text;
}

/// The report's decision and the signers, each null where there is none yet.
Result<Json::Object> conclusions(const std::string& folder) {
  const CampaignPaths paths{folder};
  Json::Object object{{"decision", Json()}, {"signers", Json::Array{}}};
  if (const auto report = read_file(paths.report(), k_largest_report); report) {
    const auto json =
        read_json(*report, {.bytes = k_largest_report, .depth = 64, .values = k_largest_report});
    if (!json) {
      return Error{Error::Code::bad_input, paths.report() + ": " + json.error().message};
    }
    const Json* decision = json->find("decision");
    object[0].second = decision != nullptr ? *decision : Json();
  }
  if (const auto bytes = read_file(paths.signatures(), k_envelope_bytes); bytes) {
    const auto envelope = read_envelope(*bytes);
    if (!envelope) {
      return Error{Error::Code::bad_input, paths.signatures() + ": " + envelope.error().message};
    }
    for (const JadesEntry& entry : envelope->entries) {
      object[1].second.array()->emplace_back(entry.header.signer().subject.organization);
    }
  }
  return object;
}

struct Overview {
  Contract contract;
  Session session;
  JournalSummary journal;
  Json::Object conclusions;
};

Result<Overview> look_at(const std::string& folder) {
  const CampaignPaths paths{folder};
  const auto contract_bytes = read_file(paths.contract(), k_largest_contract);
  if (!contract_bytes) {
    return contract_bytes.error();
  }
  auto contract = read_contract(*contract_bytes);
  if (!contract) {
    return Error{Error::Code::bad_input, paths.contract() + ": " + contract.error().message};
  }
  const auto session_bytes = read_file(paths.session(), k_largest_session);
  if (!session_bytes) {
    return session_bytes.error();
  }
  auto session = read_session(*session_bytes);
  if (!session) {
    return Error{Error::Code::bad_input, paths.session() + ": " + session.error().message};
  }
  Overview overview{*std::move(contract), *std::move(session), {}, {}};
  for (const SessionNode& node : overview.session.nodes) {
    const auto summary = summary_of(folder, node.node);
    if (!summary) {
      return summary.error();
    }
    for (const auto& [kind, number] : summary->kinds) {
      overview.journal.kinds[kind] += number;
    }
    for (const auto& [ending, number] : summary->endings) {
      overview.journal.endings[ending] += number;
    }
  }
  auto concluded = conclusions(folder);
  if (!concluded) {
    return concluded.error();
  }
  overview.conclusions = *std::move(concluded);
  return overview;
}

void print(const Console& console, const Overview& overview) {
  std::string signers;
  for (const Json& signer : *overview.conclusions[1].second.array()) {
    signers += (signers.empty() ? "" : ", ") + *signer.text();
  }
  const std::string* decision = overview.conclusions[0].second.text();
  console.out << painted(console, Tone::doubtful, "not verified: what the campaign says of itself")
              << "\n  contract  " << overview.contract.id << ", "
              << name_of(overview.contract.purpose) << ", "
              << how_many(overview.contract.clauses.size(), "clause") << "\n  session   "
              << overview.session.id << ", " << overview.session.created << ", "
              << how_many(overview.session.nodes.size(), "node") << ", "
              << how_many(overview.session.items.size(), "item") << '\n'
              << beside("  journal", words(overview.journal.kinds), 12)
              << beside("  endings", words(overview.journal.endings), 12) << "  decision  "
              << (decision != nullptr ? *decision : "no report yet") << "\n  signed by "
              << (signers.empty() ? "nobody" : signers) << '\n';
}

int inspect_command(const Console& console, const std::string& folder, bool json) {
  const auto overview = look_at(folder);
  if (!overview) {
    return complain(console, overview.error().message, exit_code_of(overview.error()));
  }
  if (json) {
    Json::Object object = overview->conclusions;
    object.emplace_back("verified", false);
    object.emplace_back("contract", overview->contract.id);
    object.emplace_back("purpose", name_of(overview->contract.purpose));
    object.emplace_back("session", overview->session.id);
    object.emplace_back("lines", counts(overview->journal.kinds));
    object.emplace_back("endings", counts(overview->journal.endings));
    console.out << canonical_json(object) << '\n';
  } else {
    print(console, *overview);
  }
  return k_exit_ok;
}

}  // namespace

void add_inspect(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("inspect", "Show what a campaign says, unverified");
  const auto folder = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("DIR", *folder, "Folder of the campaign")->required();
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example\n  assay inspect out/campaign");
  command->callback([&console = shell.console, &chosen = shell.chosen, folder, json] {
    chosen = [&console, folder, json] { return inspect_command(console, *folder, *json); };
  });
}

}  // namespace assay
