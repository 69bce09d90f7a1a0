#include "arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <iterator>

namespace um {

namespace {

size_t physical_bytes() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Arena::Arena() {
  const size_t bytes = physical_bytes();
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (data == MAP_FAILED) return;
  // Advice only: huge pages save most of the faults of a first touch.
  madvise(data, bytes, MADV_HUGEPAGE);
  begin_ = static_cast<char*>(data);
  end_ = begin_ + bytes;
  add_free(begin_, bytes);
}

void* Arena::take(size_t bytes) {
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  // The smallest that fits; of equals the lowest, which keeps the touched part of the range short.
  const auto best = by_size_.lower_bound({rounded, nullptr});
  if (best == by_size_.end()) return nullptr;
  const auto [size, data] = *best;
  remove_free(free_.find(data));
  if (size > rounded) add_free(data + rounded, size - rounded);
  taken_[data] = rounded;
  return data;
}

size_t Arena::give_back(void* block) {
  const auto found = taken_.find(static_cast<char*>(block));
  const size_t bytes = found->second;
  char* data = found->first;
  taken_.erase(found);

  size_t joined = bytes;
  const auto after = free_.lower_bound(data);
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == data) {
      data = before->first;
      joined += before->second;
      remove_free(before);
    }
  }
  if (after != free_.end() && after->first == data + joined) {
    joined += after->second;
    remove_free(after);
  }
  add_free(data, joined);
  return bytes;
}

void Arena::trim() {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (const auto& [data, bytes] : free_) {
    const size_t first = (reinterpret_cast<size_t>(data) + page - 1) / page * page;
    const size_t last = (reinterpret_cast<size_t>(data) + bytes) / page * page;
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
}

void Arena::add_free(char* data, size_t bytes) {
  free_[data] = bytes;
  by_size_.insert({bytes, data});
}

void Arena::remove_free(std::map<char*, size_t>::iterator block) {
  by_size_.erase({block->second, block->first});
  free_.erase(block);
}

}  // namespace um
