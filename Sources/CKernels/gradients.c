#include "gradients.h"

#include <string.h>

#include "target.h"

#if defined(__x86_64__)
#include "vector_math.h"

enum { lanes = 8 };

// Up to eight numbers; those that are not there are zeros.
PARE_INLINE __m256 load_some(const float *x, ptrdiff_t count) {
  if (count >= lanes) return _mm256_loadu_ps(x);
  float some[lanes] = {0};
  memcpy(some, x, (size_t)count * sizeof(float));
  return _mm256_loadu_ps(some);
}

PARE_INLINE void store_some(float *y, __m256 value, ptrdiff_t count) {
  if (count >= lanes) {
    _mm256_storeu_ps(y, value);
    return;
  }
  float some[lanes];
  _mm256_storeu_ps(some, value);
  memcpy(y, some, (size_t)count * sizeof(float));
}

PARE_INLINE __m256 constant(float value) { return _mm256_set1_ps(value); }

PARE_INLINE __m256 half_of(__m256 x) { return _mm256_mul_ps(x, constant(0.5f)); }

// Φ(x) + x φ(x)
PARE_INLINE __m256 gelu_slope8(__m256 x) {
  const __m256 e = erf8(_mm256_mul_ps(x, constant(0x1.6a09e6p-1f)));
  const __m256 distribution = _mm256_fmadd_ps(constant(0.5f), e, constant(0.5f));
  const __m256 density = _mm256_mul_ps(
      exp8(_mm256_mul_ps(_mm256_mul_ps(x, x), constant(-0.5f))), constant(0.3989422804f));
  return _mm256_fmadd_ps(x, density, distribution);
}

// ½ (1 + t) + ½ x (1 − t²) u′, with t = tanh u(x)
PARE_INLINE __m256 gelu_tanh_slope8(__m256 x) {
  const __m256 t = gelu_tanh_inner8(x);
  const __m256 slope = _mm256_mul_ps(
      _mm256_fmadd_ps(_mm256_mul_ps(x, x), constant(3 * 0.044715f), constant(1)),
      constant(0.79788456f));
  const __m256 curve = _mm256_fnmadd_ps(t, t, constant(1));
  const __m256 second = _mm256_mul_ps(_mm256_mul_ps(half_of(x), curve), slope);
  return _mm256_add_ps(_mm256_fmadd_ps(constant(0.5f), t, constant(0.5f)), second);
}

#define EACH(count, statement) \
  for (ptrdiff_t place = 0; place < count; place += lanes) { \
    const ptrdiff_t left = count - place; \
    statement; \
  }

PARE_AVX2 void pare_gelu_of(const float *x, float *y, ptrdiff_t count) {
  EACH(count, store_some(y + place, gelu8(load_some(x + place, left)), left))
}

PARE_AVX2 void pare_gelu_tanh_of(const float *x, float *y, ptrdiff_t count) {
  EACH(count, store_some(y + place, gelu_tanh8(load_some(x + place, left)), left))
}

PARE_AVX2 void pare_gelu_gradient(const float *x, float *dy, ptrdiff_t count) {
  EACH(count, store_some(
      dy + place, _mm256_mul_ps(
          load_some(dy + place, left), gelu_slope8(load_some(x + place, left))), left))
}

PARE_AVX2 void pare_gelu_tanh_gradient(const float *x, float *dy, ptrdiff_t count) {
  EACH(count, store_some(
      dy + place, _mm256_mul_ps(
          load_some(dy + place, left), gelu_tanh_slope8(load_some(x + place, left))), left))
}

PARE_INLINE float sum8(__m256 x) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

PARE_INLINE float max8(__m256 x) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// All ones in the lanes that are there.
PARE_INLINE __m256 presence(ptrdiff_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const int there = count < lanes ? (int)count : lanes;
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(there), lane));
}

PARE_AVX2 void pare_softmax_rows(float *scores, ptrdiff_t rows, ptrdiff_t columns, float scale) {
  const __m256 factor = constant(scale), least = constant(-__builtin_inff());
  for (ptrdiff_t row = 0; row < rows; row++, scores += columns) {
    __m256 most = least;
    EACH(columns, most = _mm256_max_ps(
        most, _mm256_blendv_ps(least, _mm256_mul_ps(load_some(scores + place, left), factor),
                               presence(left))))
    const __m256 largest = constant(max8(most));
    __m256 total = _mm256_setzero_ps();
    EACH(columns, {
      const __m256 e = exp8(_mm256_fmsub_ps(load_some(scores + place, left), factor, largest));
      store_some(scores + place, e, left);
      total = _mm256_add_ps(total, _mm256_and_ps(e, presence(left)));
    })
    const __m256 inverse = constant(1 / sum8(total));
    EACH(columns, store_some(
        scores + place, _mm256_mul_ps(load_some(scores + place, left), inverse), left))
  }
}

PARE_AVX2 void pare_softmax_gradient(
    const float *p, float *dp, ptrdiff_t rows, ptrdiff_t columns, float scale) {
  for (ptrdiff_t row = 0; row < rows; row++, p += columns, dp += columns) {
    __m256 products = _mm256_setzero_ps();
    EACH(columns, products = _mm256_fmadd_ps(
        load_some(p + place, left), load_some(dp + place, left), products))
    const __m256 total = constant(sum8(products));
    EACH(columns, {
      const __m256 difference = _mm256_sub_ps(load_some(dp + place, left), total);
      const __m256 weight = _mm256_mul_ps(load_some(p + place, left), constant(scale));
      store_some(dp + place, _mm256_mul_ps(weight, difference), left);
    })
  }
}

