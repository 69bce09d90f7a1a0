// Every difference between libtorch 1.13 and 2.x that the addon meets.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/core/Allocator.h>
#include <torch/version.h>

#include <optional>

#define UM_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

// Allocators lost their `const` in 2.3, and gained `copy_data`.
#if UM_TORCH_AT_LEAST(2, 3)
#define UM_ALLOCATE_CONST
#else
#define UM_ALLOCATE_CONST const
#endif

namespace um::compat {

// libtorch had its own `optional` before 2.2, and drops the old name for it later.
#if UM_TORCH_AT_LEAST(2, 2)
using std::nullopt;
using std::optional;
#else
using c10::nullopt;
using c10::optional;
#endif

// The element type that autocast uses now, if it is on.
inline optional<at::ScalarType> autocast(c10::DeviceType device) {
#if UM_TORCH_AT_LEAST(2, 4)
  if (!at::autocast::is_autocast_enabled(device)) return nullopt;
  return at::autocast::get_autocast_dtype(device);
#else
  const bool cpu = device == c10::DeviceType::CPU;
  if (!(cpu ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled())) return nullopt;
  return cpu ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
#endif
}

inline void set_autocast(c10::DeviceType device, optional<at::ScalarType> dtype) {
#if UM_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_enabled(device, dtype.has_value());
  if (dtype) at::autocast::set_autocast_dtype(device, *dtype);
#else
  TORCH_CHECK(
      device == c10::DeviceType::CPU || device == c10::DeviceType::CUDA,
      "expected cpu or cuda for autocast but got ", device);
  if (device == c10::DeviceType::CPU) {
    at::autocast::set_cpu_enabled(dtype.has_value());
    if (dtype) at::autocast::set_autocast_cpu_dtype(*dtype);
  } else {
    at::autocast::set_enabled(dtype.has_value());
    if (dtype) at::autocast::set_autocast_gpu_dtype(*dtype);
  }
#endif
}

}  // namespace um::compat
