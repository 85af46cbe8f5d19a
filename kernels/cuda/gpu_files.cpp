#include "kernels/cuda/gpu_files.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "kernels/cuda/direct_counters.h"

namespace assay::cuda {
namespace {

/// The driver gives out nothing smaller, so the buffer begins on a page of the GPU.
constexpr std::uint64_t k_gpu_page = std::uint64_t{2} << 20U;
constexpr int k_wiped = 0xa5;

Result<std::uint64_t> moved(ssize_t result, const char* call) {
  if (result >= 0) {
    return static_cast<std::uint64_t>(result);
  }
  const int error = errno;
  if (auto whole = check(cudaFree(nullptr), call);  // says what has become of the device
      !whole && whole.error().code == Error::Code::device) {
    return whole.error();
  }
  if (result == -1) {
    return Error{Error::Code::io,
                 std::string(call) + " failed: " + std::generic_category().message(error)};
  }
  return check_file({.error = static_cast<int>(-result)}, call).error();
}

}  // namespace

Result<std::unique_ptr<DeviceFiles>> GpuFiles::open(int ordinal, std::uint64_t bytes) {
  auto cufile = load_cufile();
  if (!cufile) {
    return cufile.error();
  }
  auto files = std::make_unique<GpuFiles>(*std::move(cufile), ordinal);
  if (auto done = files->prepare(bytes); !done) {
    return done.error();
  }
  return std::unique_ptr<DeviceFiles>(std::move(files));
}

Result<Done> GpuFiles::prepare(std::uint64_t bytes) {
  forbid_compat_mode();
  if (auto done = check_file(cufile_.driver_open(), "cuFileDriverOpen"); !done) {
    return done;
  }
  is_open_ = true;
  const std::uint64_t whole = (bytes + k_gpu_page - 1) / k_gpu_page * k_gpu_page;
  auto buffer = DeviceBuffer::of_bytes(whole);
  if (!buffer) {
    return buffer.error();
  }
  buffer_ = std::move(*buffer);
  auto registered = check_file(cufile_.buf_register(buffer_.data(), whole, 0), "cuFileBufRegister");
  is_registered_ = registered.has_value();
  return registered;
}

GpuFiles::~GpuFiles() {
  for (cufile::Handle handle : handles_) {
    cufile_.handle_deregister(handle);
  }
  if (is_registered_) {
    static_cast<void>(cufile_.buf_deregister(buffer_.data()));
  }
  if (is_open_) {
    static_cast<void>(cufile_.driver_close());
  }
}

DirectPath GpuFiles::path() const {
  const DirectCounters counters = direct_counters_in(direct_counters_text());
  return {.may_bounce = may_bounce(cufile_),
          .read_bytes = counters.read_bytes,
          .written_bytes = counters.written_bytes,
          .why_not = counters.why_not};
}

Result<Done> GpuFiles::add_file(int descriptor) {
  cufile::Description description;
  description.file.descriptor = descriptor;
  cufile::Handle handle = nullptr;
  auto done = check_file(cufile_.handle_register(&handle, &description), "cuFileHandleRegister");
  if (done) {
    handles_.push_back(handle);
  }
  return done;
}

Result<std::uint64_t> GpuFiles::read(const DeviceStretch& stretch) {
  if (auto done = check(cudaSetDevice(ordinal_), "cudaSetDevice"); !done) {
    return done.error();  // of a thread that may be new
  }
  return moved(cufile_.read(handles_.at(stretch.file), buffer_.data(), stretch.bytes,
                            static_cast<off_t>(stretch.file_offset),
                            static_cast<off_t>(stretch.buffer_offset)),
               "cuFileRead");
}

Result<std::uint64_t> GpuFiles::write(const DeviceStretch& stretch) {
  if (auto done = check(cudaSetDevice(ordinal_), "cudaSetDevice"); !done) {
    return done.error();
  }
  return moved(cufile_.write(handles_.at(stretch.file), buffer_.data(), stretch.bytes,
                             static_cast<off_t>(stretch.file_offset),
                             static_cast<off_t>(stretch.buffer_offset)),
               "cuFileWrite");
}

Result<Done> GpuFiles::fill(std::uint64_t offset, std::span<const std::byte> bytes) {
  return copy_to_device(buffer_.data() + offset, bytes.data(), bytes.size());
}

Result<Done> GpuFiles::fetch(std::uint64_t offset, std::span<std::byte> bytes) {
  return copy_to_host(bytes.data(), buffer_.data() + offset, bytes.size());
}

/// Waited for: what cuFile moves is in no stream.
Result<Done> GpuFiles::wipe(std::uint64_t offset, std::uint64_t bytes) {
  if (auto done = check(cudaMemset(buffer_.data() + offset, k_wiped, bytes), "cudaMemset"); !done) {
    return done;
  }
  return check(cudaStreamSynchronize(nullptr), "cudaMemset");
}

}  // namespace assay::cuda
