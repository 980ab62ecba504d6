#include "elementwise.h"

#include "target.h"

#if defined(__x86_64__)
#include "vector_math.h"

enum { lanes = 8, panel_width = 16 };

#define EACH(x, count, value)                          \
  for (ptrdiff_t place = 0; place < count; place += lanes) { \
    const __m256 v = _mm256_load_ps(x + place);        \
    _mm256_store_ps(x + place, value);                 \
  }

PARE_AVX2 void pare_gelu(float *x, ptrdiff_t count) { EACH(x, count, gelu8(v)) }
PARE_AVX2 void pare_gelu_tanh(float *x, ptrdiff_t count) { EACH(x, count, gelu_tanh8(v)) }
PARE_AVX2 void pare_gelu_sigmoid(float *x, ptrdiff_t count) {
  EACH(x, count, _mm256_mul_ps(v, sigmoid8(_mm256_mul_ps(v, _mm256_set1_ps(1.702f)))))
}
PARE_AVX2 void pare_relu(float *x, ptrdiff_t count) {
  EACH(x, count, _mm256_max_ps(v, _mm256_setzero_ps()))
}
PARE_AVX2 void pare_silu(float *x, ptrdiff_t count) {
  EACH(x, count, _mm256_mul_ps(v, sigmoid8(v)))
}
PARE_AVX2 void pare_tanh(float *x, ptrdiff_t count) { EACH(x, count, tanh8(v)) }
PARE_AVX2 void pare_sigmoid(float *x, ptrdiff_t count) { EACH(x, count, sigmoid8(v)) }

// Sums over the features of 16 tokens, in two parts, as one would wait for itself.
typedef struct {
  __m256 even[2], odd[2];
} Sums;

PARE_INLINE __m256 total(const Sums *sums, int half) {
  return _mm256_add_ps(sums->even[half], sums->odd[half]);
}

// z = x + residual in place, and adds it up.
PARE_INLINE void add_row(float *x, const float *residual, ptrdiff_t feature, __m256 sums[2]) {
  for (int half = 0; half < 2; half++) {
    const ptrdiff_t place = feature * panel_width + half * lanes;
    __m256 z = _mm256_load_ps(x + place);
    if (residual) {
      z = _mm256_add_ps(z, _mm256_load_ps(residual + place));
      _mm256_store_ps(x + place, z);
    }
    sums[half] = _mm256_add_ps(sums[half], z);
  }
}

PARE_INLINE void add_squares(
    const float *x, const __m256 mean[2], ptrdiff_t feature, __m256 sums[2]) {
  for (int half = 0; half < 2; half++) {
    const __m256 z = _mm256_load_ps(x + feature * panel_width + half * lanes);
    const __m256 difference = _mm256_sub_ps(z, mean[half]);
    sums[half] = _mm256_fmadd_ps(difference, difference, sums[half]);
  }
}

PARE_INLINE void normalize(
    float *x, const float *residual, const float *gain, const float *bias, float epsilon,
    ptrdiff_t features) {
  const __m256 count = _mm256_set1_ps((float)features);
  const ptrdiff_t pairs = features & ~(ptrdiff_t)1;
  __m256 mean[2], inverse[2];

  Sums sums = {0};
  for (ptrdiff_t feature = 0; feature < pairs; feature += 2) {
    add_row(x, residual, feature, sums.even);
    add_row(x, residual, feature + 1, sums.odd);
  }
  if (pairs < features) add_row(x, residual, pairs, sums.even);
  for (int half = 0; half < 2; half++) mean[half] = _mm256_div_ps(total(&sums, half), count);

  Sums squares = {0};
  for (ptrdiff_t feature = 0; feature < pairs; feature += 2) {
    add_squares(x, mean, feature, squares.even);
    add_squares(x, mean, feature + 1, squares.odd);
  }
  if (pairs < features) add_squares(x, mean, pairs, squares.even);
  for (int half = 0; half < 2; half++) {
    const __m256 variance = _mm256_div_ps(total(&squares, half), count);
    inverse[half] = _mm256_div_ps(
        _mm256_set1_ps(1.0f),
        _mm256_sqrt_ps(_mm256_add_ps(variance, _mm256_set1_ps(epsilon))));
  }

  for (ptrdiff_t feature = 0; feature < features; feature++, x += panel_width) {
    const __m256 scale = _mm256_broadcast_ss(gain + feature);
    const __m256 shift = _mm256_broadcast_ss(bias + feature);
    for (int half = 0; half < 2; half++) {
      const __m256 z = _mm256_sub_ps(_mm256_load_ps(x + half * lanes), mean[half]);
      const __m256 scaled = _mm256_mul_ps(z, inverse[half]);
      _mm256_store_ps(x + half * lanes, _mm256_fmadd_ps(scaled, scale, shift));
    }
  }
}

PARE_AVX2 void pare_layer_norm(
    float *x, const float *residual, const float *gain, const float *bias, float epsilon,
    ptrdiff_t features) {
  if (residual) {
    normalize(x, residual, gain, bias, epsilon, features);
  } else {
    normalize(x, 0, gain, bias, epsilon, features);
  }
}

#else

void pare_gelu(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_gelu_tanh(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_gelu_sigmoid(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_relu(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_silu(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_tanh(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_sigmoid(float *x, ptrdiff_t count) PARE_UNAVAILABLE
void pare_layer_norm(
    float *x, const float *residual, const float *gain, const float *bias, float epsilon,
    ptrdiff_t features) PARE_UNAVAILABLE

#endif
