// What the programs tell the shell. The table is part of the interface: docs and scripts rely on
// it.
#pragma once

#include "harness/model/judge.h"
#include "harness/model/result.h"

namespace assay {

inline constexpr int k_exit_ok = 0;            ///< Accepted; limits met; done.
inline constexpr int k_exit_rejected = 1;      ///< A mandatory clause is rejected.
inline constexpr int k_exit_not_accepted = 2;  ///< Neither accepted nor rejected.
inline constexpr int k_exit_usage = 64;
inline constexpr int k_exit_bad_input = 65;
inline constexpr int k_exit_bug = 70;
inline constexpr int k_exit_io = 74;
inline constexpr int k_exit_interrupted = 130;

[[nodiscard]] int exit_code_of(const Error& error);
[[nodiscard]] int exit_code_of(Decision decision);

}  // namespace assay
