// Files by cuFile, straight into and out of a GPU's memory.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/cufile.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/device_files.h"

namespace assay::cuda {

class GpuFiles final : public DeviceFiles {
 public:
  /// On the current device, which is `ordinal`. Fails as load_cufile(), check_file() and check().
  [[nodiscard]] static Result<std::unique_ptr<DeviceFiles>> open(int ordinal, std::uint64_t bytes);

  GpuFiles(CuFile cufile, int ordinal) : cufile_(std::move(cufile)), ordinal_(ordinal) {}
  GpuFiles(const GpuFiles&) = delete;
  GpuFiles& operator=(const GpuFiles&) = delete;
  ~GpuFiles() override;

  [[nodiscard]] std::string version() const override { return cufile_.version; }
  [[nodiscard]] DirectPath path() const override;
  Result<Done> add_file(int descriptor) override;
  Result<std::uint64_t> read(const DeviceStretch& stretch) override;
  Result<std::uint64_t> write(const DeviceStretch& stretch) override;
  Result<Done> fill(std::uint64_t offset, std::span<const std::byte> bytes) override;
  Result<Done> fetch(std::uint64_t offset, std::span<std::byte> bytes) override;
  Result<Done> wipe(std::uint64_t offset, std::uint64_t bytes) override;

 private:
  Result<Done> prepare(std::uint64_t bytes);

  CuFile cufile_;
  int ordinal_;
  bool is_open_ = false, is_registered_ = false;
  DeviceBuffer buffer_;
  std::vector<cufile::Handle> handles_;
};

}  // namespace assay::cuda
