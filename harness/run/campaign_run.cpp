#include "harness/run/campaign_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "harness/run/attempt_end.h"
#include "harness/run/attempt_job.h"
#include "harness/run/campaign_folder.h"
#include "harness/run/campaign_report.h"
#include "harness/run/interrupts.h"
#include "harness/run/journal_clock.h"
#include "harness/run/launch.h"
#include "harness/run/plan.h"
#include "harness/run/prepare.h"
#include "harness/run/rounds.h"
#include "harness/run/wrong_steps.h"
#include "reports/campaign_frame.h"
#include "reports/files.h"
#include "reports/item_looks.h"
#include "reports/journal.h"
#include "reports/machine_identity.h"
#include "reports/node_journal.h"
#include "reports/sizes.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

constexpr std::uint32_t k_node = 0;

class CampaignRun {
 public:
  CampaignRun(const RunRequest& request, const RunWorld& world, Progress& progress,
              Prepared prepared)
      : request_(request),
        world_(world),
        progress_(progress),
        prepared_(std::move(prepared)),
        rounds_(prepared_.contract, prepared_.plan, k_node),
        begun_ns_(world.clock->now_ns()) {
    rules_ = EndRules(prepared_.contract, rounds_.roster());
    launch_.command = world.worker;
    if (!request.recording.empty()) {
      launch_.command.insert(launch_.command.end(), {"--replay-machine", request.recording});
    }
    launch_.environment = prepared_.environment;
    launch_.prepare_ns = world.prepare_ns;
    launch_.grace_ns = world.grace_ns;
  }

  Result<RunOutcome> run();

 private:
  Result<Done> open();
  Result<Done> open_journal();
  Result<Done> resume_from(const std::string& bytes);
  Result<bool> selftest();
  Result<Done> write_machine(const Launched& launched);
  Result<RunOutcome> run_rounds();
  Result<Done> reveal(std::uint32_t round);
  Result<bool> look_again();
  Result<bool> look_again_at(std::size_t clause, ItemIndex item);
  Result<bool> run_round(std::uint32_t round, const Judgement& judgement);
  Result<bool> run_group(std::size_t clause, std::uint32_t round,
                         const std::vector<ItemIndex>& items);
  Result<bool> repeat(const WrongSteps& wrong);
  Result<AttemptBegin> begin(std::size_t clause, std::uint32_t round, ItemIndex item);
  Result<Done> end(const AttemptBegin& begin, const Job& job, const Launched& launched);

  Result<RunOutcome> until_next_day(std::uint32_t round);
  Result<RunOutcome> interrupted();
  Result<RunOutcome> finish(RunOutcome::Finish how, std::string sentence) {
    auto before = wrote_ ? Error{} : report_before(*folder_, how, sentence);
    return before ? std::move(before) : write_report(*folder_, k_node, how, std::move(sentence));
  }
  Result<Done> append(std::string_view kind, Json::Object members) {
    wrote_ = true;
    return journal_->append(kind, std::move(members));
  }
  std::string now_text() { return time_of_day(rules_.clock.next_s(world_.clock->utc_ns())); }
  [[nodiscard]] std::uint32_t last_round() const {
    return prepared_.plan.nonce_links - (has_last_look(prepared_.plan) ? 1 : 0);
  }
  [[nodiscard]] std::int64_t today() const {
    return world_.clock->utc_ns() / (k_seconds_per_day * k_ns_per_second);
  }
  void say(ProgressEvent event);

  const RunRequest& request_;
  const RunWorld& world_;
  Progress& progress_;
  Prepared prepared_;
  Rounds rounds_;
  std::int64_t begun_ns_;
  std::int64_t left_ns_ = 0;

