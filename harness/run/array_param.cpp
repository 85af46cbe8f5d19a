#include "harness/run/array_param.h"

#include "harness/model/natural.h"
#include "harness/model/step_size.h"

namespace assay {

Result<std::uint64_t> bytes_of_mib(const Params& params, const char* name) {
  constexpr Natural k_most_mib = Natural{1} << 24U;
  const auto mib = natural_from(params.at(name));
  if (!mib || *mib > k_most_mib) {
    return Error{Error::Code::bad_input, "params." + std::string(name) + ": at most 16777216"};
  }
  return static_cast<std::uint64_t>(*mib) << 20U;
}

Result<std::uint64_t> array_bytes_of(const Params& params) {
  if (params.at("array_mib") == k_by_caches) {
    return std::uint64_t{0};
  }
  return bytes_of_mib(params, "array_mib");
}

}  // namespace assay