// Wellons's bijection of 32 bits with low bias, twice, with a key for each.
PARE_INLINE __m256i mixed(__m256i x) {
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x7feb352d));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int)0x846ca68bu));
  return _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
}

// The scale where a number is kept, 0 where it is dropped.
PARE_INLINE __m256 factors(PareDropout dropout, uint32_t index) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256i x = _mm256_add_epi32(_mm256_set1_epi32((int)index), lane);
  x = mixed(_mm256_xor_si256(x, _mm256_set1_epi32((int)dropout.first_key)));
  x = mixed(_mm256_add_epi32(x, _mm256_set1_epi32((int)dropout.second_key)));
  // x ≥ threshold, unsigned.
  const __m256i limit = _mm256_set1_epi32((int)dropout.threshold);
  const __m256i kept = _mm256_cmpeq_epi32(_mm256_max_epu32(x, limit), x);
  return _mm256_and_ps(_mm256_castsi256_ps(kept), constant(dropout.scale));
}

PARE_AVX2 void pare_dropout(
    PareDropout dropout, uint32_t index, const float *x, float *y, ptrdiff_t count) {
  EACH(count, store_some(
      y + place, _mm256_mul_ps(
          load_some(x + place, left), factors(dropout, index + (uint32_t)place)), left))
}

PARE_AVX2 void pare_dropout_add(
    PareDropout dropout, uint32_t index, const float *x, const float *residual, float *y,
    ptrdiff_t count) {
  EACH(count, store_some(
      y + place, _mm256_add_ps(
          load_some(residual + place, left),
          _mm256_mul_ps(
              load_some(x + place, left), factors(dropout, index + (uint32_t)place))), left))
}

PARE_INLINE __m256 times(__m256 x, __m256 y) { return _mm256_mul_ps(x, y); }

PARE_AVX2 void pare_lstm_cells(
    float *gates, const float *before, ptrdiff_t hidden, float *cells, float *states) {
  for (ptrdiff_t place = 0; place < hidden; place += lanes) {
    const ptrdiff_t left = hidden - place;
    float *const gate = gates + place;
    const __m256 i = sigmoid8(load_some(gate, left));
    const __m256 f = sigmoid8(load_some(gate + hidden, left));
    const __m256 g = tanh8(load_some(gate + 2 * hidden, left));
    const __m256 o = sigmoid8(load_some(gate + 3 * hidden, left));
    const __m256 kept =
        before ? times(f, load_some(before + place, left)) : _mm256_setzero_ps();
    const __m256 cell = _mm256_fmadd_ps(i, g, kept);
    store_some(cells + place, cell, left);
    store_some(states + place, times(o, tanh8(cell)), left);
    store_some(gate, i, left);
    store_some(gate + hidden, f, left);
    store_some(gate + 2 * hidden, g, left);
    store_some(gate + 3 * hidden, o, left);
  }
}

PARE_AVX2 void pare_lstm_cells_gradient(
    float *gates, const float *cells, const float *before, ptrdiff_t hidden, const float *dstates,
    float *dcells) {
  const __m256 one = constant(1);
  for (ptrdiff_t place = 0; place < hidden; place += lanes) {
    const ptrdiff_t left = hidden - place;
    float *const gate = gates + place;
    const __m256 i = load_some(gate, left), f = load_some(gate + hidden, left);
    const __m256 g = load_some(gate + 2 * hidden, left), o = load_some(gate + 3 * hidden, left);
    const __m256 t = tanh8(load_some(cells + place, left));
    const __m256 dstate = load_some(dstates + place, left);
    const __m256 dcell = _mm256_fmadd_ps(
        times(dstate, o), _mm256_fnmadd_ps(t, t, one), load_some(dcells + place, left));
    const __m256 kept = before ? load_some(before + place, left) : _mm256_setzero_ps();
    store_some(gate, times(times(dcell, g), _mm256_fnmadd_ps(i, i, i)), left);
    store_some(gate + hidden, times(times(dcell, kept), _mm256_fnmadd_ps(f, f, f)), left);
    store_some(gate + 2 * hidden, times(times(dcell, i), _mm256_fnmadd_ps(g, g, one)), left);
    store_some(gate + 3 * hidden, times(times(dstate, t), _mm256_fnmadd_ps(o, o, o)), left);
    store_some(dcells + place, times(dcell, f), left);
  }
}

#else

void pare_gelu_of(const float *x, float *y, ptrdiff_t count) PARE_UNAVAILABLE
void pare_gelu_tanh_of(const float *x, float *y, ptrdiff_t count) PARE_UNAVAILABLE
void pare_gelu_gradient(const float *x, float *dy, ptrdiff_t count) PARE_UNAVAILABLE
void pare_gelu_tanh_gradient(const float *x, float *dy, ptrdiff_t count) PARE_UNAVAILABLE
void pare_softmax_rows(float *scores, ptrdiff_t rows, ptrdiff_t columns, float scale)
    PARE_UNAVAILABLE
void pare_softmax_gradient(
    const float *p, float *dp, ptrdiff_t rows, ptrdiff_t columns, float scale) PARE_UNAVAILABLE
void pare_dropout(PareDropout dropout, uint32_t index, const float *x, float *y, ptrdiff_t count)
    PARE_UNAVAILABLE
void pare_dropout_add(
    PareDropout dropout, uint32_t index, const float *x, const float *residual, float *y,
    ptrdiff_t count) PARE_UNAVAILABLE
void pare_lstm_cells(
    float *gates, const float *before, ptrdiff_t hidden, float *cells, float *states)
    PARE_UNAVAILABLE
void pare_lstm_cells_gradient(
    float *gates, const float *cells, const float *before, ptrdiff_t hidden, const float *dstates,
    float *dcells) PARE_UNAVAILABLE

#endif