  std::unique_ptr<Interrupts> interrupts_;
  std::optional<CampaignFolder> folder_;
  std::unique_ptr<JournalWriter> journal_;
  LaunchPlan launch_;
  ObjectDigests digests_;
  EndRules rules_;
  ItemLooks looks_;
  std::uint32_t revealed_ = 0;  ///< The last round whose link stands in the journal.
  bool closed_ = false;
  bool resumes_ = false;  ///< And has not said so in the journal yet.
  bool wrote_ = false;    ///< Anything to the journal: the report is another one now.
};

void CampaignRun::say(ProgressEvent event) {
  event.elapsed_ns = world_.clock->now_ns() - begun_ns_;
  event.left_ns = left_ns_;
  progress_.event(event);
}

Result<Done> CampaignRun::open() {
  auto folder = open_campaign_folder({.folder = request_.folder,
                                      .contract_bytes = request_.contract_bytes,
                                      .contract = &prepared_.contract,
                                      .plan_sha256 = hex(sha256(plan_json(prepared_.plan))),
                                      .tool_sha256 = prepared_.tool_sha256,
                                      .work_per_step = work_per_step_of(prepared_.plan),
                                      .nonce_links = prepared_.plan.nonce_links,
                                      .nonce_file = request_.nonce_file,
                                      .marks = marks_of(request_),
                                      .now_utc_ns = world_.clock->utc_ns(),
                                      .resume = request_.resume});
  if (!folder) {
    return folder.error();
  }
  folder_.emplace(std::move(*folder));
  rules_.marks = folder_->session.marks;
  if (!request_.recording.empty() &&
      std::count(rules_.marks.begin(), rules_.marks.end(), "replayed") == 0) {
    return Error{
        Error::Code::bad_input,
        request_.folder + ": is no campaign of a recorded machine, so none can be replayed"};
  }
  if (const auto created = time_from(folder_->session.created)) {
    rules_.clock.take(*created);
  }
  for (const char* name : {"/journal", "/nodes", "/blobs/sha256"}) {
    if (auto made = make_folder(request_.folder + name); !made) {
      return made;
    }
  }
  return open_journal();
}

Result<Done> CampaignRun::open_journal() {
  const std::string path = folder_->paths.journal(k_node);
  auto journal = JournalWriter::open(path, folder_->session_sha256, k_node);
  if (!journal) {
    return journal.error();
  }
  journal_ = std::move(*journal);
  if (!journal_->found().empty()) {
    const auto bytes = read_file(path, k_largest_journal);
    return bytes ? resume_from(*bytes) : Result<Done>(bytes.error());
  }
  return append("open", open_line(*folder_, k_node));
}

/// Takes over what a journal holds: attempts, revealed links and the objects of its first machine.
Result<Done> CampaignRun::resume_from(const std::string& bytes) {
  const auto frame = make_frame(request_.contract_bytes, write_session(folder_->session));
  if (!frame) {
    return frame.error();
  }
  auto found = read_node_journal(*frame, k_node, bytes);
  if (!found) {
    return found.error();
  }
  rules_.clock.take(journal_->found(), found->attempts);
  rounds_.take(std::move(found->attempts), std::move(found->replacements));
  looks_ = std::move(found->looks);
  closed_ = found->facts.closed;
  for (const Json& line : journal_->found()) {
    const std::string& kind = *line.find("kind")->text();
    if (kind == "round") {
      ++revealed_;
    } else if (kind == "machine" && rules_.known_objects.empty()) {
      rules_.know_objects_of(line);
    }
  }
  if (closed_) {
    return Done{};
  }
  const std::string other =
      machine_difference(found->first_inventory, Json(world_.inventory(Device{})));
  if (!found->first_inventory.is_null() && !other.empty()) {
    return Error{Error::Code::bad_input, request_.folder + " was begun on another machine: here " +
                                             other + "; go on where it was begun"};
  }
  resumes_ = true;
  return rules_.clock.check(world_.clock->utc_ns());
}

