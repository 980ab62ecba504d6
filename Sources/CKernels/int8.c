#include "int8.h"

#include "target.h"

#if defined(__x86_64__)
#include <string.h>

#include "finish.h"

enum { block_rows = 6, panel_width = 16, lanes = 8, unit = 4 };

typedef struct {
  __m256 inverse, zero_point;
} Scheme;

// The scheme of 8 tokens. Its steps, and those of `code8`, are rounded like their twins in Swift.
PARE_INLINE Scheme scheme8(
    const float *x, ptrdiff_t features, float *scales, int32_t *zero_points) {
  __m256 low = _mm256_setzero_ps(), high = low;
  for (ptrdiff_t feature = 0; feature < features; feature++) {
    const __m256 v = _mm256_load_ps(x + feature * panel_width);
    low = _mm256_min_ps(v, low);
    high = _mm256_max_ps(v, high);
  }
  const __m256 range = _mm256_sub_ps(high, low);
  // Not where the range vanishes, or has no inverse, or overflows.
  const __m256 usable = _mm256_and_ps(
      _mm256_cmp_ps(range, _mm256_set1_ps(1e-30f), _CMP_GE_OQ),
      _mm256_cmp_ps(range, _mm256_set1_ps(__builtin_inff()), _CMP_LT_OQ));
  const __m256 largest = _mm256_set1_ps(127.0f);
  const __m256 inverse = _mm256_and_ps(usable, _mm256_div_ps(largest, range));
  const __m256 negative = _mm256_and_ps(usable, _mm256_sub_ps(_mm256_setzero_ps(), low));
  const __m256 zero_point = _mm256_round_ps(
      _mm256_mul_ps(negative, inverse), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm256_storeu_ps(scales, _mm256_and_ps(usable, _mm256_div_ps(range, largest)));
  _mm256_storeu_si256((__m256i *)zero_points, _mm256_cvtps_epi32(zero_point));
  return (Scheme){inverse, zero_point};
}

PARE_INLINE __m256i code8(__m256 x, Scheme scheme) {
  const __m256 rounded = _mm256_add_ps(
      _mm256_round_ps(
          _mm256_mul_ps(x, scheme.inverse), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
      scheme.zero_point);
  // In this order, NaN becomes 0.
  const __m256 clamped = _mm256_min_ps(
      _mm256_max_ps(rounded, _mm256_setzero_ps()), _mm256_set1_ps(127.0f));
  return _mm256_cvtps_epi32(clamped);
}

PARE_INLINE void quantize8(
    const float *x, ptrdiff_t features, uint8_t *codes, float *scales, int32_t *zero_points) {
  const Scheme scheme = scheme8(x, features, scales, zero_points);
  for (ptrdiff_t feature = 0; feature < features; feature += unit, codes += panel_width * unit) {
    __m256i packed = _mm256_setzero_si256();
    for (int place = unit - 1; place >= 0; place--) {
      packed = _mm256_slli_epi32(packed, 8);
      if (feature + place < features) {
        const __m256 v = _mm256_load_ps(x + (feature + place) * panel_width);
        packed = _mm256_or_si256(packed, code8(v, scheme));
      }
    }
    _mm256_store_si256((__m256i *)codes, packed);
  }
}

PARE_AVX2 void pare_quantize_panel(
    const float *x, ptrdiff_t features, uint8_t *codes, float *scales, int32_t *zero_points) {
  quantize8(x, features, codes, scales, zero_points);
  quantize8(x + lanes, features, codes + lanes * unit, scales + lanes, zero_points + lanes);
}

PARE_INLINE float largest_magnitude(const float *values, ptrdiff_t count) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 largest = _mm256_setzero_ps();
  ptrdiff_t place = 0;
  for (; place + lanes <= count; place += lanes)
    largest = _mm256_max_ps(_mm256_andnot_ps(sign, _mm256_loadu_ps(values + place)), largest);
  float all[lanes], result = 0;
  _mm256_storeu_ps(all, largest);
  for (int lane = 0; lane < lanes; lane++) result = all[lane] > result ? all[lane] : result;
  for (; place < count; place++) {
    const float magnitude = __builtin_fabsf(values[place]);
    result = magnitude > result ? magnitude : result;
  }
  return result;
}

// 8 codes, in the low bytes of 64 bits.
PARE_INLINE __m128i row_codes8(__m256 values, __m256 scale) {
  const __m256 quotient = _mm256_round_ps(
      _mm256_div_ps(values, scale), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256i wide = _mm256_cvtps_epi32(_mm256_max_ps(
      _mm256_min_ps(quotient, _mm256_set1_ps(127.0f)), _mm256_set1_ps(-127.0f)));
  const __m128i narrow =
      _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  return _mm_packs_epi16(narrow, narrow);
}

PARE_AVX2 float pare_quantize_row(const float *values, ptrdiff_t count, int8_t *codes) {
  const float scale = largest_magnitude(values, count) / 127.0f;
  if (!(scale > 0)) {
    memset(codes, 0, (size_t)count);
    return scale;
  }
  const __m256 divisor = _mm256_set1_ps(scale);
  for (; count >= lanes; count -= lanes, values += lanes, codes += lanes)
    _mm_storel_epi64((__m128i *)codes, row_codes8(_mm256_loadu_ps(values), divisor));
  if (count > 0) {
    float rest[lanes] = {0};
    int8_t rest_codes[16];
    memcpy(rest, values, (size_t)count * 4);
    _mm_storeu_si128((__m128i *)rest_codes, row_codes8(_mm256_loadu_ps(rest), divisor));
    memcpy(codes, rest_codes, (size_t)count);
  }
  return scale;
}

// Sums of products over `steps` times 4 columns, of 6 rows with 8 · halves tokens.
PARE_INLINE void add_products(
    const int halves, const int8_t *w, const uint8_t *x, ptrdiff_t steps, __m256i *sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (int place = 0; place < halves * block_rows; place++) sums[place] = _mm256_setzero_si256();
  for (ptrdiff_t step = 0; step < steps; step++) {
    __m256i codes[2];
    for (int half = 0; half < halves; half++)
      codes[half] = _mm256_load_si256((const __m256i *)(x + half * lanes * unit));
    for (int row = 0; row < block_rows; row++) {
      int32_t four;
      memcpy(&four, w + row * unit, unit);
      const __m256i weights = _mm256_set1_epi32(four);
      for (int half = 0; half < halves; half++) {
        const __m256i pairs = _mm256_maddubs_epi16(codes[half], weights);
        sums[row * halves + half] =
            _mm256_add_epi32(sums[row * halves + half], _mm256_madd_epi16(pairs, ones));
      }
    }
    w += block_rows * unit;
    x += panel_width * unit;
  }
}

// The 16 or 8 tokens of one panel that a block of rows is multiplied with.
typedef struct {
  const uint8_t *codes;
  __m256 scales[2];
  __m256i zero_points[2];
} Tokens;

PARE_INLINE void product_block(
    const int halves, const PareInt8Weights *w, ptrdiff_t block, ptrdiff_t rows, const Tokens *x,
    float *y, const float *bias, int adding) {
  const ptrdiff_t all_steps = (w->columns + unit - 1) / unit;
  const ptrdiff_t group_steps = w->groups > 1 ? w->columns / w->groups / unit : all_steps;
  const int8_t *codes = w->codes + block * all_steps * block_rows * unit;
  const float *scales = w->scales + block * w->groups * block_rows;
  const int32_t *code_sums = w->sums + block * w->groups * block_rows;
  __m256 totals[2 * block_rows];
  for (int place = 0; place < halves * block_rows; place++) totals[place] = _mm256_setzero_ps();
  for (ptrdiff_t group = 0; group < w->groups; group++) {
    __m256i sums[2 * block_rows];
    const ptrdiff_t first = group * group_steps;
    add_products(
        halves, codes + first * block_rows * unit, x->codes + first * panel_width * unit,
        group_steps, sums);
    for (int row = 0; row < block_rows; row++) {
      const __m256i code_sum = _mm256_set1_epi32(code_sums[group * block_rows + row]);
      const __m256 scale = _mm256_broadcast_ss(scales + group * block_rows + row);
      for (int half = 0; half < halves; half++) {
        const int place = row * halves + half;
        const __m256i shift = _mm256_mullo_epi32(x->zero_points[half], code_sum);
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32(sums[place], shift));
        totals[place] = _mm256_add_ps(totals[place], _mm256_mul_ps(scale, sum));
      }
    }
  }
  for (int row = 0; row < block_rows && row < rows; row++)
    for (int half = 0; half < halves; half++)
      finish(
          _mm256_mul_ps(x->scales[half], totals[row * halves + half]),
          y + row * panel_width + half * lanes, bias ? bias + row : bias, adding);
}

PARE_AVX2 void pare_int8_product(
    PareInt8Weights w, ptrdiff_t rows, PareInt8Activations x, ptrdiff_t tokens, float *y,
    ptrdiff_t y_stride, const float *bias, int adding) {
  const ptrdiff_t panel_size = (w.columns + unit - 1) / unit * unit * panel_width;
  for (; tokens > 0; tokens -= panel_width, y += y_stride) {
    Tokens panel = {.codes = x.codes};
    for (int half = 0; half < 2; half++) {
      panel.scales[half] = _mm256_loadu_ps(x.scales + half * lanes);
      panel.zero_points[half] =
          _mm256_loadu_si256((const __m256i *)(x.zero_points + half * lanes));
    }
    for (ptrdiff_t row = 0; row < rows; row += block_rows) {
      const float *row_bias = bias ? bias + row : bias;
      float *target = y + row * panel_width;
      if (tokens > lanes) {
        product_block(2, &w, row / block_rows, rows - row, &panel, target, row_bias, adding);
      } else {
        product_block(1, &w, row / block_rows, rows - row, &panel, target, row_bias, adding);
      }
    }
    x.codes += panel_size;
    x.scales += panel_width;
    x.zero_points += panel_width;
  }
}

#else

void pare_quantize_panel(
    const float *x, ptrdiff_t features, uint8_t *codes, float *scales, int32_t *zero_points)
    PARE_UNAVAILABLE
float pare_quantize_row(const float *values, ptrdiff_t count, int8_t *codes) PARE_UNAVAILABLE
void pare_int8_product(
    PareInt8Weights w, ptrdiff_t rows, PareInt8Activations x, ptrdiff_t tokens, float *y,
    ptrdiff_t y_stride, const float *bias, int adding) PARE_UNAVAILABLE

#endif
