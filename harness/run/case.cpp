#include "harness/run/case.h"

#include <algorithm>

#include "harness/model/step_size.h"

namespace assay {
namespace {

Error refuse(const Param& param, const std::string& why) {
  return {Error::Code::bad_input, "params." + std::string(param.name) + ": " + why};
}

std::string allowed_by(const Param& param) {
  std::string list;
  for (const auto& value : param.values) {
    list += (list.empty() ? "" : ", ") + std::string(value);
  }
  if (param.whole) {
    list += (list.empty() ? "" : ", ") + std::string("a whole number from 1");
  }
  return list;
}

bool allows(const Param& param, const std::string& value) {
  if (std::find(param.values.begin(), param.values.end(), value) != param.values.end()) {
    return true;
  }
  const auto number = natural_from(value);
  return param.whole && number && *number > 0 && *number < (Natural{1} << 53);
}

}  // namespace

std::optional<Natural> work_per_step(const Case& a_case, const Params& params) {
  if (has_step_size(a_case.id)) {
    return step_size(a_case.id, params);
  }
  return a_case.work_per_step == nullptr ? std::nullopt : a_case.work_per_step(params);
}

Result<Params> complete_params(const Case& a_case, const Params& given) {
  for (const auto& [name, value] : given) {
    const auto known = [&name = name](const Param& param) { return param.name == name; };
    if (std::none_of(a_case.params.begin(), a_case.params.end(), known)) {
      return Error{Error::Code::bad_input,
                   "params." + name + ": " + std::string(a_case.id) + " has no such parameter"};
    }
  }
  Params complete;
  for (const Param& param : a_case.params) {
    const auto found = given.find(std::string(param.name));
    if (found == given.end() && param.fallback.empty()) {
      return refuse(param,
                    "missing; " + std::string(a_case.id) + " needs it (" + allowed_by(param) + ")");
    }
    const std::string value = found == given.end() ? std::string(param.fallback) : found->second;
    if (!allows(param, value)) {
      return refuse(param, "'" + value + "' is not one of: " + allowed_by(param));
    }
    complete.emplace(param.name, value);
  }
  return complete;
}

}  // namespace assay
