#include "reports/verify.h"

#include <algorithm>
#include <filesystem>

#include "harness/model/how_many.h"
#include "reports/files.h"
#include "reports/jades.h"
#include "reports/json.h"
#include "reports/json_difference.h"
#include "reports/judge_campaign.h"
#include "reports/node_name.h"
#include "reports/policy.h"
#include "reports/signature_check.h"
#include "reports/sizes.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

constexpr std::string_view k_schema = "assay.report/1";
constexpr std::string_view k_evidence_failure = "EVIDENCE_FAILURE";

Verification& end(Verification& verification, Indication indication, std::string_view sub,
                  std::string sentence) {
  verification.indication = indication;
  verification.sub_indication = sub;
  verification.sentence = std::move(sentence);
  return verification;
}

Verification& fail(Verification& verification, std::string_view sub, std::string sentence) {
  return end(verification, Indication::total_failed, sub, std::move(sentence));
}

namespace fs = std::filesystem;

/// A file that this verifier may not read, or a folder that isn't there, says nothing of the
/// evidence; a file that is missing from a campaign, or is none, does.
Verification& fail_reading(Verification& verification, std::string_view sub, const Error& error) {
  return error.code == Error::Code::io
             ? end(verification, Indication::indeterminate, "SIGNED_DATA_NOT_FOUND", error.message)
             : fail(verification, sub, error.message);
}

Result<Done> check_there(const std::string& folder) {
  std::error_code problem;
  const fs::file_status status = fs::status(folder, problem);
  return fs::is_directory(status)
             ? Result<Done>(Done{})
             : Error{Error::Code::io,
                     folder + ": " + (problem ? problem.message() : "is no folder")};
}

bool is_below(const fs::path& outer, const fs::path& inner) {
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && relative != "." && *relative.begin() != "..";
}

void put_before(std::vector<fs::path>& rest, const fs::path& path) {
  const std::vector<fs::path> names(path.begin(), path.end());
  rest.insert(rest.end(), names.rbegin(), names.rend());
}

/// A policy that comes with what it is to judge proves nothing, nor does a link that comes with it,
/// to a file or to a folder: on the way from the name to the file, walked as the system does,
/// nothing may lie in the campaign's folder.
bool stands_in(const std::string& folder, const std::string& policy_path) {
  constexpr int k_most_links = 40;  // as the system's own
  std::error_code problem;
  const fs::path outer = fs::weakly_canonical(folder, problem);
  const fs::path named(policy_path);
  fs::path at = named.is_absolute() ? fs::path("/") : fs::current_path(problem);
  std::vector<fs::path> rest;  // the next name last
  put_before(rest, named.relative_path());
  for (int links = 0; !rest.empty() && links <= k_most_links && !problem;) {
    const fs::path name = rest.back();
    rest.pop_back();
    if (name.empty() || name == ".") {
      continue;
    }
    const fs::path place = name == ".." ? at.parent_path() : at / name;
    if (is_below(outer, place)) {
      return true;
    }
    if (!fs::is_symlink(place, problem)) {
      at = place;
      continue;
    }
    const fs::path target = fs::read_symlink(place, problem);
    at = target.is_absolute() ? fs::path("/") : at;
    put_before(rest, target.relative_path());
    ++links;
  }
  return false;  // reading it will say why
}

/// The bytes that everything else is about, read once.
struct Delivered {
  std::string report, envelope;
};

Result<Delivered> read_delivered(const CampaignPaths& paths) {
  Result<std::string> report = read_file(paths.report(), k_largest_report);
  if (!report) {
    return report.error();
  }
  Result<std::string> envelope = read_file(paths.signatures(), k_envelope_bytes);
  if (!envelope) {
    return envelope.error();
  }
  return Delivered{.report = *std::move(report), .envelope = *std::move(envelope)};
}

Result<Policy> own_policy(const VerifyRequest& request) {
  if (stands_in(request.folder, request.policy_path)) {
    return Error{
        Error::Code::bad_input,
        request.policy_path + ": stands in the campaign's folder, and must be the verifier's own"};
  }
  return read_policy_file(request.policy_path);
}

/// Whose signatures there are, over these bytes. Nothing of the report is parsed before.
bool check_signers(const VerifyRequest& request, const Policy& policy, const Delivered& delivered,
                   Verification& verification) {
  SignatureCheck check = check_signatures(
      {.report = delivered.report, .envelope = delivered.envelope}, policy, request.at_s);
  verification.signers = std::move(check.signers);
  verification.checked = std::move(check.checked);
  verification.not_checked = std::move(check.not_checked);
  if (check.indication != Indication::total_passed) {
    end(verification, check.indication, check.sub_indication, "report.sig.json: " + check.sentence);
    verification.not_checked.emplace_back("the evidence: the signatures come first");
    return false;
  }
  verification.policy_met = check.policy_met;
  verification.signed_at_s = check.earliest_s;
  verification.sentence = check.sentence;
  return true;
}

