// What a contract asks for, worked out: every run with its time and bytes, before anything runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/natural.h"
#include "harness/run/case.h"

namespace assay {

/// One clause with its case resolved. Times and bytes are those of the whole campaign if every
/// look is needed; they are upper bounds, but for start costs and verification in the background.
struct PlannedClause {
  std::string id;
  std::string case_id;
  Params params;  ///< Complete: fallbacks filled in.
  Dimension dimension = Dimension::count;
  std::optional<Natural> work_per_step;  ///< None where the machine decides it.
  Scope scope = Scope::each_node;
  Concurrency concurrent = Concurrency::unstated;
  Rule rule = Rule::sign_1_5_9;
  bool on_host = false;              ///< Served by the host's backend, see Case.
  bool repeats_wrong_step = false;   ///< The first of a run, there and on a neighbour.
  bool looks_twice = false;          ///< Before the first run, and in a round after the last.
  std::uint64_t items = 0;           ///< Judged.
  std::uint64_t allowance = 0;       ///< Of these, how many may be replaced within the remedy.
  std::uint64_t parts = 0;           ///< Measured: more than `items` for the scope system.
  std::uint32_t first_look = 1;      ///< Runs until the earliest verdict.
  std::uint32_t runs = 1;            ///< Runs until the last look: the budget.
  std::uint64_t guard_band_ppb = 0;  ///< By which a run must exceed its limit; 0 without a limit.
  Natural device_bytes = 0;          ///< Of memory, at least; 0: the machine's caches decide.
  Natural soak_ns = 0;
  Natural window_ns = 0;
  Natural block_ns = 0;       ///< Shortest block; 0 without a window.
  Natural blocks = 0;         ///< Of one window, at most.
  Natural first_look_ns = 0;  ///< Soaks and windows until the first look, one after the other.
  Natural total_ns = 0;       ///< Until the last.
  Natural attempts = 0;       ///< Records in all journals together.
  Natural bytes = 0;          ///< Of journals and blobs.
};

/// The runs with this number of every clause that still needs one.
struct PlannedRound {
  std::uint32_t round = 1;  ///< From 1; the nonce link it uses unless something is repeated.
  std::uint32_t look = 1;   ///< From 1: the look this run is for.
  std::uint32_t day = 0;    ///< Day of the look, from 0.
};

struct Plan {
  std::string contract;  ///< Its id.
  Purpose purpose = Purpose::demonstration;
  std::uint32_t days = 1;
  std::uint64_t nodes = 0;
  std::uint64_t items = 0;
  std::vector<PlannedClause> clauses;  ///< In the contract's order.
  std::vector<PlannedRound> rounds;
  std::uint32_t nonce_links = 0;  ///< Rounds, and again for every replacement or excuse allowed.
  Natural first_look_ns = 0, total_ns = 0, attempts = 0, bytes = 0;
  std::vector<std::string> warnings;  ///< Each one sentence with its place.
};

/// Resolves every clause. Refuses, with the place, an unknown case or parameter, a limit of another
/// dimension than the case gives, a scope or rule the case does not offer, and a run that the GPUs'
/// memory can't hold.
/// Precondition: validate(contract). Fails with bad_input.
[[nodiscard]] Result<Plan> make_plan(const Contract& contract, const std::vector<Case>& cases);

/// Whether a round of its own comes after the last run, in which clauses look a second time.
[[nodiscard]] bool has_last_look(const Plan& plan);

/// Whether any clause is run by ranks beside the worker.
[[nodiscard]] bool has_collectives(const Plan& plan);
/// Whether any clause has fio move files.
[[nodiscard]] bool has_fio(const Plan& plan);
/// Whether any clause has files go into or out of a GPU's memory.
[[nodiscard]] bool has_gpu_files(const Plan& plan);

/// Indices of the clauses as a round runs them: those that find what is there before those that
/// measure, which could change it; else in the contract's order.
[[nodiscard]] std::vector<std::size_t> run_order(const Plan& plan);

/// What one step of each clause is, where no machine decides it.
[[nodiscard]] std::map<std::string, Natural> work_per_step_of(const Plan& plan);

/// What a reader should think about before signing: limits that are implied by others or out of
/// reach, campaigns too short to see a difference between days, fleets without a remedy.
[[nodiscard]] std::vector<std::string> warnings_of(const Contract& contract, const Plan& plan);

/// Canonical JSON, integers and words only: its SHA-256 is the same on every machine. Warnings and
/// risks are not in it, since their wording may improve.
[[nodiscard]] std::string plan_json(const Plan& plan);

}  // namespace assay
