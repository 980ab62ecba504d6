/// Sparse products: the nonzeros of a matrix with activations in panels of 16 tokens.

#ifndef PARE_CKERNELS_SPARSE_H
#define PARE_CKERNELS_SPARSE_H

#include <stddef.h>
#include <stdint.h>

/// y[row] = start + Σ w · x[column] over the nonzeros of each of `rows` rows within one block of columns, for
/// the first `tokens` tokens; start is bias[row] (nothing if null), and y[row] + that where `adding`.
///
/// Row r has the nonzeros starts[r] to starts[r + 1], an even number of them, their columns counted from
/// where x begins. x and y are [panel][…][16], their panels `x_stride` and `y_stride` floats apart, aligned
/// to 32 bytes. All lanes of a panel are written.
void pare_sparse_rows(
    const uint32_t *starts, const uint8_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding);

/// The same for blocks of 4 rows that share a column: starts are those of rows of blocks, values are
/// [block][4]. Of the last row of blocks only the first rows may be there.
void pare_sparse_blocks(
    const uint32_t *starts, const uint16_t *columns, const float *values, ptrdiff_t rows,
    const float *x, ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride,
    const float *bias, int adding);

#endif