/// Whether this release knows the rules by which such a report was made.
bool check_form(const Result<Json>& report, Verification& verification) {
  if (!report) {
    fail(verification, "FORMAT_FAILURE", "report.json: " + report.error().message);
    return false;
  }
  const Json* schema = report->find("schema");
  if (schema == nullptr || schema->text() == nullptr) {
    fail(verification, "FORMAT_FAILURE", "report.json: has no schema");
    return false;
  }
  if (*schema->text() != k_schema) {
    end(verification, Indication::indeterminate, "FORMAT_FAILURE",
        "report.json: this release can't judge by the rules of another schema than " +
            std::string(k_schema));
    return false;
  }
  return true;
}

void say_what_was_checked(const Campaign& campaign, bool deep, Verification& verification) {
  std::vector<std::string>& checked = verification.checked;
  std::vector<std::string>& not_checked = verification.not_checked;
  checked.emplace_back("contract, session and nonce chain against each other");
  checked.emplace_back("the work of a step against the contract's params, where they decide it");
  checked.emplace_back("signature, journal and hash chain of each of " +
                       how_many(campaign.evidence_leaves, "node") + ", and their tree");
  checked.emplace_back("size and digest of every blob");
  checked.emplace_back("every verdict, judged again from the journals");
  checked.emplace_back("report.json, written again and compared byte for byte");
  (deep ? checked : not_checked)
      .emplace_back("every window's numbers, recomputed from its blocks" +
                    std::string(deep ? "" : ": --deep does"));
  not_checked.emplace_back("who opened the session: its digest is signed with the report only");
  not_checked.emplace_back(
      "that no link of the nonce was known before its round: who holds the last one, as 'assay "
      "run' "
      "does, can compute all");
  not_checked.emplace_back("what devices these are: serial numbers are their own word");
  not_checked.emplace_back(
      "that it was measured: whoever holds a node's key can write its journal and blobs; what is "
      "checked is that they fit each other and the nonce");
  not_checked.emplace_back("that the program which measured is one that you trust: it was " +
                           campaign.session.tool_sha256);
  not_checked.emplace_back(
      "that the plan is the contract's ('assay plan' prints its digest): it was " +
      campaign.session.plan_sha256);
  not_checked.emplace_back(
      "that the runs keep to the plan's order over its days; how many days "
      "they lie on is judged");
  for (const std::string& clause : clauses_without_work(campaign.contract, campaign.session)) {
    not_checked.push_back("what a step of clause " + clause +
                          " is: its params leave it to the machine, or this program doesn't know "
                          "its case; it is the same in every window of an item");
  }
  for (const std::string& stray : campaign.strays) {
    not_checked.push_back(stray);
  }
}

/// A report on another contract is valid, but it is not the one that was asked for.
void check_contract(const Policy& policy, const Campaign& campaign, Verification& verification) {
  if (!policy.contract) {
    verification.not_checked.emplace_back(
        "that this is your contract: the policy names none (contract_sha256)");
    return;
  }
  if (hex(*policy.contract) == campaign.contract_sha256) {
    verification.checked.emplace_back("the contract against the one that the policy names");
  } else if (verification.indication == Indication::total_passed) {
    verification.policy_met = false;
    verification.sentence =
        "contract.json: is not the contract that the policy names, but " + campaign.contract_sha256;
  }
}

/// Whoever may run a campaign until it passes shows the last one.
void check_session(const Policy& policy, const Campaign& campaign, Verification& verification) {
  if (!policy.session) {
    verification.not_checked.emplace_back(
        "that no other campaign on this contract was thrown away: the policy names no session "
        "(session_sha256)");
    return;
  }
  if (hex(*policy.session) == campaign.session_sha256) {
    verification.checked.emplace_back("the session against the one that the policy names");
    verification.not_checked.emplace_back(
        "that nobody went back to an earlier state of this session's folder and measured again");
  } else if (verification.indication == Indication::total_passed) {
    verification.policy_met = false;
    verification.sentence =
        "session.json: is not the session that the policy names, but " + campaign.session_sha256;
  }
}

