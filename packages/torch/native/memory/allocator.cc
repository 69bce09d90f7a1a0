// Without the arena every large tensor of a step is mapped, cleared page by page and unmapped by
// the kernel: a sixth of a Swin-T step. A list of free blocks avoids that too, but holds a quarter
// more than tensors do.
#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "arena.h"
#include "../compat.h"

namespace um {

namespace {

// Below this the C library's own lists are as good.
constexpr size_t kLarge = size_t{64} << 10;

class CpuAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) UM_ALLOCATE_CONST override {
    void* data = bytes == 0 ? nullptr : take(bytes);
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  // Overrides a pure virtual function of libtorch 2.x only.
  void copy_data(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }

  int64_t allocated() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return allocated_;
  }

  CpuMemory memory() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {live_, peak_};
  }

  void reset_peak() {
    const std::lock_guard<std::mutex> lock(mutex_);
    peak_ = live_;
    arena_.trim();
  }

  // Never destroyed: tensors may be freed while the process exits.
  static CpuAllocator& instance() {
    static auto* allocator = new CpuAllocator();
    return *allocator;
  }

 private:
  void* take(size_t bytes) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    void* data = bytes >= kLarge ? arena_.take(bytes) : nullptr;
    if (data == nullptr && posix_memalign(&data, Arena::kAlignment, bytes) != 0) {
      throw std::bad_alloc();
    }
    const size_t held = arena_.owns(data) ? arena_.size(data) : malloc_usable_size(data);
    allocated_ += static_cast<int64_t>(held);
    live_ += static_cast<int64_t>(held);
    peak_ = std::max(peak_, live_);
    return data;
  }

  static void release(void* data) {
    if (data != nullptr) instance().give_back(data);
  }

  void give_back(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (arena_.owns(data)) {
      live_ -= static_cast<int64_t>(arena_.give_back(data));
      return;
    }
    live_ -= static_cast<int64_t>(malloc_usable_size(data));
    std::free(data);
  }

  // `allocate` is const in libtorch 1.13.
  mutable std::mutex mutex_;
  mutable Arena arena_;
  mutable int64_t allocated_ = 0;
  mutable int64_t live_ = 0;
  mutable int64_t peak_ = 0;
};

}  // namespace

void install_cpu_allocator() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&CpuAllocator::instance(), /*priority=*/1); });
}

int64_t allocated_bytes() {
  return CpuAllocator::instance().allocated();
}

CpuMemory cpu_memory() {
  return CpuAllocator::instance().memory();
}

void reset_cpu_peak() {
  CpuAllocator::instance().reset_peak();
}

}  // namespace um
