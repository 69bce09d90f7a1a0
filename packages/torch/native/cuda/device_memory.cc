// What tensors hold on a GPU, as libtorch's own allocator counts it.
#include <c10/cuda/CUDACachingAllocator.h>

#include "../addon.h"

namespace um {

namespace {

using c10::cuda::CUDACachingAllocator::getDeviceStats;

c10::DeviceIndex index_of(const Napi::CallbackInfo& info) {
  const c10::Device device(info[0].ToString().Utf8Value());
  return device.has_index() ? device.index() : 0;
}

// deviceMemory(device): bytes of tensors now and at most, and what the process has taken of the GPU
// for them at most.
Napi::Value device_memory(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto stats = getDeviceStats(index_of(info));
    auto result = Napi::Object::New(info.Env());
    result["bytes"] = static_cast<double>(stats.allocated_bytes[0].current);
    result["peakBytes"] = static_cast<double>(stats.allocated_bytes[0].peak);
    result["reservedPeakBytes"] = static_cast<double>(stats.reserved_bytes[0].peak);
    return result;
  });
}

Napi::Value reset_device_peak(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    c10::cuda::CUDACachingAllocator::resetPeakStats(index_of(info));
    return info.Env().Undefined();
  });
}

}  // namespace

void export_device_memory(Napi::Env env, Napi::Object exports) {
  exports["deviceMemory"] = Napi::Function::New(env, device_memory, "deviceMemory");
  exports["resetDevicePeakMemory"] =
      Napi::Function::New(env, reset_device_peak, "resetDevicePeakMemory");
}

}  // namespace um
