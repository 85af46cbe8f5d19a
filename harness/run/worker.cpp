#include "harness/run/worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <fstream>
#include <iterator>
#include <utility>

#include "harness/run/device_work.h"
#include "harness/run/lines.h"
#include "harness/run/messages.h"
#include "harness/run/selftest_window.h"

namespace assay {
namespace {

Failed failed_by(const Error& error) {
  // What a backend says of its device is believed; all else is a worker that ended without result.
  const Ending ending = error.code == Error::Code::unsupported ? Ending::unsupported
                        : error.code == Error::Code::device    ? Ending::device_lost
                                                               : Ending::crashed;
  return {.ending = ending, .note = error.message};
}

std::vector<MappedFile> own_files() {
  std::ifstream maps("/proc/self/maps");
  return executable_files(std::string(std::istreambuf_iterator<char>(maps), {}));
}

Result<const Case*> case_of(const WorkerWorld& world, const Job& job) {
  for (const Case& a_case : world.cases) {
    if (a_case.id == job.case_id) {
      return &a_case;
    }
  }
  return Error{Error::Code::unsupported, "this build has no case '" + job.case_id + "'"};
}

/// Runs and checks one product, so that whatever a backend loads late is mapped when the campaign
/// takes down what belongs to this machine. If it fails, the self-test will say so.
void map_libraries(Backend& backend, const Device& device) {
  const auto kernel = selftest_kernel(backend, device, {});
  const std::array<Step, 1> steps{Step{}};
  const std::array<std::uint32_t, 1> full{0};
  if (kernel && (*kernel)->run(steps)) {
    static_cast<void>((*kernel)->check(steps, {}, full));
  }
}

class Worker {
 public:
  Worker(const WorkerWorld& world, int in, int out) : world_(world), in_(in), out_(out) {}

  Answer answer() {
    const auto line = read_one();
    if (!line) {
      return failed_by(line.error());
    }
    auto job = read_job(*line);
    if (!job) {
      return failed_by(job.error());
    }
    auto answer = job->kind == Job::Kind::measure ? measure(*job)
                  : job->kind == Job::Kind::find  ? find(*job)
                                                  : selftest(*job);
    return answer ? std::move(*answer) : Answer(failed_by(answer.error()));
  }

 private:
  Result<std::string> read_one() {
    while (true) {
      if (auto line = buffer_.next()) {
        return std::move(*line);
      }
      if (!buffer_.fill_from(in_)) {
        return Error{Error::Code::io, "the controller is gone"};
      }
    }
  }

  /// Says that all is prepared, and waits for the start.
  Result<Go> ready(const Ready& what) {
    if (!write_line(out_, write_answer(what))) {
      return Error{Error::Code::io, "the controller is gone"};
    }
    const auto line = read_one();
    return line ? read_go(*line) : Result<Go>(line.error());
  }

  Result<const LoadedBackend*> backend_named(const std::string& name) {
    for (const auto& known : world_.backends) {
      if (known.backend->name() == name) {
        return &known;
      }
    }
    if (!world_.load) {
      return Error{Error::Code::unsupported, "this build has no backend '" + name + "'"};
    }
    auto loaded = world_.load(name);
    if (!loaded) {
      return loaded.error();
    }
    loaded_ = std::move(*loaded);
    return &loaded_;
  }

  Result<Answer> measure(Job& job) {
    const auto found = backend_named(job.backend);
    if (!found) {
      return found.error();
    }
    Backend& backend = *(*found)->backend;
    const auto device = device_named(backend, job.device);
    if (!device) {
      return device.error();
    }
    const auto a_case = case_of(world_, job);
    if (!a_case) {
      return a_case.error();
    }
    auto kernel =
        prepare_kernel(backend, *device, **a_case, job.params,
                       {.link = job.window.link, .clause = job.window.clause, .round = job.round});
    if (!kernel) {
      return kernel.error();
    }
    Probe& probe = probe_of(backend, *device);
    Readings before = probe.read();  // of a GPU it takes too long for what a common start allows
    const auto go = ready({.device = *device,
                           .ran = (*kernel)->ran(),
                           .dimension = (*kernel)->dimension(),
                           .work_per_step = (*kernel)->work_per_step(),
                           .mark = (*found)->mark,
                           .files = own_files()});
    if (!go) {
      return go.error();
    }
    job.window.start_utc_ns = go->start_utc_ns;
    for (auto& [name, reading] : world_.probe->read()) {
      before[name] = reading;
    }
    auto window = run_window(**kernel, *world_.clock, probe, job.window);
    if (!window) {
      return window.error();
    }
    return Answer(
        Measured{.window = std::move(*window), .readings = window_readings(before, probe.read())});
  }

  /// What shows the device that is measured. Made before `ready`, so that the files it maps are
  /// among those that are said to be.
  Probe& probe_of(const Backend& backend, const Device& device) {
    probe_ = make_device_probe(*world_.probe, backend, device);
    return probe_ ? *probe_ : *world_.probe;
  }

  Result<Answer> find(const Job& job) {
    const auto a_case = case_of(world_, job);
    if (!a_case) {
      return a_case.error();
    }
    if (!finds(**a_case) || world_.inventory == nullptr) {
      return Error{Error::Code::unsupported,
                   "this worker can't find what " + job.case_id + " asks"};
    }
    if (const auto go = ready({.device = {}, .ran = {}, .files = own_files()}); !go) {
      return go.error();
    }
    auto facts = world_.inventory->find(job.find);
    return facts ? Result<Answer>(FoundFacts{std::move(*facts)}) : Result<Answer>(facts.error());
  }

  Result<Answer> selftest(const Job& job) {
    const auto found = backend_named(job.backend);
    if (!found) {
      return found.error();
    }
    Backend& backend = *(*found)->backend;
    const auto device = device_named(backend, job.device);
    if (!device) {
      return device.error();
    }
    map_libraries(backend, *device);
    static_cast<void>(probe_of(backend, *device));  // maps its library, and then has to be quiet
    probe_.reset();
    if (const auto go =
            ready({.device = *device, .ran = {}, .mark = (*found)->mark, .files = own_files()});
        !go) {
      return go.error();
    }
    return Answer(run_selftest(backend, *device, job.selftest));
  }

  const WorkerWorld& world_;
  int in_;
  int out_;
  LineBuffer buffer_;
  LoadedBackend loaded_;
  std::unique_ptr<Probe> probe_;
};

}  // namespace

int worker_main(const WorkerWorld& world, int in, int out) {
  const Answer answer = Worker(world, in, out).answer();
  return write_line(out, write_answer(answer)) ? 0 : 1;
}

int worker_on_standard_streams(const WorkerWorld& world) {
  // Libraries print where they like; only answers may go to the controller.
  const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (out < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return 1;
  }
  return worker_main(world, STDIN_FILENO, out);
}

}  // namespace assay