/// Nothing can have been measured after it is verified, nor after what is said of it was signed.
void check_clock(const VerifyRequest& request, const Policy& policy, const Campaign& campaign,
                 Verification& verification) {
  verification.checked.emplace_back(
      "the times of day in the journals: none before the session was opened, none after a "
      "signature or the time of verification");
  const bool before_signature = verification.signed_at_s < request.at_s;
  const std::int64_t end_s = before_signature ? verification.signed_at_s : request.at_s;
  const std::int64_t end_ns = (end_s + policy.iat_skew_s) * k_ns_per_second;
  for (const NodeFacts& facts : campaign.nodes) {
    if (facts.latest_ns > end_ns && verification.indication == Indication::total_passed) {
      end(verification, Indication::indeterminate, "SIG_CONSTRAINTS_FAILURE",
          journal_name(facts.node) + ": says that it is of " +
              time_of_day(facts.latest_ns / k_ns_per_second) + ", which is after " +
              (before_signature ? "a signature over it says it was made: " + time_of_day(end_s)
                                : "the time of verification"));
      return;
    }
  }
}

/// Whoever makes a session can name his own key as the buyer's, and then excuse his own failures.
void check_excuses(const Policy& policy, const Campaign& campaign, Verification& verification) {
  const std::uint64_t excuses = excuses_in(campaign);
  if (excuses == 0) {
    return;
  }
  const std::string what = "whose key excused " + how_many(excuses, "attempt");
  if (policy.buyer_key == campaign.session.buyer_key) {
    verification.checked.push_back(what + ": it is the one that the policy names as the buyer's");
    return;
  }
  const bool may_be_anyone =
      policy.buyer_key.empty() && campaign.contract.purpose != Purpose::acceptance;
  if (may_be_anyone) {
    verification.not_checked.push_back(what + ": it is the one that the session names");
  } else if (verification.indication == Indication::total_passed && verification.policy_met) {
    verification.policy_met = false;
    verification.sentence =
        "session.json: its buyer_key excused " + how_many(excuses, "attempt") + ", " +
        (policy.buyer_key.empty() ? "but the policy names none (buyer_key)"
                                  : "which is not the one that the policy names");
  }
}

/// Judges again, and compares.
void check_report(const JudgedCampaign& judged, const Delivered& delivered, const Json& report,
                  Verification& verification) {
  verification.decision = judged.judgement.decision;
  verification.marks = judged.campaign.evidence.marks;
  if (delivered.report != judged.report) {
    const Result<Json> again = read_json(judged.report);
    if (!again) {
      fail(verification, k_evidence_failure, "report.json: " + again.error().message);
      return;
    }
    const JsonDifference difference = first_difference(report, *again);
    fail(verification, k_evidence_failure,
         "report.json: " + difference.place + " is " + difference.is +
             ", but the evidence makes it " + difference.should_be);
    return;
  }
  const Campaign& campaign = judged.campaign;
  if (campaign.contract.purpose == Purpose::acceptance && !campaign.evidence.marks.empty()) {
    fail(verification, k_evidence_failure,
         "report.json: the evidence is marked '" + campaign.evidence.marks.front() +
             "', which can never become an acceptance");
    return;
  }
  verification.indication = Indication::total_passed;
  verification.sub_indication.clear();
}

}  // namespace

Verification verify_campaign(const VerifyRequest& request) {
  Verification verification;
  if (const auto there = check_there(request.folder); !there) {
    return fail_reading(verification, "", there.error());
  }
  const Result<Delivered> delivered = read_delivered(CampaignPaths{request.folder});
  if (!delivered) {
    return fail_reading(verification, "FORMAT_FAILURE", delivered.error());
  }
  const Result<Policy> policy = own_policy(request);
  if (!policy) {
    end(verification, Indication::indeterminate, "POLICY_PROCESSING_ERROR", policy.error().message);
    return verification;
  }
  if (!check_signers(request, *policy, *delivered, verification)) {
    return verification;
  }
  const Result<Json> report = read_canonical_json(delivered->report);
  if (!check_form(report, verification)) {
    return verification;
  }
  const Result<JudgedCampaign> judged = judge_campaign(request.folder, request.deep);
  if (!judged) {
    return fail_reading(verification, k_evidence_failure, judged.error());
  }
  check_report(*judged, *delivered, *report, verification);
  check_clock(request, *policy, judged->campaign, verification);
  check_contract(*policy, judged->campaign, verification);
  check_session(*policy, judged->campaign, verification);
  check_excuses(*policy, judged->campaign, verification);
  say_what_was_checked(judged->campaign, request.deep, verification);
  return verification;
}

int exit_code_of(const Verification& verification) {
  switch (verification.indication) {
    case Indication::total_failed: return 1;
    case Indication::indeterminate: return 3;
    case Indication::total_passed: break;
  }
  if (!verification.policy_met) {
    return 4;
  }
  const bool good =
      verification.decision == Decision::accepted || verification.decision == Decision::limits_met;
  return good ? 0 : 5;
}

}  // namespace assay
