// How a sum leaves the registers, the same for every product.

#ifndef PARE_CKERNELS_FINISH_H
#define PARE_CKERNELS_FINISH_H

#include "target.h"

#if defined(__x86_64__)

// y = sum, y + sum, bias + sum or (y + bias) + sum.
PARE_INLINE void finish(__m256 sum, float *y, const float *bias, int adding) {
  if (bias) {
    const __m256 start = _mm256_broadcast_ss(bias);
    sum = _mm256_add_ps(adding ? _mm256_add_ps(_mm256_load_ps(y), start) : start, sum);
  } else if (adding) {
    sum = _mm256_add_ps(_mm256_load_ps(y), sum);
  }
  _mm256_store_ps(y, sum);
}

#endif
#endif
