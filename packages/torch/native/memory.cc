// Memory as libtorch's CPU allocator sees it: live bytes and their peak.
#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include "addon.h"
#include "compat.h"

namespace um {

namespace {

// libtorch has one CPU allocator per process, so these counters are the process's.
std::atomic<int64_t> live_bytes{0};
std::atomic<int64_t> peak_bytes{0};

void count(int64_t bytes) {
  const int64_t live = live_bytes += bytes;
  int64_t peak = peak_bytes;
  while (live > peak && !peak_bytes.compare_exchange_weak(peak, live)) {
  }
}

// Counts what the default allocator hands out; the C library knows the size of a block.
class CountingAllocator final : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* inner) : inner_(inner) {}

  c10::DataPtr allocate(size_t bytes) UM_ALLOCATE_CONST override {
    c10::DataPtr block = inner_->allocate(bytes);
    void* data = block.release_context();
    if (data == nullptr) return {nullptr, nullptr, &release, c10::Device(c10::DeviceType::CPU)};
    count(static_cast<int64_t>(malloc_usable_size(data)));
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  // Overrides a pure virtual function of libtorch 2.x only.
  void copy_data(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }

 private:
  static void release(void* data) {
    if (data == nullptr) return;
    count(-static_cast<int64_t>(malloc_usable_size(data)));
    std::free(data);
  }

  c10::Allocator* inner_;
};

void install_counting_allocator() {
  static std::once_flag once;
  std::call_once(once, [] {
    c10::SetCPUAllocator(new CountingAllocator(c10::GetDefaultCPUAllocator()), /*priority=*/1);
  });
}

Napi::Value memory(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  result["tensors"] = static_cast<double>(Addon::of(info.Env()).tensors.live());
  result["bytes"] = static_cast<double>(live_bytes.load());
  result["peakBytes"] = static_cast<double>(peak_bytes.load());
  return result;
}

Napi::Value reset_peak(const Napi::CallbackInfo& info) {
  peak_bytes = live_bytes.load();
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
  install_counting_allocator();
  exports["memory"] = Napi::Function::New(env, memory, "memory");
  exports["resetPeakMemory"] = Napi::Function::New(env, reset_peak, "resetPeakMemory");
  exports["adjustExternalMemory"] =
      Napi::Function::New(env, adjust_external_memory, "adjustExternalMemory");
  exports["bytesOf"] = Napi::Function::New(env, bytes_of, "bytesOf");
}

}  // namespace um
