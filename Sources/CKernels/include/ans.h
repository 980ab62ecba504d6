/// Decoding of 8 interleaved states of asymmetric numeral systems, all side by side.

#ifndef PARE_CKERNELS_ANS_H
#define PARE_CKERNELS_ANS_H

#include <stddef.h>
#include <stdint.h>

/// States in 2¹⁶ … 2³² − 1, and the words of 16 bits that they are filled up from.
typedef struct {
  uint32_t states[8];
  const uint8_t *words;
  const uint8_t *end;
} PareANS;

/// Takes symbols in groups of 8, one from each state, while there is a whole group and 16 bytes are left;
/// returns how many were taken.
///
/// A slot is bias << 20 | (frequency − 1) << 8 | symbol, and there are 4096 for each context; contexts, one
/// for each symbol, may be null where there is one alone.
ptrdiff_t pare_ans_symbols(
    PareANS *coder, ptrdiff_t count, const uint32_t *slots, const uint8_t *contexts,
    uint8_t *symbols);

/// The same for bits, each being 1 in probability / 2¹⁴ of all cases; written as bytes 0 and 1.
ptrdiff_t pare_ans_bits(
    PareANS *coder, ptrdiff_t count, const uint16_t *probabilities, uint8_t *bits);

#endif
