// Large blocks come from and return to a list of free ones. Without it every tensor of a step is mapped,
// cleared page by page and unmapped by the kernel: a sixth of a Swin-T step. A step asks for the same sizes
// as the one before, so the list fits. Live and free blocks together stay below 5/4 of the peak of the live.
#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "compat.h"

namespace um {

namespace {

constexpr size_t kAlignment = 64;
// Below this the C library's own lists are as good.
constexpr size_t kLarge = size_t{1} << 20;
// From here on huge pages save most of the page faults of a first touch.
constexpr size_t kHugePage = size_t{2} << 20;

struct Block {
  void* data;
  size_t bytes;
};

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

  CpuMemory memory() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {live_, peak_};
  }

  void reset_peak() {
    const std::lock_guard<std::mutex> lock(mutex_);
    peak_ = live_;
    shrink();
  }

  // Never destroyed: tensors may be freed while the process exits.
  static CpuAllocator& instance() {
    static auto* allocator = new CpuAllocator();
    return *allocator;
  }

 private:
  void* take(size_t bytes) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    void* data = bytes >= kLarge ? reuse(bytes) : nullptr;
    if (data == nullptr) data = fresh(bytes);
    live_ += static_cast<int64_t>(malloc_usable_size(data));
    peak_ = std::max(peak_, live_);
    shrink();
    return data;
  }

  static void release(void* data) {
    if (data != nullptr) instance().give_back(data);
  }

  void give_back(void* data) {
    const size_t bytes = malloc_usable_size(data);
    const std::lock_guard<std::mutex> lock(mutex_);
    live_ -= static_cast<int64_t>(bytes);
    if (bytes < kLarge) {
      std::free(data);
      return;
    }
    free_.push_back({data, bytes});
    free_bytes_ += static_cast<int64_t>(bytes);
  }

  // The smallest free block that is at most an eighth larger; the latest of equals, which is still cached.
  void* reuse(size_t bytes) const {
    auto best = free_.end();
    for (auto block = free_.begin(); block != free_.end(); ++block) {
      const bool fits = block->bytes >= bytes && block->bytes <= bytes + bytes / 8;
      if (fits && (best == free_.end() || block->bytes <= best->bytes)) best = block;
    }
    if (best == free_.end()) return nullptr;
    void* data = best->data;
    free_bytes_ -= static_cast<int64_t>(best->bytes);
    free_.erase(best);
    return data;
  }

  void* fresh(size_t bytes) const {
    void* data = aligned(bytes);
    if (data == nullptr) {
      drop(free_.size());
      data = aligned(bytes);
    }
    if (data == nullptr) throw std::bad_alloc();
    return data;
  }

  static void* aligned(size_t bytes) {
    void* data = nullptr;
    const bool huge = bytes >= 2 * kHugePage;
    if (posix_memalign(&data, huge ? kHugePage : kAlignment, bytes) != 0) return nullptr;
    // Advice only: where the kernel has no huge pages, nothing is lost.
    if (huge) madvise(data, bytes, MADV_HUGEPAGE);
    return data;
  }

  // Returns to the system what was freed first.
  void shrink() const {
    size_t count = 0;
    int64_t excess = live_ + free_bytes_ - peak_ - peak_ / 4;
    while (excess > 0 && count < free_.size()) excess -= static_cast<int64_t>(free_[count++].bytes);
    drop(count);
  }

  void drop(size_t count) const {
    for (size_t i = 0; i < count; i++) {
      free_bytes_ -= static_cast<int64_t>(free_[i].bytes);
      std::free(free_[i].data);
    }
    free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  // `allocate` is const in libtorch 1.13.
  mutable std::mutex mutex_;
  mutable std::vector<Block> free_;
  mutable int64_t free_bytes_ = 0;
  mutable int64_t live_ = 0;
  mutable int64_t peak_ = 0;
};

}  // namespace

void install_cpu_allocator() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&CpuAllocator::instance(), /*priority=*/1); });
}

CpuMemory cpu_memory() { return CpuAllocator::instance().memory(); }

void reset_cpu_peak() { CpuAllocator::instance().reset_peak(); }

}  // namespace um
