#include "harness/model/evidence.h"

#include <array>

namespace assay {
namespace {

struct Named {
  Ending ending;
  std::string_view name;
};

constexpr std::array k_names{Named{Ending::measured, "measured"},
                             Named{Ending::wrong_result, "wrong_result"},
                             Named{Ending::device_lost, "device_lost"},
                             Named{Ending::crashed, "crashed"},
                             Named{Ending::hung, "hung"},
                             Named{Ending::late, "late"},
                             Named{Ending::gap, "gap"},
                             Named{Ending::clock, "clock"},
                             Named{Ending::no_telemetry, "no_telemetry"},
                             Named{Ending::power_limit, "power_limit"},
                             Named{Ending::gpu_state, "gpu_state"},
                             Named{Ending::unwitnessed, "unwitnessed"},
                             Named{Ending::foreign_environment, "foreign_environment"},
                             Named{Ending::unsupported, "unsupported"},
                             Named{Ending::no_end, "no_end"}};

}  // namespace

std::string_view name_of(Ending ending) {
  for (const Named& entry : k_names) {
    if (entry.ending == ending) {
      return entry.name;
    }
  }
  return "unknown";
}

Result<Ending> ending_from(std::string_view name) {
  for (const Named& entry : k_names) {
    if (entry.name == name) {
      return entry.ending;
    }
  }
  return Error{Error::Code::bad_input, "'" + std::string(name) + "' is no ending of an attempt"};
}

}  // namespace assay
