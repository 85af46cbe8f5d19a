// The memory of the emulated device, and how it fails.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/doubles/cuda/machine.h"

namespace assay::emulated {

/// The machine is another one now: nothing has failed yet, and no product was counted.
void power_on();

/// What is wrong with a GPU, and with the current one.
[[nodiscard]] Fault fault_of(int gpu);
[[nodiscard]] Fault fault_here();

/// The GPU fails for good.
void lose_device();

/// Counts a product, and decides whether this one is spoiled: one of machine().every is.
[[nodiscard]] bool product_is_spoiled();

/// Whether all of these bytes lie in one allocation of the device.
[[nodiscard]] bool is_device_memory(const void* data, std::size_t bytes);

}  // namespace assay::emulated
