#include "sparse.h"

#include "target.h"

#if defined(__x86_64__)
#include "finish.h"

enum { panel_width = 16, lanes = 8, block_rows = 4, largest_panels = 2 };

// A row with one or two panels. Nonzeros go to two sums in turn, as one would wait for itself; with
// two panels, a nonzero is fetched once for 32 tokens.
PARE_INLINE void sparse_row(
    const int panels, const uint8_t *columns, const float *values, uint32_t first, uint32_t last,
    const float *x, ptrdiff_t x_stride, float *y, ptrdiff_t y_stride, const float *bias,
    int adding) {
  __m256 even[2 * largest_panels], odd[2 * largest_panels];
  for (int part = 0; part < 2 * panels; part++)
    even[part] = odd[part] = _mm256_setzero_ps();
  for (uint32_t place = first; place < last; place += 2) {
    const float *even_x = x + panel_width * (ptrdiff_t)columns[place];
    const float *odd_x = x + panel_width * (ptrdiff_t)columns[place + 1];
    const __m256 even_weight = _mm256_broadcast_ss(values + place);
    const __m256 odd_weight = _mm256_broadcast_ss(values + place + 1);
    for (int part = 0; part < 2 * panels; part++) {
      const ptrdiff_t offset = part / 2 * x_stride + part % 2 * lanes;
      even[part] = _mm256_fmadd_ps(even_weight, _mm256_load_ps(even_x + offset), even[part]);
      odd[part] = _mm256_fmadd_ps(odd_weight, _mm256_load_ps(odd_x + offset), odd[part]);
    }
  }
  for (int part = 0; part < 2 * panels; part++) {
    const ptrdiff_t offset = part / 2 * y_stride + part % 2 * lanes;
    finish(_mm256_add_ps(even[part], odd[part]), y + offset, bias, adding);
  }
}

PARE_AVX2 void pare_sparse_rows(
    const uint32_t *starts, const uint8_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding) {
  for (; tokens > panel_width; tokens -= 2 * panel_width, x += 2 * x_stride, y += 2 * y_stride)
    for (ptrdiff_t row = 0; row < rows; row++)
      sparse_row(
          2, columns, values, starts[row], starts[row + 1], x, x_stride, y + row * panel_width,
          y_stride, bias ? bias + row : bias, adding);
  if (tokens > 0)
    for (ptrdiff_t row = 0; row < rows; row++)
      sparse_row(
          1, columns, values, starts[row], starts[row + 1], x, x_stride, y + row * panel_width,
          y_stride, bias ? bias + row : bias, adding);
}

PARE_INLINE void block_row(
    const uint16_t *columns, const float *values, uint32_t first, uint32_t last, const float *x,
    float *y, const float *bias, ptrdiff_t rows, int adding) {
  __m256 low[block_rows], high[block_rows];
  for (int row = 0; row < block_rows; row++) low[row] = high[row] = _mm256_setzero_ps();
  for (uint32_t place = first; place < last; place++) {
    const float *feature = x + panel_width * (ptrdiff_t)columns[place];
    const __m256 x0 = _mm256_load_ps(feature), x1 = _mm256_load_ps(feature + lanes);
    for (int row = 0; row < block_rows; row++) {
      const __m256 weight = _mm256_broadcast_ss(values + (ptrdiff_t)place * block_rows + row);
      low[row] = _mm256_fmadd_ps(weight, x0, low[row]);
      high[row] = _mm256_fmadd_ps(weight, x1, high[row]);
    }
  }
  for (int row = 0; row < block_rows && row < rows; row++, y += panel_width) {
    finish(low[row], y, bias ? bias + row : bias, adding);
    finish(high[row], y + lanes, bias ? bias + row : bias, adding);
  }
}

PARE_AVX2 void pare_sparse_blocks(
    const uint32_t *starts, const uint16_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding) {
  for (; tokens > 0; tokens -= panel_width, x += x_stride, y += y_stride) {
    for (ptrdiff_t row = 0; row < rows; row += block_rows) {
      const uint32_t *start = starts + row / block_rows;
      block_row(
          columns, values, start[0], start[1], x, y + row * panel_width, bias ? bias + row : bias,
          rows - row, adding);
    }
  }
}

#else

void pare_sparse_rows(
    const uint32_t *starts, const uint8_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding) PARE_UNAVAILABLE
void pare_sparse_blocks(
    const uint32_t *starts, const uint16_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding) PARE_UNAVAILABLE

#endif
