#include "kernels/cuda/optional_libraries.h"

#include <string>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cufile.h"
#include "kernels/cuda/library.h"

namespace assay::cuda {
namespace {

/// What the library counts its own version as.
Result<std::uint64_t> version_of_cudnn(const SharedLibrary& library) {
  CudnnGetVersion* get_version = nullptr;
  if (auto found = library.find("cudnnGetVersion", get_version); !found) {
    return found.error();
  }
  return std::uint64_t{get_version()};
}

Result<std::uint64_t> version_of_nccl(const SharedLibrary& library) {
  NcclGetVersion* get_version = nullptr;
  if (auto found = library.find("ncclGetVersion", get_version); !found) {
    return found.error();
  }
  int version = 0;
  if (const int result = get_version(&version); result != 0 || version < 0) {
    return Error{Error::Code::unsupported, library.name() + " doesn't say its version (result " +
                                               std::to_string(result) + ")"};
  }
  return static_cast<std::uint64_t>(version);
}

/// "9.7": patches don't count for what is needed.
std::string needed_text(std::uint64_t version) {
  return std::to_string(version / 10'000) + "." + std::to_string(version / 100 % 100);
}

VendorLibrary look_for(const OptionalLibrary& wanted,
                       Result<std::uint64_t> (*version_of)(const SharedLibrary&)) {
  VendorLibrary here{.name = std::string(wanted.name)};
  const auto library = open_library({std::string(wanted.file)});
  const auto version = library ? version_of(*library) : Result<std::uint64_t>(library.error());
  if (!version) {
    here.why_not = version.error().message;
    return here;
  }
  here.file = library->name();
  // Below 10000 both counted in thousands: 2.8.4 of NCCL is 2804.
  here.version =
      *version < 10'000 ? std::to_string(*version) + " by an older count" : version_text(*version);
  if (*version < wanted.oldest || *version / 10'000 != wanted.oldest / 10'000) {
    here.why_not = here.file + " is version " + here.version + "; at least " +
                   needed_text(wanted.oldest) + ", and below " +
                   std::to_string(wanted.oldest / 10'000 + 1) + ", is needed";
  }
  return here;
}

VendorLibrary look_for_cublaslt() {
  const auto library = load_cublaslt();
  return library ? VendorLibrary{.name = "cuBLASLt",
                                 .file = library->file,
                                 .version = library->version,
                                 .why_not = ""}
                 : VendorLibrary{.name = "cuBLASLt", .why_not = library.error().message};
}

}  // namespace

VendorLibrary cudnn_here() {
  return look_for(k_cudnn, version_of_cudnn);
}

VendorLibrary nccl_here() {
  return look_for(k_nccl, version_of_nccl);
}

VendorLibrary cufile_here() {
  VendorLibrary here{.name = "cuFile"};
  const auto library = open_library({std::string(k_cufile_file)});
  if (!library) {
    here.why_not = library.error().message;
    return here;
  }
  here.file = library->name();
  cufile::GetVersion* get_version = nullptr;
  library->look_up("cuFileGetVersion", get_version);
  int version = 0;
  if (get_version != nullptr && get_version(&version).error == cufile::k_success && version > 0) {
    // 1000 x major + 10 x minor, as its reference says.
    here.version = std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10) +
                   "." + std::to_string(version % 10);
  }
  return here;
}

std::vector<VendorLibrary> libraries_here() {
  return {look_for_cublaslt(), cudnn_here(), nccl_here(), cufile_here()};
}

}  // namespace assay::cuda
