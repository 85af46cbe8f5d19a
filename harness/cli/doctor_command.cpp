// assay doctor: what this machine can measure, what not, and why.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <ostream>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/cli/doctor_gpus.h"
#include "harness/cli/doctor_questions.h"
#include "harness/cli/exit_code.h"
#include "harness/run/case.h"
#include "harness/run/environment.h"
#include "harness/run/gpu_inventory.h"
#include "harness/run/mpirun_command.h"
#include "harness/run/probe.h"
#include "harness/run/ranked_backend.h"
#include "kernels/module.h"
#include "reports/json.h"

namespace assay {
namespace {

struct Diagnosis {
  std::vector<Device> devices;
  std::vector<Ability> abilities;
  std::vector<Device> gpus;
  std::string no_gpus;                   ///< Why there are none; "" if there are.
  std::vector<VendorLibrary> libraries;  ///< That the GPU backend would load.
  Readings readings;
  std::string environment;  ///< "" if a run would start, else why it would be refused.
  Result<MachineFacts> machine = Error{};
};

void append(std::vector<Ability>& abilities, std::vector<Ability> more) {
  std::move(more.begin(), more.end(), std::back_inserter(abilities));
}

/// The GPUs of a node are taken to be of one kind: the first one is asked.
void look_for_gpus(Diagnosis& diagnosis, const std::string& module) {
  const auto cuda = load_ranked_backend("cuda", module, {});
  if (cuda) {
    diagnosis.libraries = cuda->backend->libraries();
  }
  auto devices = cuda ? cuda->backend->devices() : Result<std::vector<Device>>(cuda.error());
  if (devices && !devices->empty()) {
    diagnosis.gpus = *std::move(devices);
    append(diagnosis.abilities, abilities_of(*cuda->backend, diagnosis.gpus.front()));
  } else {
    diagnosis.no_gpus = devices ? "no GPU" : devices.error().message;
  }
}

Result<Diagnosis> diagnose(const std::string& module) {
  Diagnosis diagnosis;
  const auto host = make_ranked_host_backend({.launcher = mpirun_of(own_environment())});
  auto devices = host->devices();
  if (!devices) {
    return devices.error();
  }
  diagnosis.devices = *std::move(devices);
  append(diagnosis.abilities, abilities_of(*host, diagnosis.devices.front()));
  look_for_gpus(diagnosis, module);
  diagnosis.machine = make_machine_inventory()->find({.gpu = {}, .needs_gpus = true});
  diagnosis.readings = make_host_probe()->read();
  const auto allowed = worker_environment(own_environment(), usable_cores());
  diagnosis.environment = allowed ? "" : allowed.error().message;
  return diagnosis;
}

Json as_json(const std::vector<Device>& devices) {
  Json::Array array;
  for (const Device& device : devices) {
    array.emplace_back(Json::Object{{"id", device.id}, {"model", device.model}});
  }
  return array;
}

Json as_json(const std::vector<VendorLibrary>& libraries) {
  const auto shown = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json::Array array;
  for (const VendorLibrary& library : libraries) {
    array.emplace_back(Json::Object{{"name", library.name},
                                    {"file", shown(library.file)},
                                    {"version", shown(library.version)},
                                    {"reason", shown(library.why_not)}});
  }
  return array;
}

Json as_json(const Diagnosis& diagnosis) {
  Json::Array abilities;
  for (const Ability& ability : diagnosis.abilities) {
    abilities.emplace_back(
        Json::Object{{"device", ability.device},
                     {"what", ability.what},
                     {"can", ability.why_not.empty()},
                     {"reason", ability.why_not.empty() ? Json() : Json(ability.why_not)}});
  }
  Json::Object readings;
  for (const auto& [name, reading] : diagnosis.readings) {
    readings.emplace_back(
        name, reading.value ? Json(Json::Object{{"value", *reading.value}})
                            : Json(Json::Object{{"value", Json()}, {"reason", reading.reason}}));
  }
  return Json::Object{
      {"backends",
       Json::Array{
           Json::Object{{"name", "host"}, {"devices", as_json(diagnosis.devices)}},
           Json::Object{{"name", "cuda"},
                        {"devices", as_json(diagnosis.gpus)},
                        {"libraries", as_json(diagnosis.libraries)},
                        {"reason", diagnosis.no_gpus.empty() ? Json() : Json(diagnosis.no_gpus)}}}},
      {"abilities", std::move(abilities)},
      {"gpus", gpus_json(diagnosis.machine)},
      {"telemetry", std::move(readings)},
      {"environment", diagnosis.environment.empty() ? Json() : Json(diagnosis.environment)}};
}

void print_libraries(std::ostream& out, const std::vector<VendorLibrary>& libraries) {
  if (!libraries.empty()) {
    out << "\nLibraries that backend cuda loads\n";
  }
  for (const VendorLibrary& library : libraries) {
    const std::string version = library.version.empty() ? "" : library.version + ", ";
    out << beside("  " + library.name,
                  library.why_not.empty() ? version + library.file : "none: " + library.why_not,
                  12);
  }
}

void print(const Console& console, const Diagnosis& diagnosis) {
  std::ostream& out = console.out;
  out << "Backends\n";
  for (const Device& device : diagnosis.devices) {
    out << "  " << padded("host", 8) << device.id << ": " << device.model << '\n';
  }
  for (const Device& device : diagnosis.gpus) {
    out << "  " << padded("cuda", 8) << device.id << ": " << device.model << '\n';
  }
  if (!diagnosis.no_gpus.empty()) {
    out << beside("  cuda", diagnosis.no_gpus, 10);
  }
  print_libraries(out, diagnosis.libraries);
  const std::string* device = nullptr;
  for (const Ability& ability : diagnosis.abilities) {
    if (device == nullptr || *device != ability.device) {
      device = &ability.device;
      out << "\nCan measure on " << *device << '\n';
    }
    const bool can = ability.why_not.empty();
    out << "  " << painted(console, can ? Tone::good : Tone::doubtful, can ? "yes" : "no ") << "  "
        << ability.what << '\n';
    if (!can) {
      out << wrapped(ability.why_not, 7);
    }
  }
  print_gpus(console, diagnosis.machine);
  out << "\nTelemetry\n";
  for (const auto& [name, reading] : diagnosis.readings) {
    out << beside("  " + name,
                  reading.value ? std::to_string(*reading.value) : "not shown: " + reading.reason,
                  26);
  }
  out << "\nEnvironment\n"
      << wrapped(diagnosis.environment.empty() ? "nothing that would change a result"
                                               : "a run would be refused: " + diagnosis.environment,
                 2);
}

}  // namespace

void add_doctor(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("doctor", "What this machine can measure, what not and why");
  const auto json = std::make_shared<bool>(false);
  const auto module = std::make_shared<std::string>();
  command->add_option("--module", *module,
                      "File of the GPU backend's module, if not the\none installed");
  command->add_flag("--json", *json, "Print JSON");
  command->footer("Example\n  assay doctor");
  command->callback([&console = shell.console, &chosen = shell.chosen, json, module] {
    chosen = [&console, json, module] {
      const auto diagnosis = diagnose(*module);
      if (!diagnosis) {
        return complain(console, diagnosis.error().message, exit_code_of(diagnosis.error()));
      }
      if (*json) {
        console.out << canonical_json(as_json(*diagnosis)) << '\n';
      } else {
        print(console, *diagnosis);
      }
      return k_exit_ok;
    };
  });
}

}  // namespace assay
