#include "dense.h"

#include "target.h"

#if defined(__x86_64__)
#include "finish.h"

enum { block_rows = 6, panel_width = 16, lanes = 8 };

// Weights are asked for about a block ahead of their use: with few tokens they come from beyond the
// second-level cache, as fast as they are multiplied.
enum { ahead = 2304 };

PARE_INLINE void ask_for(const float *weights) {
  _mm_prefetch((const char *)weights, _MM_HINT_T0);
}

// The sums of a block are kept in registers from its first column to its last: a sum is the same
// chain of operations in every shape of block.

// Up to 6 rows with 16 tokens.
PARE_INLINE void wide_block(
    const int rows, const float *w, ptrdiff_t columns, const float *x, float *y, const float *bias,
    int adding) {
  __m256 low[block_rows], high[block_rows];
  for (int row = 0; row < rows; row++) low[row] = high[row] = _mm256_setzero_ps();
  for (ptrdiff_t column = 0; column < columns; column++) {
    ask_for(w + ahead);
    const __m256 x0 = _mm256_load_ps(x), x1 = _mm256_load_ps(x + lanes);
    for (int row = 0; row < rows; row++) {
      const __m256 weight = _mm256_broadcast_ss(w + row);
      low[row] = _mm256_fmadd_ps(weight, x0, low[row]);
      high[row] = _mm256_fmadd_ps(weight, x1, high[row]);
    }
    x += panel_width;
    w += block_rows;
  }
  for (int row = 0; row < rows; row++, y += panel_width) {
    finish(low[row], y, bias ? bias + row : bias, adding);
    finish(high[row], y + lanes, bias ? bias + row : bias, adding);
  }
}

// Up to 6 rows of one block and 6 of the next with 8 tokens: as many sums, so as many multiplications
// under way at a time.
PARE_INLINE void narrow_blocks(
    const int rows, const int next_rows, const float *w, const float *next, ptrdiff_t columns,
    const float *x, float *y, const float *bias, int adding) {
  __m256 sums[block_rows], next_sums[block_rows];
  const float *following = next + (next - w);
  for (int row = 0; row < rows; row++) sums[row] = _mm256_setzero_ps();
  for (int row = 0; row < next_rows; row++) next_sums[row] = _mm256_setzero_ps();
  for (ptrdiff_t column = 0; column < columns; column++) {
    ask_for(following);
    following += 2 * block_rows;
    const __m256 x0 = _mm256_load_ps(x);
    for (int row = 0; row < rows; row++)
      sums[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(w + row), x0, sums[row]);
    for (int row = 0; row < next_rows; row++)
      next_sums[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(next + row), x0, next_sums[row]);
    x += panel_width;
    w += block_rows;
    next += block_rows;
  }
  for (int row = 0; row < rows; row++, y += panel_width)
    finish(sums[row], y, bias ? bias + row : bias, adding);
  if (bias) bias += rows;
  for (int row = 0; row < next_rows; row++, y += panel_width)
    finish(next_sums[row], y, bias ? bias + row : bias, adding);
}

PARE_AVX2 static void wide_panel(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    float *y, const float *bias, int adding) {
  for (; rows >= block_rows; rows -= block_rows) {
    wide_block(block_rows, w, columns, x, y, bias, adding);
    w += block_stride;
    y += block_rows * panel_width;
    if (bias) bias += block_rows;
  }
  switch (rows) {
    case 1: wide_block(1, w, columns, x, y, bias, adding); break;
    case 2: wide_block(2, w, columns, x, y, bias, adding); break;
    case 3: wide_block(3, w, columns, x, y, bias, adding); break;
    case 4: wide_block(4, w, columns, x, y, bias, adding); break;
    case 5: wide_block(5, w, columns, x, y, bias, adding); break;
  }
}

