// libtorch's CPU allocator, replaced by one that counts and that cuts large blocks out of an arena.
#pragma once

#include <cstdint>

namespace um {

// Bytes that tensors of the whole process hold, now and at most since the last reset.
struct CpuMemory {
  int64_t live;
  int64_t peak;
};

// Once per process; later calls do nothing. libtorch has one CPU allocator for all threads.
void install_cpu_allocator();

CpuMemory cpu_memory();
// Bytes of all tensors that the process has ever made.
int64_t allocated_bytes();
void reset_cpu_peak();

}  // namespace um