Result<Done> CampaignRun::write_machine(const Launched& launched) {
  if (rules_.known_objects.empty()) {
    rules_.known_objects.insert(launched.objects.begin(), launched.objects.end());
  }
  const Device device = launched.ready ? launched.ready->device : Device{};
  return append("machine",
                machine_line(world_.inventory(device), prepared_.environment, launched.objects));
}

/// In a worker, as everything that may crash. False if interrupted.
Result<bool> CampaignRun::selftest() {
  say({.kind = ProgressEvent::Kind::selftest});
  const Job job = selftest_job(request_, *folder_, prepared_);
  Launched seen;
  const bool whole =
      launch(launch_, {job}, digests_,
             {.done = [&seen](std::size_t, Launched launched) { seen = std::move(launched); },
              .tick = [this] { say({}); }});
  if (!whole) {
    return false;
  }
  if (auto written = write_machine(seen); !written) {
    return written.error();
  }
  if (seen.failed && seen.failed->ending == Ending::unsupported) {
    // There is nothing to test: the runs say the same, each for its clause, and none is a pass.
    say({.kind = ProgressEvent::Kind::selftest_done,
         .ending = "not run",
         .note = seen.failed->note});
    return true;
  }
  if (!seen.selftest) {  // no fault of the machine's results: it can be tried again
    return Error{Error::Code::io, "the self-test's worker gave no answer (" +
                                      (seen.failed ? seen.failed->note : "it was lost") +
                                      "); go on with --resume"};
  }
  const SelftestResult result = std::move(*seen.selftest);
  if (auto written = append("selftest", {{"checks", json_of(result)}, {"passed", result.passed()}});
      !written) {
    return written.error();
  }
  say({.kind = ProgressEvent::Kind::selftest_done,
       .ending = result.passed() ? "passed" : "failed"});
  if (!result.passed()) {
    revealed_ = std::max(revealed_, prepared_.plan.nonce_links + 1);  // nothing is run
  }
  return true;
}

Result<AttemptBegin> CampaignRun::begin(std::size_t clause, std::uint32_t round, ItemIndex item) {
  AttemptBegin begin;
  begin.item = rounds_.roster()[item].id;
  begin.dimension = prepared_.plan.clauses[clause].dimension;
  begin.attempt.number = journal_->next_attempt();
  begin.attempt.clause = prepared_.plan.clauses[clause].id;
  begin.attempt.item = item;
  begin.attempt.round = round;
  const std::int64_t at_s = rules_.clock.next_s(world_.clock->utc_ns());
  begin.begun_ns = at_s * k_ns_per_second;
  begin.attempt.day = at_s / k_seconds_per_day;
  if (const Clause& asked = prepared_.contract.clauses[clause]; is_finding(asked.case_id)) {
    begin.order.emplace(order_of(prepared_.contract, asked, rounds_.roster()[item]));
    if (const MachineFacts* first = looks_.first(asked.id, begin.item)) {
      begin.before = *first;
    }
  }
  auto written = append("begin", {{"at", time_of_day(at_s)},
                                  {"attempt", static_cast<std::int64_t>(begin.attempt.number)},
                                  {"clause", begin.attempt.clause},
                                  {"item", begin.item},
                                  {"round", round}});
  if (!written) {
    return written.error();
  }
  rounds_.take(begin.attempt);
  return begin;
}

