// Stores past the cache, for results larger than it: their lines are not read before they are
// written, and what is in the cache stays there.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstdint>

#include "../vector.h"

namespace um::kernels {

// A plain store where the address is not one of a whole vector.
inline void stream(float* to, Vector value) {
#if defined(__AVX512F__)
  if (reinterpret_cast<uintptr_t>(to) % sizeof value == 0) {
    return _mm512_stream_ps(to, reinterpret_cast<__m512>(value));
  }
#elif defined(__AVX__)
  if (reinterpret_cast<uintptr_t>(to) % sizeof value == 0) {
    return _mm256_stream_ps(to, reinterpret_cast<__m256>(value));
  }
#endif
  store(to, value);
}

// Makes what this thread has streamed visible to others.
inline void finish_streams() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace um::kernels
