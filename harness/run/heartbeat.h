// Signs of life of a process that computes for long, for whoever waits for its answer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace assay {

/// Beats once a period, from a thread of its own, while somebody says that the process computes and
/// its processor time goes on: by a hundredth of the period, or more. A process that is stopped,
/// sleeps or waits for others, polling, does not beat. Nothing tells one that computes for ever: it
/// goes on beating, and its caller has a deadline.
class Heartbeat {
 public:
  Heartbeat(std::function<void()> beat, std::int64_t period_ns);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat();

  /// Says so as long as it lives. Costs no more than two stores.
  class Computing {
   public:
    explicit Computing(Heartbeat& heartbeat) : computes_(heartbeat.computes_) { computes_ = true; }
    Computing(const Computing&) = delete;
    Computing& operator=(const Computing&) = delete;
    ~Computing() { computes_ = false; }

   private:
    std::atomic<bool>& computes_;
  };

 private:
  void watch();

  std::function<void()> beat_;
  std::int64_t period_ns_;
  std::atomic<bool> computes_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace assay
