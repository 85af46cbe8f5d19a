// assay judge: judges a campaign's evidence again, without asking who signed it.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/judgement_text.h"
#include "harness/cli/unfinished.h"
#include "reports/judge_campaign.h"

namespace assay {
namespace {

struct JudgeOptions {
  std::string folder;
  bool deep = false, json = false;
};

int judge_command(const Console& console, const JudgeOptions& options) {
  const auto judged = judge_campaign(options.folder, options.deep);
  const std::string advice = advice_if_unfinished(options.folder);
  if (!judged) {
    const std::string more = advice.empty() ? "" : "; " + advice;
    return complain(console, judged.error().message + more, exit_code_of(judged.error()));
  }
  const Judgement& judgement = judged->judgement;
  if (options.json) {
    Json::Object json = *judgement_json(judgement).object();
    const auto& marks = judged->campaign.evidence.marks;
    json.emplace_back("complete", advice.empty());
    json.emplace_back("marks", Json::Array(marks.begin(), marks.end()));
    json.emplace_back("sentence", advice);
    console.out << canonical_json(json) << '\n';
  } else {
    print_judgement(console, judged->campaign.contract, judged->campaign.roster, judgement,
                    judged->campaign.evidence.marks);
    for (const std::string& remark : judged->campaign.remarks) {
      console.out << wrapped("remark: " + remark, 0);
    }
    console.out << (advice.empty() ? "" : wrapped(advice, 0));
  }
  return exit_code_of(judgement.decision);
}

}  // namespace

void add_judge(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("judge", "Judge a campaign's evidence again");
  const auto options = std::make_shared<JudgeOptions>();
  command->add_option("DIR", options->folder, "Folder of the campaign")->required();
  command->add_flag("--deep", options->deep, "Recompute every journal line from its blocks");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example\n  assay judge out/campaign --deep");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return judge_command(console, *options); };
  });
}

}  // namespace assay
