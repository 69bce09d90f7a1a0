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

// Below it, telling the collector would cost more than the memory is worth.
constexpr size_t kToldBytes = 1024;

// reportMemory(handle): tells the collector about memory that it cannot see, and returns how much it was told.
Napi::Value report_memory(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto& tensor = Addon::of(info.Env()).tensors.at(handle_of(info, 0));
    // An expanded tensor has more elements than memory, a slice shares memory with others.
    const size_t storage = tensor.has_storage() ? tensor.storage().nbytes() : 0;
    const size_t bytes = std::min<size_t>(tensor.nbytes(), storage);
    if (bytes < kToldBytes) return Napi::Number::New(info.Env(), 0);
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), static_cast<int64_t>(bytes));
    return Napi::Number::New(info.Env(), static_cast<double>(bytes));
  });
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
  exports["reportMemory"] = Napi::Function::New(env, report_memory, "reportMemory");
  exports["withdrawMemory"] = Napi::Function::New(env, withdraw_memory, "withdrawMemory");
}

}  // namespace um
