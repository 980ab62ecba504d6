#include "lstm.h"

#include "target.h"

#if defined(__x86_64__)
#include "vector_math.h"

enum { lanes = 8, gates = 4, block_size = gates * lanes };

// What a block's gates make of the memory of its units, and the state.
PARE_INLINE void update(const __m256 gate[gates], float *cell, float *after) {
  const __m256 kept = _mm256_mul_ps(sigmoid8(gate[1]), _mm256_load_ps(cell));
  const __m256 memory = _mm256_fmadd_ps(sigmoid8(gate[0]), tanh8(gate[2]), kept);
  _mm256_store_ps(cell, memory);
  _mm256_store_ps(after, _mm256_mul_ps(sigmoid8(gate[3]), tanh8(memory)));
}

// One block of units in `count` sequences: each weight is read once for all of them.
PARE_INLINE void block_of_sequences(
    const int count, const float *w, ptrdiff_t columns, ptrdiff_t block,
    const PareLSTMSequence *sequences) {
  __m256 sums[3][gates];
  for (int s = 0; s < count; s++)
    for (int gate = 0; gate < gates; gate++)
      sums[s][gate] = _mm256_load_ps(sequences[s].inputs + block * block_size + gate * lanes);
  for (ptrdiff_t column = 0; column < columns; column++, w += block_size) {
    __m256 state[3];
    for (int s = 0; s < count; s++) state[s] = _mm256_broadcast_ss(sequences[s].before + column);
    for (int gate = 0; gate < gates; gate++) {
      const __m256 weight = _mm256_load_ps(w + gate * lanes);
      for (int s = 0; s < count; s++)
        sums[s][gate] = _mm256_fmadd_ps(weight, state[s], sums[s][gate]);
    }
  }
  for (int s = 0; s < count; s++)
    update(sums[s], sequences[s].cell + block * lanes, sequences[s].after + block * lanes);
}

// Some neighbouring blocks of one sequence: as many multiplications under way at a time.
PARE_INLINE void blocks_of_sequence(
    const int count, const float *w, ptrdiff_t columns, ptrdiff_t block,
    const PareLSTMSequence *sequence) {
  __m256 sums[3][gates];
  for (int b = 0; b < count; b++)
    for (int gate = 0; gate < gates; gate++)
      sums[b][gate] =
          _mm256_load_ps(sequence->inputs + (block + b) * block_size + gate * lanes);
  for (ptrdiff_t column = 0; column < columns; column++, w += block_size) {
    const __m256 state = _mm256_broadcast_ss(sequence->before + column);
    for (int b = 0; b < count; b++)
      for (int gate = 0; gate < gates; gate++)
        sums[b][gate] = _mm256_fmadd_ps(
            _mm256_load_ps(w + b * columns * block_size + gate * lanes), state, sums[b][gate]);
  }
  for (int b = 0; b < count; b++)
    update(
        sums[b], sequence->cell + (block + b) * lanes, sequence->after + (block + b) * lanes);
}

PARE_AVX2 void pare_lstm_step(
    const float *weights, ptrdiff_t blocks, ptrdiff_t columns, const PareLSTMSequence *sequences,
    int count) {
  const ptrdiff_t stride = columns * block_size;
  ptrdiff_t block = 0;
  if (count == 1) {
    for (; block + 2 <= blocks; block += 2)
      blocks_of_sequence(2, weights + block * stride, columns, block, sequences);
  }
  for (; block < blocks; block++) {
    const float *w = weights + block * stride;
    switch (count) {
      case 1: block_of_sequences(1, w, columns, block, sequences); break;
      case 2: block_of_sequences(2, w, columns, block, sequences); break;
      default: block_of_sequences(3, w, columns, block, sequences); break;
    }
  }
}

#else

void pare_lstm_step(
    const float *weights, ptrdiff_t blocks, ptrdiff_t columns, const PareLSTMSequence *sequences,
    int count) PARE_UNAVAILABLE

#endif
