/// One step of a long short-term memory.

#ifndef PARE_CKERNELS_LSTM_H
#define PARE_CKERNELS_LSTM_H

#include <stddef.h>

/// One sequence at one of its tokens; all arrays are aligned to 32 bytes.
typedef struct {
  /// What the inputs give the gates, biases included: [block][4 gates][8 units].
  const float *inputs;
  /// The state before, and after; not the same memory.
  const float *before;
  float *after;
  /// The memory of the cells, in place.
  float *cell;
} PareLSTMSequence;

/// With g = inputs + weights · before: cell = σ(forget) · cell + σ(input) · tanh(cell gate) and
/// after = σ(output) · tanh(cell), for every unit of 1 to 3 sequences.
///
/// Weights are [block][column][4 gates][8 units], gates in the order input, forget, cell, output; a sum runs over its columns in
/// order, whatever the number of sequences.
void pare_lstm_step(
    const float *weights, ptrdiff_t blocks, ptrdiff_t columns, const PareLSTMSequence *sequences,
    int count);

#endif
