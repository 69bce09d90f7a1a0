// One range of addresses that large blocks are cut from and join again when they are freed.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace um {

// Best fit with coalescing. Pages that were touched once stay with the process until `trim`, so
// that a training step, which asks for the same sizes as the one before, faults no page. Not
// thread-safe.
class Arena {
 public:
  // Reserves addresses, no memory; where the system refuses, `take` always returns nullptr.
  Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `bytes` rounded up to a multiple of `kAlignment`; nullptr when the range is full.
  void* take(size_t bytes);
  // The bytes that the block had.
  size_t give_back(void* data);
  bool owns(const void* data) const { return data >= begin_ && data < end_; }
  // Bytes of a block that was taken.
  size_t size(void* data) const { return taken_.at(static_cast<char*>(data)); }
  // Gives the pages of free blocks back to the system.
  void trim();

  static constexpr size_t kAlignment = 64;

 private:
  void add_free(char* data, size_t bytes);
  void remove_free(std::map<char*, size_t>::iterator block);

  char* begin_ = nullptr;
  char* end_ = nullptr;
  std::map<char*, size_t> taken_;
  // The free blocks, twice: neighbours join by address, `take` looks for a size.
  std::map<char*, size_t> free_;
  std::set<std::pair<size_t, char*>> by_size_;
};

}  // namespace um
