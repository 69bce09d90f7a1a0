// Every difference between libtorch 1.13 and 2.x that the addon meets.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/core/Allocator.h>
#include <torch/version.h>

#define UM_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

// Allocators lost their `const` in 2.3, and gained `copy_data`.
#if UM_TORCH_AT_LEAST(2, 3)
#define UM_ALLOCATE_CONST
#else
#define UM_ALLOCATE_CONST const
#endif

namespace um::compat {

inline void set_autocast(c10::DeviceType device, bool enabled, at::ScalarType dtype) {
#if UM_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_enabled(device, enabled);
  if (enabled) at::autocast::set_autocast_dtype(device, dtype);
#else
  TORCH_CHECK(
      device == c10::DeviceType::CPU || device == c10::DeviceType::CUDA,
      "expected cpu or cuda for autocast but got ", device);
  if (device == c10::DeviceType::CPU) {
    at::autocast::set_cpu_enabled(enabled);
    if (enabled) at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(enabled);
    if (enabled) at::autocast::set_autocast_gpu_dtype(dtype);
  }
#endif
  // Weights cast for one region are stale in the next: an optimizer step may lie between.
  if (enabled) {
    at::autocast::increment_nesting();
  } else if (at::autocast::decrement_nesting() == 0) {
    at::autocast::clear_cache();
  }
}

}  // namespace um::compat
