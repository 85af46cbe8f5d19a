// A Slurm of its own on this machine (cluster.sh), gone with this object and with its process.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/environment.h"
#include "harness/run/mpirun_command.h"

namespace assay::testing_doubles {

class SlurmCluster {
 public:
  /// What keeps one from being here, in a sentence; "": nothing.
  static std::string missing() {
    for (const char* program : {"munged", "slurmctld", "slurmd", "srun", "salloc", "mpirun"}) {
      if (program_on_path(program, with_administrators_path()).empty()) {
        return std::string("there is no ") + program +
               " here (in Debian: munge, slurmctld, slurmd, slurm-client, openmpi-bin)";
      }
    }
    return "";
  }

  /// `has_host_elsewhere`: the last node is another host, as far as a rank can tell.
  SlurmCluster(int nodes, bool has_host_elsewhere) {
    std::string made = "/tmp/assay-slurm-XXXXXX";
    folder_ = ::mkdtemp(made.data());
    if (has_host_elsewhere) {
      std::ofstream(folder_ + "/elsewhere") << "\n";
    }
    std::string command = "exec " + std::string(k_script) + " up " + folder_;
    for (const int port : free_ports(nodes + 1)) {
      command += " " + std::to_string(port);
    }
    start(command);
  }
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;
  ~SlurmCluster() {
    ::close(life_);
    ::waitpid(process_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] bool is_there() const { return there_; }
  [[nodiscard]] std::string configuration() const { return folder_ + "/slurm.conf"; }
  /// Makes this process's environment that of a job on all nodes, started on the first.
  void enter_allocation(int nodes) const {
    for (const auto& [name, value] : own_environment()) {
      if (name.starts_with("SLURM")) {
        ::unsetenv(name.c_str());  // of a job that the test itself may be in
      }
    }
    ::setenv("SLURM_CONF", configuration().c_str(), 1);
    const std::string count = std::to_string(nodes);
    const std::string said = said_by("salloc --no-shell -N" + count + " --ntasks-per-node=4 2>&1");
    const std::size_t number = said.find_last_not_of(" \n");
    ASSERT_NE(said.find("Granted job allocation "), std::string::npos) << said;
    ::setenv("SLURM_JOB_ID",
             said.substr(said.rfind(' ', number) + 1, number - said.rfind(' ', number)).c_str(), 1);
    ::setenv("SLURMD_NODENAME", "n1", 1);
  }
  void crash(const std::string& node) const {
    said_by(std::string(k_script) + " crash " + folder_ + " " + node);
  }

  static std::string said_by(const std::string& command) {
    std::string said;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      said += static_cast<char>(c);
    }
    ::pclose(pipe);
    return said;
  }

 private:
  static constexpr const char* k_script = ASSAY_SOURCE_DIR "/tests/doubles/slurm/cluster.sh";

  /// Debian's daemons are in /usr/sbin, which a user's PATH lacks.
  static Environment with_administrators_path() {
    Environment environment = own_environment();
    environment["PATH"] += ":/usr/sbin:/sbin";
    return environment;
  }

  /// Of loopback, free a moment ago.
  static std::vector<int> free_ports(int count) {
    std::vector<int> ports;
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      void* const where = &address;
      EXPECT_EQ(::bind(socket, static_cast<sockaddr*>(where), size), 0);
      EXPECT_EQ(::getsockname(socket, static_cast<sockaddr*>(where), &size), 0);
      ports.push_back(ntohs(address.sin_port));
      sockets.push_back(socket);
    }
    for (const int socket : sockets) {
      ::close(socket);
    }
    return ports;
  }

  void start(const std::string& command) {
    std::array<int, 2> life{};
    std::array<int, 2> said{};
    ASSERT_EQ(::pipe2(life.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(said.data(), O_CLOEXEC), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(life[0], STDIN_FILENO);
      ::dup2(said[1], STDOUT_FILENO);
      ::setenv("PATH", with_administrators_path()["PATH"].c_str(), 1);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(life[0]);
    ::close(said[1]);
    life_ = life[1];
    std::array<char, 5> word{};
    there_ = ::read(said[0], word.data(), word.size()) == 5;
    ::close(said[0]);
  }

  std::string folder_;
  pid_t process_ = -1;
  int life_ = -1;
  bool there_ = false;
};

}  // namespace assay::testing_doubles
