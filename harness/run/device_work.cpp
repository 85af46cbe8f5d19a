#include "harness/run/device_work.h"

#include <utility>
#include <vector>

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
                                               const OperandDraw& draw) {
  if (finds(a_case)) {
    return Error{Error::Code::bad_input, std::string(a_case.id) + " measures nothing"};
  }
  const auto problem = a_case.problem(params);
  if (!problem) {
    return problem.error();
  }
  const std::vector<std::string> parts{draw.clause, std::to_string(draw.round)};
  auto kernel = backend.prepare(*problem, device, derive(draw.link, "operands", parts));
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
