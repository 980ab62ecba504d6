/// Dense products: a packed matrix with activations in panels of 16 tokens.

#ifndef PARE_CKERNELS_DENSE_H
#define PARE_CKERNELS_DENSE_H

#include <stddef.h>
#include <stdint.h>

/// y[row] = start + Σ_k w[row][k] · x[k] for `rows` rows and the first `tokens` tokens, where start is
/// bias[row] (nothing if null), and y[row] + that where `adding`.
///
/// w is [row block][columns][6], its blocks `block_stride` floats apart; x is [panel][columns][16] and y
/// is [panel][rows][16], their panels `x_stride` and `y_stride` floats apart. x and y are aligned to 32
/// bytes. Lanes beyond the tokens are written up to the next multiple of 8.
void pare_dense_product(
    const float *w, ptrdiff_t block_stride, ptrdiff_t rows, ptrdiff_t columns, const float *x,
    ptrdiff_t x_stride, ptrdiff_t tokens, float *y, ptrdiff_t y_stride, const float *bias,
    int adding);

/// The values scale · (code − zero point) of int8 codes [columns][6 rows], each row having a scale and a zero
/// point.
void pare_widen_codes(
    const int8_t *codes, ptrdiff_t columns, const float *scales, const int32_t *zero_points,
    float *values);

#endif