Result<Done> CampaignRun::end(const AttemptBegin& begin, const Job& job, const Launched& launched) {
  const std::int64_t utc_ns = world_.clock->utc_ns();
  AttemptEnd end = end_of(begin, job, launched, rules_, utc_ns);
  // Wrong slots stay: where the clock was set, the line is no earlier than their window's end.
  if (end.attempt.wrong > 0) {
    rules_.clock.take(end.window.start_ns + end.window.elapsed_ns);
  }
  if (!end.blob.empty()) {
    const std::string path = folder_->paths.blob(hex(sha256(end.blob)));
    if (auto written = write_file(path, end.blob); !written) {
      return written;
    }
  }
  end.line.emplace_back("at", now_text());
  if (auto written = append("end", std::move(end.line)); !written) {
    return written;
  }
  if (end.window.elapsed_ns > 0) {
    rules_.clock.busy(end.window);
  }
  rounds_.take(end.attempt);
  if (launched.found && begin.order) {
    looks_.take_first(begin.attempt.clause, begin.item, *launched.found);
  }
  say({.kind = ProgressEvent::Kind::attempt_done,
       .clause = begin.attempt.clause,
       .item = begin.item,
       .round = begin.attempt.round,
       .ending = std::string(name_of(end.attempt.ending)),
       .note = end.attempt.note});
  return Done{};
}

/// One attempt on each of these items, at the same time. False if interrupted.
Result<bool> CampaignRun::run_group(std::size_t clause, std::uint32_t round,
                                    const std::vector<ItemIndex>& items) {
  if (auto later = rules_.clock.check(world_.clock->utc_ns()); !later) {
    return later.error();
  }
  std::vector<AttemptBegin> begins;
  std::vector<Job> jobs;
  for (const ItemIndex item : items) {
    auto begun = begin(clause, round, item);
    if (!begun) {
      return begun.error();
    }
    jobs.push_back(job_of(prepared_.plan.clauses[clause], *begun, request_, *folder_));
    begins.push_back(std::move(*begun));
  }
  const ProgressEvent event{.kind = ProgressEvent::Kind::attempt,
                            .clause = prepared_.plan.clauses[clause].id,
                            .item = begins.front().item,
                            .round = rounds_.runs(clause),
                            .rounds = rounds_.next_look(clause)};
  say(event);
  std::optional<Error> failure;
  WrongSteps wrong(clause);
  const auto done = [&](std::size_t job, const Launched& launched) {
    if (auto ended = end(begins[job], jobs[job], launched); !ended && !failure) {
      failure = ended.error();
    }
    wrong.take(begins[job], jobs[job], launched);
  };
  const auto tick = [&] {
    ProgressEvent again = event;
    again.kind = ProgressEvent::Kind::tick;
    say(std::move(again));
  };
  const bool whole = launch(launch_, jobs, digests_, {.done = done, .tick = tick});
  if (failure) {
    return *failure;
  }
  return whole && prepared_.plan.clauses[clause].repeats_wrong_step ? repeat(wrong) : whole;
}

Result<bool> CampaignRun::repeat(const WrongSteps& wrong) {
  const auto write = [this](const RepeatLine& line) {
    Json::Object members = json_of(line);
    members.emplace_back("at", now_text());
    return append("repeat", std::move(members));
  };
  return wrong.repeat({launch_, digests_, rounds_, write});
}

/// Every open clause once. False if interrupted.
Result<bool> CampaignRun::run_round(std::uint32_t round, const Judgement& judgement) {
  for (const std::size_t clause : run_order(prepared_.plan)) {
    for (const auto& items : rounds_.groups(clause, round, judgement)) {
      auto whole = interrupts_->waiting() ? Result<bool>(false) : run_group(clause, round, items);
      if (!whole || !*whole) {
        return whole;
      }
      left_ns_ = rounds_.time_left(revealed_ + 1, judgement);
    }
  }
  return true;
}

Result<Done> CampaignRun::reveal(std::uint32_t round) {
  const Digest link = nonce_link(folder_->last_link, folder_->session.nonce.rounds, round);
  if (auto written = append("round", {{"link", hex(link)}, {"round", round}}); !written) {
    return written;
  }
  revealed_ = round;
  return Done{};
}

/// The last look of clauses that look twice, in a round of its own. False if interrupted.
Result<bool> CampaignRun::look_again() {
  for (std::size_t clause = 0; clause < prepared_.plan.clauses.size(); ++clause) {
    for (const ItemIndex item : rounds_.last_looks(clause)) {
      if (auto whole = look_again_at(clause, item); !whole || !*whole) {
        return whole;
      }
    }
  }
  return true;
}

