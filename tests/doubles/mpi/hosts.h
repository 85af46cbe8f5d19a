// Hosts with links and clocks of their own, on one machine (namespaces.sh).
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "harness/run/rank_job.h"

namespace assay::testing_doubles {

/// Three hosts with links of their own, in namespaces; gone with this object.
class Hosts {
 public:
  static constexpr std::uint32_t k_count = 3;

  /// `plain`: what starts ranks on this one.
  explicit Hosts(RankLaunch plain)
      : plain_(std::move(plain)), there_(tell("up " + name_ + " 3") == 0) {
    std::ofstream file(launcher());
    file << "#!/bin/sh\nexec " << k_script << " launch " << name_ << " 3 " << plain_.launcher
         << " \"$@\"\n";
    file.close();
    std::filesystem::permissions(launcher(), std::filesystem::perms::owner_all);
  }
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;
  ~Hosts() {
    tell("down " + name_ + " 3");
    std::filesystem::remove(launcher());
  }

  [[nodiscard]] bool are_there() const { return there_; }
  void shape(int host, const std::string& rate) {
    EXPECT_EQ(tell("slow " + name_ + " " + std::to_string(host) + " " + rate), 0);
  }
  /// Of each frame to or from a host.
  struct Distance {
    std::uint32_t delay_us;
    std::uint32_t loss_ppm;
  };
  /// `program`: far_link.cpp.
  void move_away(int host, const Distance& distance, const std::string& program) {
    EXPECT_EQ(
        tell("far " + name_ + " " + std::to_string(host) + " " + std::to_string(distance.delay_us) +
             " " + std::to_string(distance.loss_ppm) + " " + program),
        0);
  }
  void cut(int host) { EXPECT_EQ(tell("cut " + name_ + " " + std::to_string(host)), 0); }
  [[nodiscard]] RankLaunch launch() const {
    RankLaunch launch = plain_;
    launch.launcher = launcher();
    return launch;
  }

 private:
  static constexpr const char* k_script = ASSAY_SOURCE_DIR "/tests/doubles/mpi/namespaces.sh";

  static int tell(const std::string& what) {
    const std::string command = std::string(k_script) + " " + what + " >/dev/null 2>&1";
    return std::system(command.c_str());
  }
  [[nodiscard]] std::string launcher() const { return "/tmp/" + name_ + "-mpirun"; }

  std::string name_ = "assay" + std::to_string(::getpid()) + "n";
  RankLaunch plain_;
  bool there_;
};

}  // namespace assay::testing_doubles
