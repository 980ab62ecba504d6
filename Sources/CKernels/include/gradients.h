// What a backward pass does to numbers in row-major matrices. Nothing need be aligned, and counts are any.

#ifndef PARE_CKERNELS_GRADIENTS_H
#define PARE_CKERNELS_GRADIENTS_H

#include <stddef.h>
#include <stdint.h>

/// y = f(x).
void pare_gelu_of(const float *x, float *y, ptrdiff_t count);
void pare_gelu_tanh_of(const float *x, float *y, ptrdiff_t count);

/// dx = dy · f′(x), in the place of dy.
void pare_gelu_gradient(const float *x, float *dy, ptrdiff_t count);
void pare_gelu_tanh_gradient(const float *x, float *dy, ptrdiff_t count);

/// Rows of scores become softmax(scale · scores).
void pare_softmax_rows(float *scores, ptrdiff_t rows, ptrdiff_t columns, float scale);

/// dscores = scale · p · (dp − Σ dp · p), row by row, in the place of dp.
void pare_softmax_gradient(
    const float *p, float *dp, ptrdiff_t rows, ptrdiff_t columns, float scale);

/// A stream of random numbers, one for each index: what is dropped at an index depends on the keys alone.
typedef struct {
  uint32_t first_key, second_key;
  /// Numbers below it drop what stands at their index.
  uint32_t threshold;
  /// 1 / the share that is kept.
  float scale;
} PareDropout;

/// y = what is kept of x, times the scale; the first number's index is `index`. May be done in place.
void pare_dropout(PareDropout dropout, uint32_t index, const float *x, float *y, ptrdiff_t count);

/// y = residual + what is kept of x, times the scale.
void pare_dropout_add(
    PareDropout dropout, uint32_t index, const float *x, const float *residual, float *y,
    ptrdiff_t count);

/// With gates [4][hidden] in the order input, forget, cell, output: cells = σ(f) · before + σ(i) · tanh(g) and
/// states = σ(o) · tanh(cells); the gates become the values of their functions. `before` may be null, for zeros.
void pare_lstm_cells(
    float *gates, const float *before, ptrdiff_t hidden, float *cells, float *states);

/// The gradient of the gates in the place of their values, and that of `before` in the place of that of the cells.
void pare_lstm_cells_gradient(
    float *gates, const float *cells, const float *before, ptrdiff_t hidden, const float *dstates,
    float *dcells);

#endif
