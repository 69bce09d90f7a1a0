// What tensors hold, as this thread's JavaScript and the process's allocator see it.
#include "../addon.h"
#include "allocator.h"

namespace um {

namespace {

Napi::Value memory(const Napi::CallbackInfo& info) {
  const CpuMemory cpu = cpu_memory();
  auto result = Napi::Object::New(info.Env());
  result["tensors"] = static_cast<double>(Addon::of(info.Env()).tensors.live());
  result["bytes"] = static_cast<double>(cpu.live);
  result["peakBytes"] = static_cast<double>(cpu.peak);
  return result;
}

Napi::Value reset_peak(const Napi::CallbackInfo& info) {
  reset_cpu_peak();
  return info.Env().Undefined();
}

// Below it, telling the collector would cost more than the memory is worth.
constexpr size_t kToldBytes = 1024;

// An expanded tensor has more elements than memory, a slice shares memory with others.
size_t own_bytes(const at::Tensor& tensor) {
  const size_t storage = tensor.has_storage() ? tensor.storage().nbytes() : 0;
  return std::min<size_t>(tensor.nbytes(), storage);
}

// reportMemory(handle): tells the collector about memory that it cannot see, and returns how much
// it was told.
napi_value report_memory(napi_env env, napi_callback_info info) {
  const auto [addon, handle] = plain_handle(env, info);
  try {
    const size_t bytes = own_bytes(addon.tensors.at(handle));
    const double told = bytes < kToldBytes ? 0 : static_cast<double>(bytes);
    int64_t external;
    if (told > 0) napi_adjust_external_memory(env, static_cast<int64_t>(bytes), &external);
    napi_value result;
    napi_create_double(env, told, &result);
    return result;
  } catch (const std::exception& cause) {
    to_error(addon, cause, "", "").ThrowAsJavaScriptException();
    return nullptr;
  }
}

// withdrawMemory(bytes): what was reported is free again.
Napi::Value withdraw_memory(const Napi::CallbackInfo& info) {
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -info[0].ToNumber().Int64Value());
  return info.Env().Undefined();
}

}  // namespace

void export_memory(Napi::Env env, Napi::Object exports) {
  install_cpu_allocator();
  exports["memory"] = Napi::Function::New(env, memory, "memory");
  exports["resetPeakMemory"] = Napi::Function::New(env, reset_peak, "resetPeakMemory");
  export_plain(env, exports, "reportMemory", report_memory);
  exports["withdrawMemory"] = Napi::Function::New(env, withdraw_memory, "withdrawMemory");
}

}  // namespace um
