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
#include "harness/run/fio_job.h"
#include "harness/run/lines.h"
#include "harness/run/messages.h"
#include "harness/run/selftest_window.h"

namespace assay {
namespace {

Failed failed_by(const Error& error) {
  // What a backend says of its device is believed; all else is a worker that ended without result.
  const Ending ending = error.code == Error::Code::unsupported     ? Ending::unsupported
                        : error.code == Error::Code::device        ? Ending::device_lost
                        : error.code == Error::Code::timeout       ? Ending::hung
                        : error.code == Error::Code::not_witnessed ? Ending::unwitnessed
                                                                   : Ending::crashed;
  return {.ending = ending, .note = error.message};
}

/// What this process and those that work for it run.
std::vector<MappedFile> files_of(const std::vector<std::int32_t>& processes) {
  std::string maps;
  std::vector<std::string> names{"self"};
  for (const std::int32_t process : processes) {
    names.push_back(std::to_string(process));
  }
  for (const std::string& name : names) {
    std::ifstream file("/proc/" + name + "/maps");
    maps.append(std::istreambuf_iterator<char>(file), {});
  }
  return executable_files(maps);
}

std::vector<MappedFile> own_files() {
  return files_of({});
}

Result<const Case*> case_of(const WorkerWorld& world, const Job& job) {
  for (const Case& a_case : world.cases) {
    if (a_case.id == job.case_id) {
      return &a_case;
    }
  }
  return Error{Error::Code::unsupported, "this build has no case '" + job.case_id + "'"};
}

/// Moves a small file into the device's memory, so that what that takes is mapped.
void map_gpu_files(const Job& job, Backend& backend, const Device& device) {
  constexpr std::uint64_t k_bytes = std::uint64_t{1} << 20U;
  const auto kernel = backend.prepare(StorageProblem{.op = StorageProblem::Op::read,
                                                     .engine = StorageProblem::Engine::gpu,
                                                     .file_bytes = k_bytes,
                                                     .extent_bytes = k_bytes,
                                                     .request_bytes = k_bytes,
                                                     .directory = job.scratch},
                                      device, {});
  const std::array<Step, 1> steps{Step{}};
  static_cast<void>(kernel && (*kernel)->run(steps));
}

/// Those of the ranks of a small collective, too, if the campaign has any, fio, and what moves
/// files into a GPU's memory: what they map belongs to this machine. If they can't be started, the
/// runs will say so.
std::vector<MappedFile> selftest_files(const Job& job, Backend& backend, const Device& device) {
  const auto fio = job.selftest.has_fio ? FioProgram{}.mapped()
                                        : Result<std::shared_ptr<void>>(std::shared_ptr<void>());
  if (job.selftest.has_gpu_files) {
    map_gpu_files(job, backend, device);
  }
  if (!job.selftest.has_collectives) {
    return own_files();
  }
  const auto kernel = backend.prepare(CollectiveProblem{.bytes = 64, .ranks = 2}, device, {});
  const std::array<Step, 1> steps{Step{}};
  const bool ran = kernel && (*kernel)->run(steps);
  return ran ? files_of((*kernel)->processes()) : own_files();
}

/// Runs and checks one product, so that whatever a backend loads late is mapped when the campaign
/// takes down what belongs to this machine. If it fails, the self-test will say so; only where the
/// device can do nothing at all is there none, and the runs say why, each for its clause.
Result<Done> map_libraries(Backend& backend, const Device& device) {
  const auto kernel = selftest_kernel(backend, device, {});
  if (!kernel && kernel.error().code == Error::Code::unsupported) {
    return kernel.error();
  }
  const std::array<Step, 1> steps{Step{}};
  const std::array<std::uint32_t, 1> full{0};
  if (kernel && (*kernel)->run(steps)) {
    static_cast<void>((*kernel)->check(steps, {}, full));
  }
  return Done{};
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
    auto answer = answer_to(*job);
    return answer ? std::move(*answer) : Answer(failed_by(answer.error()));
  }

 private:
  Result<Answer> answer_to(Job& job) {
    switch (job.kind) {
      case Job::Kind::measure: return measure(job);
      case Job::Kind::find: return find(job);
      case Job::Kind::selftest: return selftest(job);
      case Job::Kind::repeat: return repeat(job);
    }
    return Error{Error::Code::bad_input, "a job of no kind"};
  }

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

  /// What a job on a case needs: a kernel with the operands of its round, on its device.
  struct OnDevice {
    const LoadedBackend* loaded = nullptr;
    Device device;
    std::unique_ptr<Kernel> kernel;
  };
  Result<OnDevice> prepare(const Job& job) {
    const auto found = backend_named(job.backend);
    if (!found) {
      return found.error();
    }
    auto device = device_named(*(*found)->backend, job.device);
    if (!device) {
      return device.error();
    }
    const auto a_case = case_of(world_, job);
    if (!a_case) {
      return a_case.error();
    }
    auto kernel = prepare_kernel(*(*found)->backend, *device, **a_case, job.params,
                                 {.link = job.window.link,
                                  .clause = job.window.clause,
                                  .round = job.round,
                                  .scratch = job.scratch});
    if (!kernel) {
      return kernel.error();
    }
    return OnDevice{*found, std::move(*device), std::move(*kernel)};
  }

  Result<Go> ready_on(const OnDevice& on) {
    return ready(Ready{.device = on.device,
                       .ran = on.kernel->ran(),
                       .dimension = on.kernel->dimension(),
                       .work_per_step = on.kernel->work_per_step(),
                       .mark = on.loaded->mark,
                       .files = files_of(on.kernel->processes())});
  }

  Result<Answer> measure(Job& job) {
    const auto on = prepare(job);
    if (!on) {
      return on.error();
    }
    Probe& probe = probe_of(*on->loaded->backend, on->device);
    Readings before = probe.read();  // of a GPU it takes too long for what a common start allows
    const auto go = ready_on(*on);
    if (!go) {
      return go.error();
    }
    job.window.start_utc_ns = go->start_utc_ns;
    for (auto& [name, reading] : world_.probe->read()) {
      before[name] = reading;
    }
    auto window = run_window(*on->kernel, *world_.clock, probe, job.window);
    if (!window) {
      return window.error();
    }
    auto readings = readings_after(*on->kernel, window_readings(before, probe.read()));
    if (!readings) {
      return readings.error();
    }
    return Answer(Measured{.window = std::move(*window), .readings = std::move(*readings)});
  }

  /// Those of the machine, and what the kernel saw.
  static Result<Readings> readings_after(Kernel& kernel, Readings readings) {
    auto notes = kernel.notes();
    if (!notes) {
      return notes.error();
    }
    for (Noted& note : *notes) {
      readings[note.name] = {.value = note.value, .reason = std::move(note.reason)};
    }
    return readings;
  }

  Result<Answer> repeat(const Job& job) {
    const auto on = prepare(job);
    if (!on) {
      return on.error();
    }
    if (const auto go = ready_on(*on); !go) {
      return go.error();
    }
    auto repeated = repeat_step(*on->kernel, *world_.clock, job.repeat, job.window.link);
    return repeated ? Result<Answer>(std::move(*repeated)) : Result<Answer>(repeated.error());
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
    if (const auto able = map_libraries(backend, *device); !able) {
      return able.error();
    }
    static_cast<void>(probe_of(backend, *device));  // maps its library, and then has to be quiet
    probe_.reset();
    if (const auto go = ready({.device = *device,
                               .ran = {},
                               .mark = (*found)->mark,
                               .files = selftest_files(job, backend, *device)});
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
