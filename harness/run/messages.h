// What controller and worker say to each other: one canonical JSON object a line. The worker gets a
// job, answers `ready`, waits for `go`, and answers with what it measured, or why it didn't.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/run/gpu_inventory.h"
#include "harness/run/objects.h"
#include "harness/run/probe.h"
#include "harness/run/repeat.h"
#include "harness/run/selftest.h"
#include "harness/run/window.h"
#include "kernels/backend.h"
#include "reports/json.h"

namespace assay {

struct Job {
  enum class Kind { measure, find, selftest, repeat };
  Kind kind = Kind::measure;
  std::string backend;
  std::string device;  ///< Device::id; "" is the first one.
  std::string case_id;
  Params params;        ///< Completed.
  std::string scratch;  ///< Directory for the files of cases that need some; "": none was named.
  std::uint32_t round = 0;
  WindowPlan window;
  SelftestPlan selftest;  ///< For Kind::selftest.
  InventoryRequest find;  ///< For Kind::find.
  RepeatPlan repeat;      ///< For Kind::repeat, of the clause, round and attempt of `window`.
};

/// The problem is prepared; nothing was run yet.
struct Ready {
  Device device;
  Ran ran;
  Dimension dimension = Dimension::count;
  Natural work_per_step = 0;
  std::string mark;  ///< Of the backend: "", or "emulated".
  std::vector<MappedFile> files;
};

struct Go {
  std::int64_t start_utc_ns = 0;
};

struct Measured {
  WindowResult window;
  Readings readings;
};

/// What is there.
struct FoundFacts {
  MachineFacts facts;
};

/// Why there is no window.
struct Failed {
  Ending ending = Ending::crashed;
  std::string note;
};

using Answer = std::variant<Ready, Measured, FoundFacts, SelftestResult, Repeated, Failed>;

[[nodiscard]] std::string write_job(const Job& job);
[[nodiscard]] Result<Job> read_job(std::string_view line);
[[nodiscard]] std::string write_go(const Go& go);
[[nodiscard]] Result<Go> read_go(std::string_view line);
[[nodiscard]] std::string write_answer(const Answer& answer);
[[nodiscard]] Result<Answer> read_answer(std::string_view line);

// Parts that stand in the journal, too.
[[nodiscard]] Json::Object json_of(const Ran& ran);
[[nodiscard]] Json::Array json_of(const SelftestResult& result);
/// null if nothing differed.
[[nodiscard]] Json json_of(const std::optional<BlockMismatch>& first);

}  // namespace assay
