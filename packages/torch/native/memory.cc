// What tensors hold, as this thread's JavaScript and the process's allocator see it.
#include "addon.h"
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

// Tells the collector about memory that it cannot see; negative when it is freed.
Napi::Value adjust_external_memory(const Napi::CallbackInfo& info) {
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), info[0].ToNumber().Int64Value());
  return info.Env().Undefined();
}

Napi::Value bytes_of(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto& tensor = Addon::of(info.Env()).tensors.at(handle_of(info, 0));
    // An expanded tensor has more elements than memory, a slice shares memory with others.
    const size_t storage = tensor.has_storage() ? tensor.storage().nbytes() : 0;
    return Napi::Number::New(
        info.Env(), static_cast<double>(std::min<size_t>(tensor.nbytes(), storage)));
  });
}

}  // namespace

void export_memory(Napi::Env env, Napi::Object exports) {
  install_cpu_allocator();
  exports["memory"] = Napi::Function::New(env, memory, "memory");
  exports["resetPeakMemory"] = Napi::Function::New(env, reset_peak, "resetPeakMemory");
  exports["adjustExternalMemory"] =
      Napi::Function::New(env, adjust_external_memory, "adjustExternalMemory");
  exports["bytesOf"] = Napi::Function::New(env, bytes_of, "bytesOf");
}

}  // namespace um
