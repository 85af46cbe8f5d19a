// A child process with pipes on its standard streams; killed and reaped with this object.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "harness/run/environment.h"

namespace assay {

class Process {
 public:
  /// Starts `command` with exactly this environment, in a process group of its own. It is killed
  /// when the thread that started it ends, however that ends.
  static Result<std::unique_ptr<Process>> start(const std::vector<std::string>& command,
                                                const Environment& environment);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] int input() const { return input_; }    ///< Written by us.
  [[nodiscard]] int output() const { return output_; }  ///< Read by us.
  [[nodiscard]] int errors() const { return errors_; }  ///< Read by us; does not block.

  [[nodiscard]] pid_t number() const { return pid_; }
  /// Whether it has ended; it is reaped by wait() alone.
  [[nodiscard]] bool has_ended() const;

  void kill() const;
  /// Waits for the end, killing it after `limit_ms`; says how it ended: "exited with status 1".
  std::string wait(int limit_ms);

 private:
  Process() = default;

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
};

}  // namespace assay
