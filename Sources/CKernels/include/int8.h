/// Products of int8 weights with activations that are quantized token by token.

#ifndef PARE_CKERNELS_INT8_H
#define PARE_CKERNELS_INT8_H

#include <stddef.h>
#include <stdint.h>

/// Quantizes 16 tokens to codes in 0…127: x ≈ scale · (code − zero point), the range of a token's features
/// and zero being spread over the codes.
///
/// x is [features][16], aligned to 32 bytes; codes are [⌈features / 4⌉][16][4], aligned to 32 bytes, the
/// last filled up with zeros; scales and zero points are [16].
void pare_quantize_panel(
    const float *x, ptrdiff_t features, uint8_t *codes, float *scales, int32_t *zero_points);

/// Quantizes a row of weights to codes −127…127 = value / scale, ties to even, and returns the scale: the
/// largest magnitude / 127.
float pare_quantize_row(const float *values, ptrdiff_t count, int8_t *codes);

/// Weights as [row block][⌈columns / 4⌉][6 rows][4 columns], with scales and sums of codes as [row
/// block][group][6 rows].
typedef struct {
  const int8_t *codes;
  const float *scales;
  const int32_t *sums;
  ptrdiff_t columns;
  /// Those after the first begin at a multiple of 4 columns.
  ptrdiff_t groups;
} PareInt8Weights;

/// Activations as `pare_quantize_panel` makes them, panel after panel.
typedef struct {
  const uint8_t *codes;
  const float *scales;
  const int32_t *zero_points;
} PareInt8Activations;

/// y[row] = start + x scale · Σ_groups w scale · (Σ_k w · x − x zero point · Σ_k w) for `rows` rows and the
/// first `tokens` tokens, where start is bias[row] (nothing if null), and y[row] + that where `adding`.
///
/// Exact up to the last multiplications: two products of 7 and 8 bits fit 16, and 65536 of them fit 32. y is
/// [panel][rows][16], its panels `y_stride` floats apart, aligned to 32 bytes. Lanes beyond the tokens are
/// written up to the next multiple of 8.
void pare_int8_product(
    PareInt8Weights w, ptrdiff_t rows, PareInt8Activations x, ptrdiff_t tokens, float *y,
    ptrdiff_t y_stride, const float *bias, int adding);

#endif
