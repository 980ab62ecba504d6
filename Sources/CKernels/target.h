// What the kernels share: the instructions they are compiled for, and what stands in for them elsewhere.

#ifndef PARE_CKERNELS_TARGET_H
#define PARE_CKERNELS_TARGET_H

#if defined(__x86_64__)
#include <immintrin.h>
#define PARE_AVX2 __attribute__((target("avx2,fma,f16c")))
#define PARE_INLINE PARE_AVX2 __attribute__((always_inline)) static inline
#else
// Never called: `pare_has_avx2` says so.
#define PARE_UNAVAILABLE { __builtin_trap(); }
#endif

#endif
