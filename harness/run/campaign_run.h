// A campaign from contract to report: rounds of runs until every clause is decided.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/judge.h"
#include "harness/model/result.h"
#include "harness/run/case.h"
#include "harness/run/clock.h"
#include "harness/run/environment.h"
#include "harness/run/machine.h"

namespace assay {

struct RunRequest {
  std::string contract_bytes;
  std::string folder;
  std::string backend = "host";
  std::string nonce_file;  ///< The last link of the buyer's chain in hex, 0600; "": drawn here.
  std::vector<std::string> marks;  ///< "simulated", ...: stand in the session.
  std::string recording;  ///< File of a recorded machine that the workers replay; "": none.
  std::string scratch;    ///< Directory for the files that are written and read; "": in the folder.
  bool resume = false;
};

/// The outside of a campaign.
struct RunWorld {
  std::vector<Case> cases;
  std::vector<std::string> worker{"/proc/self/exe", "worker"};  ///< Command of a worker.
  Environment environment;                                      ///< own_environment().
  Clock* clock = nullptr;  ///< For the days of runs and the times in the journal.
  std::function<Json::Object(const Device&)> inventory = machine_inventory;  ///< Of this machine.
  std::int64_t prepare_ns = 600'000'000'000;
  std::int64_t grace_ns = 30'000'000'000;
};

struct ProgressEvent {
  enum class Kind { selftest, selftest_done, attempt, tick, attempt_done };
  Kind kind = Kind::tick;
  std::string clause, item;
  std::uint32_t round = 0;      ///< Of this run,
  std::uint32_t rounds = 0;     ///< and of the next look.
  std::int64_t elapsed_ns = 0;  ///< Of the campaign, in this process.
  std::int64_t left_ns = 0;     ///< To the next look of every open clause, about.
  std::string ending;  ///< attempt_done: how it ended; selftest_done: "passed" or "failed".
  std::string note;
};

class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  virtual ~Progress() = default;
  virtual void event(const ProgressEvent& event) = 0;
};

/// When a campaign goes on that has done all it may do today.
struct NextDay {
  std::uint32_t day = 1, days = 1;  ///< The day that comes, from 1, and how many there are.
  std::string not_before;           ///< Time of day (UTC) when it begins.
};

struct RunOutcome {
  enum class Finish { complete, next_day, interrupted };
  Finish finish = Finish::complete;
  std::optional<NextDay> next_day;  ///< With Finish::next_day, and only then.
  Judgement judgement;              ///< Of what was measured so far.
  std::vector<std::string> marks;   ///< Of the evidence.
  std::string sentence;             ///< For people: what was done and how to go on.
};

/// Runs or resumes a campaign and writes its report. Fails with bad_input before anything is
/// written if contract, environment or folder are not fit, and with io if the disk is not.
[[nodiscard]] Result<RunOutcome> run_campaign(const RunRequest& request, const RunWorld& world,
                                              Progress& progress);

}  // namespace assay
