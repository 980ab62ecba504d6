/// What is done to each activation alone, and to each token's features together.

#ifndef PARE_CKERNELS_ELEMENTWISE_H
#define PARE_CKERNELS_ELEMENTWISE_H

#include <stddef.h>

/// Each replaces `count` floats, a multiple of 8 and aligned to 32 bytes, by a function of them.
void pare_gelu(float *x, ptrdiff_t count);
void pare_gelu_tanh(float *x, ptrdiff_t count);
void pare_gelu_sigmoid(float *x, ptrdiff_t count);
void pare_relu(float *x, ptrdiff_t count);
void pare_silu(float *x, ptrdiff_t count);
void pare_tanh(float *x, ptrdiff_t count);
void pare_sigmoid(float *x, ptrdiff_t count);

/// x = gain · (z − mean z) / √(variance z + epsilon) + bias over the features of each of 16 tokens, with
/// z = x + residual (or x, where residual is null); x is [features][16], aligned to 32 bytes.
void pare_layer_norm(
    float *x, const float *residual, const float *gain, const float *bias, float epsilon,
    ptrdiff_t features);

#endif
