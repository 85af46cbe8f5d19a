#include "harness/run/params_grid.h"

namespace assay {

std::vector<Params> params_grid(
    const Case& a_case, const std::function<std::vector<std::string>(const Param&)>& values_of) {
  std::vector<Params> all{{}};
  for (const Param& param : a_case.params) {
    const std::vector<std::string> values = values_of(param);
    std::vector<Params> longer;
    for (const Params& params : all) {
      for (const std::string& value : values) {
        longer.push_back(params);
        longer.back().emplace(param.name, value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::string name_with_params(const Case& a_case, const Params& params) {
  std::string text(a_case.id);
  for (const Param& param : a_case.params) {
    if (param.whole || param.values.size() > 1) {
      text.append("/").append(param.name).append(":").append(params.at(std::string(param.name)));
    }
  }
  return text;
}

}  // namespace assay