PARE_AVX2 static void narrow_panel(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    float *y, const float *bias, int adding) {
  for (; rows >= 2 * block_rows; rows -= 2 * block_rows) {
    narrow_blocks(block_rows, block_rows, w, w + block_stride, columns, x, y, bias, adding);
    w += 2 * block_stride;
    y += 2 * block_rows * panel_width;
    if (bias) bias += 2 * block_rows;
  }
  const float *next = w + block_stride;
  switch (rows) {
    case 1: narrow_blocks(1, 0, w, w, columns, x, y, bias, adding); break;
    case 2: narrow_blocks(2, 0, w, w, columns, x, y, bias, adding); break;
    case 3: narrow_blocks(3, 0, w, w, columns, x, y, bias, adding); break;
    case 4: narrow_blocks(4, 0, w, w, columns, x, y, bias, adding); break;
    case 5: narrow_blocks(5, 0, w, w, columns, x, y, bias, adding); break;
    case 6: narrow_blocks(6, 0, w, w, columns, x, y, bias, adding); break;
    case 7: narrow_blocks(6, 1, w, next, columns, x, y, bias, adding); break;
    case 8: narrow_blocks(6, 2, w, next, columns, x, y, bias, adding); break;
    case 9: narrow_blocks(6, 3, w, next, columns, x, y, bias, adding); break;
    case 10: narrow_blocks(6, 4, w, next, columns, x, y, bias, adding); break;
    case 11: narrow_blocks(6, 5, w, next, columns, x, y, bias, adding); break;
  }
}

// A few tokens, whose lanes would leave most of a register empty: here a register holds the 6 rows of a
// block (and two numbers that nobody needs), and tokens are broadcast. The chains are the same.
PARE_INLINE void add_column(
    const int tokens, const int blocks, const int is_last, const float *w, ptrdiff_t block_stride,
    const float *x, __m256 *sums) {
  __m256 input[4];
  for (int token = 0; token < tokens; token++) input[token] = _mm256_broadcast_ss(x + token);
  for (int block = 0; block < blocks; block++) {
    // The last column of the last block may be the end of the matrix.
    const __m256i six = _mm256_setr_epi32(-1, -1, -1, -1, -1, -1, 0, 0);
    const float *place = w + block * block_stride;
    const __m256 weights = is_last ? _mm256_maskload_ps(place, six) : _mm256_loadu_ps(place);
    for (int token = 0; token < tokens; token++)
      sums[block * tokens + token] =
          _mm256_fmadd_ps(weights, input[token], sums[block * tokens + token]);
  }
}

PARE_INLINE void few_tokens(
    const int tokens, const int blocks, const float *w, ptrdiff_t block_stride, ptrdiff_t rows,
    ptrdiff_t columns, const float *x, float *y, const float *bias, int adding) {
  __m256 sums[12];
  for (int place = 0; place < tokens * blocks; place++) sums[place] = _mm256_setzero_ps();
  if (columns > 0) {
    for (ptrdiff_t column = 1; column < columns; column++, x += panel_width, w += block_rows)
      add_column(tokens, blocks, 0, w, block_stride, x, sums);
    add_column(tokens, blocks, 1, w, block_stride, x, sums);
  }
  for (int block = 0; block < blocks; block++)
    for (int token = 0; token < tokens; token++) {
      float values[lanes];
      _mm256_storeu_ps(values, sums[block * tokens + token]);
      for (ptrdiff_t row = 0; row < block_rows && block * block_rows + row < rows; row++) {
        const ptrdiff_t place = block * block_rows + row;
        float *target = y + place * panel_width + token;
        float start = adding ? *target : 0;
        if (bias) start = adding ? start + bias[place] : bias[place];
        *target = adding || bias ? start + values[row] : values[row];
      }
    }
}

