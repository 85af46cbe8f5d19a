#include "kernels/cuda/nccl.h"

#include "kernels/cuda/library.h"
#include "kernels/cuda/optional_libraries.h"

namespace assay::cuda {
namespace {

/// Looks up one function after the other until one is missing.
class Finder {
 public:
  explicit Finder(const SharedLibrary& library) : library_(library) {}

  template <class Function>
  Finder& operator()(const char* name, Function*& function) {
    if (found_) {
      found_ = library_.find(name, function);
    }
    return *this;
  }
  [[nodiscard]] const Result<Done>& found() const { return found_; }

 private:
  const SharedLibrary& library_;
  Result<Done> found_ = Done{};
};

}  // namespace

Result<Nccl> load_nccl() {
  const VendorLibrary here = nccl_here();
  if (!here.why_not.empty()) {
    return Error{Error::Code::unsupported, here.why_not};
  }
  const auto library = open_library({here.file});
  if (!library) {
    return library.error();
  }
  Nccl nccl{.version = here.version};
  Finder find(*library);
  find("ncclGetUniqueId", nccl.get_unique_id)("ncclCommInitRankConfig", nccl.comm_init_rank_config)(
      "ncclCommFinalize", nccl.comm_finalize)("ncclCommDestroy", nccl.comm_destroy)(
      "ncclCommAbort", nccl.comm_abort)("ncclCommGetAsyncError", nccl.comm_get_async_error)(
      "ncclGetErrorString", nccl.get_error_string)("ncclGetLastError", nccl.get_last_error)(
      "ncclAllReduce", nccl.all_reduce)("ncclReduceScatter", nccl.reduce_scatter)(
      "ncclAllGather", nccl.all_gather)("ncclBroadcast", nccl.broadcast)("ncclSend", nccl.send)(
      "ncclRecv", nccl.recv)("ncclGroupStart", nccl.group_start)("ncclGroupEnd", nccl.group_end);
  return find.found() ? Result<Nccl>(nccl) : Result<Nccl>(find.found().error());
}

}  // namespace assay::cuda