Result<bool> CampaignRun::look_again_at(std::size_t clause, ItemIndex item) {
  if (!rounds_.is_last_look(revealed_)) {
    if (auto revealed = reveal(revealed_ + 1); !revealed) {
      return revealed.error();
    }
  }
  return interrupts_->waiting() ? Result<bool>(false) : run_group(clause, revealed_, {item});
}

Result<RunOutcome> CampaignRun::run_rounds() {
  std::uint32_t round = std::max<std::uint32_t>(revealed_, 1);
  Judgement judgement = rounds_.judgement();
  while (rounds_.open(judgement) && round <= last_round()) {
    left_ns_ = rounds_.time_left(revealed_ + 1, judgement);
    if (round > revealed_) {
      if (rounds_.must_wait(round, today())) {
        return until_next_day(round);
      }
      if (auto revealed = reveal(round); !revealed) {
        return revealed.error();
      }
    }
    const auto whole = run_round(round, judgement);
    if (!whole || !*whole) {
      return whole ? interrupted() : Result<RunOutcome>(whole.error());
    }
    judgement = rounds_.judgement();
    ++round;
  }
  const auto looked = look_again();
  if (!looked || !*looked) {
    return looked ? interrupted() : Result<RunOutcome>(looked.error());
  }
  const auto attempts = static_cast<std::int64_t>(journal_->next_attempt() - 1);
  if (auto written = append("close", {{"attempts", attempts}}); !written) {
    return written.error();
  }
  return finish(RunOutcome::Finish::complete, "every run of this campaign is done");
}

/// Ends for today; `round` is the first of the day that comes.
Result<RunOutcome> CampaignRun::until_next_day(std::uint32_t round) {
  NextDay next{.day = rounds_.day_of(round),
               .days = prepared_.plan.days,
               .not_before = time_of_day((today() + 1) * k_seconds_per_day)};
  auto outcome = finish(RunOutcome::Finish::next_day,
                        "not complete: day " + std::to_string(rounds_.day_of(round - 1)) + " of " +
                            std::to_string(next.days) + " is done; go on from " + next.not_before +
                            " with --resume");
  if (outcome) {
    outcome->next_day = std::move(next);
  }
  return outcome;
}

Result<RunOutcome> CampaignRun::interrupted() {
  const std::string signal = interrupts_->take();
  if (auto written = append("interrupt", {{"at", now_text()}, {"signal", signal}}); !written) {
    return written.error();
  }
  const bool more = rounds_.open(rounds_.judgement());
  return finish(RunOutcome::Finish::interrupted, sentence_of_interrupt(signal, more));
}

Result<RunOutcome> CampaignRun::run() {
  auto interrupts = Interrupts::watch();
  if (!interrupts) {
    return interrupts.error();
  }
  interrupts_ = std::move(*interrupts);
  launch_.interrupt_fd = interrupts_->descriptor();
  if (auto opened = open(); !opened) {
    return opened.error();
  }
  if (closed_) {
    return finish(RunOutcome::Finish::complete, "this campaign was complete already");
  }
  if (const auto round = rounds_.waiting(revealed_, last_round(), today()); resumes_ && round > 0) {
    return until_next_day(round);
  }
  if (auto said = resumes_ ? append("resume", {{"at", now_text()}}) : Done{}; !said) {
    return said.error();
  }
  const auto tested = selftest();
  if (!tested) {
    return tested.error();
  }
  return *tested ? run_rounds() : interrupted();
}

}  // namespace

Result<RunOutcome> run_campaign(const RunRequest& request, const RunWorld& world,
                                Progress& progress) {
  auto prepared = prepare(request, world);
  if (!prepared) {
    return prepared.error();
  }
  return CampaignRun(request, world, progress, std::move(*prepared)).run();
}

}  // namespace assay