// As many blocks at a time as have enough sums for the multipliers.
#define FEW_TOKENS(name, tokens, blocks)                                                          \
  PARE_AVX2 static void name(                                                                     \
      const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,  \
      float *y, const float *bias, int adding) {                                                  \
    for (; rows > (blocks - 1) * block_rows; rows -= blocks * block_rows) {                       \
      few_tokens(tokens, blocks, w, block_stride, rows, columns, x, y, bias, adding);             \
      w += blocks * block_stride;                                                                 \
      y += blocks * block_rows * panel_width;                                                     \
      if (bias) bias += blocks * block_rows;                                                      \
    }                                                                                             \
    for (; rows > 0; rows -= block_rows) {                                                        \
      few_tokens(tokens, 1, w, block_stride, rows, columns, x, y, bias, adding);                  \
      w += block_stride;                                                                          \
      y += block_rows * panel_width;                                                              \
      if (bias) bias += block_rows;                                                               \
    }                                                                                             \
  }
FEW_TOKENS(one_token, 1, 8)
FEW_TOKENS(two_tokens, 2, 4)
FEW_TOKENS(three_tokens, 3, 4)
FEW_TOKENS(four_tokens, 4, 2)

// Up to 8 tokens from some lane on.
PARE_AVX2 static void half_panel(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    ptrdiff_t tokens, float *y, const float *bias, int adding) {
  switch (tokens) {
    case 1: one_token(w, block_stride, rows, columns, x, y, bias, adding); break;
    case 2: two_tokens(w, block_stride, rows, columns, x, y, bias, adding); break;
    case 3: three_tokens(w, block_stride, rows, columns, x, y, bias, adding); break;
    case 4: four_tokens(w, block_stride, rows, columns, x, y, bias, adding); break;
    default: narrow_panel(w, block_stride, rows, columns, x, y, bias, adding); break;
  }
}

PARE_AVX2 void pare_dense_product(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride, const float *bias,
    int adding) {
  for (; tokens > 0; tokens -= panel_width, x += x_stride, y += y_stride) {
    if (tokens > lanes + 4) {
      wide_panel(w, block_stride, rows, columns, x, y, bias, adding);
      continue;
    }
    const ptrdiff_t low = tokens < lanes ? tokens : lanes;
    half_panel(w, block_stride, rows, columns, x, low, y, bias, adding);
    if (tokens > low)
      half_panel(
          w, block_stride, rows, columns, x + lanes, tokens - low, y + lanes, bias, adding);
  }
}

// Four columns at a time, which three registers hold: each has its own rows in its lanes.
PARE_AVX2 void pare_widen_codes(
    const int8_t *codes, ptrdiff_t columns, const float *scales, const int32_t *zero_points,
    float *values) {
  enum { period = 4 * block_rows };
  float scale_lanes[period];
  int32_t zero_lanes[period];
  for (int lane = 0; lane < period; lane++) {
    scale_lanes[lane] = scales[lane % block_rows];
    zero_lanes[lane] = zero_points[lane % block_rows];
  }
  const ptrdiff_t count = columns * block_rows;
  ptrdiff_t place = 0;
  for (; place + period <= count; place += period) {
    for (int lane = 0; lane < period; lane += lanes) {
      const __m256i code =
          _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(codes + place + lane)));
      const __m256i zero = _mm256_loadu_si256((const __m256i *)(zero_lanes + lane));
      const __m256 value = _mm256_cvtepi32_ps(_mm256_sub_epi32(code, zero));
      _mm256_storeu_ps(
          values + place + lane, _mm256_mul_ps(value, _mm256_loadu_ps(scale_lanes + lane)));
    }
  }
  for (; place < count; place++)
    values[place] =
        (float)(codes[place] - zero_points[place % block_rows]) * scales[place % block_rows];
}

#else

void pare_dense_product(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride, const float *bias,
    int adding) PARE_UNAVAILABLE

void pare_widen_codes(
    const int8_t *codes, ptrdiff_t columns, const float *scales, const int32_t *zero_points,
    float *values) PARE_UNAVAILABLE

#endif
