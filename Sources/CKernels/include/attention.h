/// One head of attention over one sequence.

#ifndef PARE_CKERNELS_ATTENTION_H
#define PARE_CKERNELS_ATTENTION_H

#include <stddef.h>

/// The head's features of some tokens: [panel][…features…][16], panels `stride` floats apart, aligned to
/// 64 bytes; tokens are counted from the first lane of the first panel.
typedef struct {
  float *base;
  ptrdiff_t stride;
} PareHead;

/// context = softmax(scale · q · kᵀ) · v for the queries `first_query` to `last_query`, over the keys and
/// values `first_key` to `last_key` (each last one excluded). Writes no lane of another token.
///
/// `scratch` has room for 16 floats for each key and each feature, and is aligned to 32 bytes.
void pare_attention(
    PareHead queries, ptrdiff_t first_query, ptrdiff_t last_query, PareHead keys, PareHead values,
    ptrdiff_t first_key, ptrdiff_t last_key, ptrdiff_t head_width, float scale, PareHead context,
    float *scratch);

#endif
