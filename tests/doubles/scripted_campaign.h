// Whole campaigns of the scripted device, for tests of what becomes of them.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "harness/run/campaign_run.h"
#include "harness/run/clock.h"

namespace assay {

/// A campaign of the scripted device. With the default script it does 1e6 bytes per 5 ms.
struct Made {
  std::string rule = "1-5-9";
  std::string limit = "0.08 GB/s";
  std::string plausible = "0.24 GB/s";
  std::string window = "0.1 s";
  std::string params = "{}";
  int days = 1;
  int nodes = 1;
  bool two_clauses = false;
};

[[nodiscard]] std::string contract_of(const Made& made);

/// The system's clock, moved by whole days and, so that no test hangs on the hour, to noon (UTC).
class OtherDays final : public Clock {
 public:
  std::int64_t now_ns() override { return system_clock().now_ns(); }
  std::int64_t witness_ns() override { return system_clock().witness_ns(); }
  std::int64_t utc_ns() override { return system_clock().utc_ns() + ahead_ns(); }
  void sleep_until_utc(std::int64_t utc_ns) override {
    system_clock().sleep_until_utc(utc_ns - ahead_ns());
  }
  void begin_at_noon() { shift_ns = k_day_ns / 2 - system_clock().utc_ns() % k_day_ns; }
  [[nodiscard]] std::int64_t ahead_ns() const { return days * k_day_ns + shift_ns; }
  static constexpr std::int64_t k_day_ns = 86'400'000'000'000;
  std::int64_t days = 0, shift_ns = 0;
};

/// Its workers are this test program, called with "worker", the script and how far the clock is
/// ahead, in ns.
[[nodiscard]] RunWorld world_with(const std::string& script, OtherDays& clock);

/// The exit status of such a worker. The script "garbage" answers with a sentence instead.
[[nodiscard]] int be_scripted_worker(const std::string& script, const std::string& ahead_ns);

class Silent final : public Progress {
 public:
  void event(const ProgressEvent& event) override { kinds.insert(event.kind); }
  std::set<ProgressEvent::Kind> kinds;
};

}  // namespace assay
