#include "harness/run/device_work.h"

#include <utility>

#include "reports/operand_seed.h"

namespace assay {
namespace {

/// A kernel that does another problem than the case's would be refused with its whole journal.
Result<Done> check_work(const Case& a_case, const Params& params, const Kernel& kernel) {
  const auto asked = work_per_step(a_case, params);
  if (!asked || *asked == kernel.work_per_step()) {
    return Done{};
  }
  return Error{Error::Code::bad_input, "the kernel counts " + to_decimal(kernel.work_per_step()) +
                                           " a step, but " + std::string(a_case.id) + " is " +
                                           to_decimal(*asked)};
}

}  // namespace

Result<Device> device_named(Backend& backend, const std::string& id) {
  auto devices = backend.devices();
  if (!devices) {
    return devices.error();
  }
  for (Device& device : *devices) {
    if (id.empty() || device.id == id) {
      return std::move(device);
    }
  }
  return Error{Error::Code::unsupported, "backend " + std::string(backend.name()) +
                                             " has no device" +
                                             (id.empty() ? "" : " '" + id + "'") + " here"};
}

Result<std::unique_ptr<Kernel>> prepare_kernel(Backend& backend, const Device& device,
                                               const Case& a_case, const Params& params,
                                               const KernelRun& run) {
  if (finds(a_case)) {
    return Error{Error::Code::bad_input, std::string(a_case.id) + " measures nothing"};
  }
  auto problem = a_case.problem(params);
  if (!problem) {
    return problem.error();
  }
  if (auto* const files = std::get_if<StorageProblem>(&*problem)) {
    files->directory = run.scratch;
  }
  auto kernel = backend.prepare(*problem, device, operand_seed(run.link, run.clause, run.round));
  if (!kernel) {
    return kernel;
  }
  if (auto same = check_work(a_case, params, **kernel); !same) {
    return same.error();
  }
  return kernel;
}

std::unique_ptr<Probe> make_device_probe(Probe& host, const Backend& backend,
                                         const Device& device) {
  const std::string library = backend.management_library();
  return library.empty() ? nullptr : make_gpu_probe(host, library, device.serial);
}

}  // namespace assay
