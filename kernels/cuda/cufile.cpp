#include "kernels/cuda/cufile.h"

#include <cstdlib>
#include <utility>

#include "kernels/cuda/function_finder.h"
#include "kernels/cuda/library.h"
#include "kernels/cuda/optional_libraries.h"

namespace assay::cuda {
namespace {

/// What a direct path lacks, for people; "" of an error that says nothing of it.
std::string lack_of(int error) {
  constexpr std::array<std::pair<int, const char*>, 6> k_lacks{
      {{cufile::k_no_driver, "nvidia-fs is not loaded"},
       {cufile::k_driver_mismatch, "nvidia-fs is of another version"},
       {cufile::k_driver_unread, "nvidia-fs doesn't say its version"},
       {cufile::k_no_platform, "this platform has no GPUDirect Storage"},
       {cufile::k_no_file, "this file can't be moved directly"},
       {cufile::k_no_device, "this GPU has no GPUDirect Storage"}}};
  for (const auto& [known, lack] : k_lacks) {
    if (known == error) {
      return lack;
    }
  }
  return "";
}

}  // namespace

Result<CuFile> load_cufile() {
  const VendorLibrary here = cufile_here();
  if (!here.why_not.empty()) {
    return Error{Error::Code::unsupported, here.why_not};
  }
  const auto library = open_library({here.file});
  if (!library) {
    return library.error();
  }
  CuFile cufile{.version = here.version};
  library->look_up("cuFileGetParameterBool", cufile.get_parameter_bool);
  const auto found =
      FunctionFinder(*library)("cuFileDriverOpen", cufile.driver_open)(
          "cuFileDriverClose_v2", cufile.driver_close)("cuFileDriverGetProperties",
                                                       cufile.driver_get_properties)(
          "cuFileHandleRegister", cufile.handle_register)("cuFileHandleDeregister",
                                                          cufile.handle_deregister)(
          "cuFileBufRegister", cufile.buf_register)("cuFileBufDeregister", cufile.buf_deregister)(
          "cuFileRead", cufile.read)("cuFileWrite", cufile.write)
          .done();
  return found ? Result<CuFile>(cufile) : Result<CuFile>(found.error());
}

void forbid_compat_mode() {
  // Every release reads these when its driver is opened; nothing else in this process does.
  ::setenv("CUFILE_ALLOW_COMPAT_MODE", "false", 1);  // NOLINT(concurrency-mt-unsafe): see above
  ::setenv("CUFILE_FORCE_COMPAT_MODE", "false", 1);  // NOLINT(concurrency-mt-unsafe): see above
}

Result<Done> check_file(cufile::Status status, const std::string& call) {
  if (status.error == cufile::k_success) {
    return Done{};
  }
  const std::string lack = lack_of(status.error);
  std::string sentence = call + " failed: cuFile error " + std::to_string(status.error);
  if (status.error == cufile::k_cuda_error) {
    sentence += " (of the CUDA driver: " + std::to_string(status.cuda_error) + ")";
  }
  if (lack.empty()) {
    return Error{Error::Code::io, std::move(sentence)};
  }
  return Error{Error::Code::not_witnessed,
               sentence + ": " + lack +
                   ", and its compatibility mode, through the host's memory, " +
                   "is not what is to be measured"};
}

std::optional<bool> may_bounce(const CuFile& cufile) {
  bool allowed = false;
  bool forced = false;
  if (cufile.get_parameter_bool != nullptr) {
    const bool is_shown =
        cufile.get_parameter_bool(cufile::allow_compat_mode, &allowed).error == cufile::k_success &&
        cufile.get_parameter_bool(cufile::force_compat_mode, &forced).error == cufile::k_success;
    return is_shown ? std::optional(allowed || forced) : std::nullopt;
  }
  cufile::Properties properties;
  if (cufile.driver_get_properties(&properties).error != cufile::k_success) {
    return std::nullopt;
  }
  return (properties.driver.control_flags >> cufile::k_allows_compat_bit & 1U) != 0;
}

}  // namespace assay::cuda
