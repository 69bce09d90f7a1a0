#pragma once

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
// Compiled once for each kind of processor; the fastest that runs here is chosen as the addon is
// loaded.
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx2", "sse4.1", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

// Of functions that the loops call: compiled with them, for each kind of processor.
#define PART_OF_LOOP inline __attribute__((always_inline))
