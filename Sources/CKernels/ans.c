#include "ans.h"

#include "target.h"

#if defined(__x86_64__)
#include <string.h>

enum { lanes = 8, slot_bits = 12, bit_precision = 14 };

// For each set of lanes that take a word the index of the word that each takes.
#define WORDS_1(m) \
  {0, (m) & 1, COUNT((m) & 3), COUNT((m) & 7), COUNT((m) & 15), COUNT((m) & 31), \
   COUNT((m) & 63), COUNT((m) & 127)}
#define COUNT(m) (uint8_t)__builtin_popcount(m)
#define WORDS_4(m) WORDS_1(m), WORDS_1((m) + 1), WORDS_1((m) + 2), WORDS_1((m) + 3)
#define WORDS_16(m) WORDS_4(m), WORDS_4((m) + 4), WORDS_4((m) + 8), WORDS_4((m) + 12)
#define WORDS_64(m) WORDS_16(m), WORDS_16((m) + 16), WORDS_16((m) + 32), WORDS_16((m) + 48)
static const uint8_t words_of[256][lanes] = {
    WORDS_64(0), WORDS_64(64), WORDS_64(128), WORDS_64(192)};

// States below 2¹⁶ move up and take the next words, in the order of the lanes.
PARE_INLINE __m256i filled(__m256i states, const uint8_t **words) {
  const __m256i low = _mm256_cmpeq_epi32(_mm256_srli_epi32(states, 16), _mm256_setzero_si256());
  const unsigned taking = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(low));
  const __m256i next = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)*words));
  const __m256i order =
      _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)words_of[taking]));
  const __m256i moved = _mm256_or_si256(
      _mm256_slli_epi32(states, 16), _mm256_permutevar8x32_epi32(next, order));
  *words += 2 * __builtin_popcount(taking);
  return _mm256_blendv_epi8(states, moved, low);
}

// The lowest byte of each lane.
PARE_INLINE void store_bytes(__m256i values, uint8_t *bytes) {
  const __m256i first = _mm256_setr_epi8(
      0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1, -1,
      -1, -1, -1, -1, -1, -1, -1, -1);
  const __m256i gathered = _mm256_shuffle_epi8(values, first);
  const __m128i both = _mm_unpacklo_epi32(
      _mm256_castsi256_si128(gathered), _mm256_extracti128_si256(gathered, 1));
  _mm_storel_epi64((__m128i *)bytes, both);
}

PARE_INLINE ptrdiff_t take_symbols(
    PareANS *coder, ptrdiff_t count, const uint32_t *slots, const uint8_t *contexts,
    uint8_t *symbols) {
  const __m256i mask = _mm256_set1_epi32((1 << slot_bits) - 1);
  const __m256i one = _mm256_set1_epi32(1);
  __m256i states = _mm256_loadu_si256((const __m256i *)coder->states);
  const uint8_t *words = coder->words;
  ptrdiff_t place = 0;
  for (; place + lanes <= count && coder->end - words >= 2 * lanes; place += lanes) {
    __m256i slot = _mm256_and_si256(states, mask);
    if (contexts) {
      const __m256i context =
          _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(contexts + place)));
      slot = _mm256_or_si256(slot, _mm256_slli_epi32(context, slot_bits));
    }
    const __m256i entry = _mm256_i32gather_epi32((const int *)slots, slot, 4);
    store_bytes(entry, symbols + place);
    const __m256i frequency =
        _mm256_add_epi32(_mm256_and_si256(_mm256_srli_epi32(entry, 8), mask), one);
    const __m256i above = _mm256_srli_epi32(states, slot_bits);
    states = _mm256_add_epi32(
        _mm256_mullo_epi32(frequency, above), _mm256_srli_epi32(entry, 20));
    states = filled(states, &words);
  }
  _mm256_storeu_si256((__m256i *)coder->states, states);
  coder->words = words;
  return place;
}

PARE_AVX2 ptrdiff_t pare_ans_symbols(
    PareANS *coder, ptrdiff_t count, const uint32_t *slots, const uint8_t *contexts,
    uint8_t *symbols) {
  return contexts ? take_symbols(coder, count, slots, contexts, symbols)
                  : take_symbols(coder, count, slots, NULL, symbols);
}

PARE_AVX2 ptrdiff_t pare_ans_bits(
    PareANS *coder, ptrdiff_t count, const uint16_t *probabilities, uint8_t *bits) {
  const __m256i mask = _mm256_set1_epi32((1 << bit_precision) - 1);
  const __m256i total = _mm256_set1_epi32(1 << bit_precision);
  const __m256i one = _mm256_set1_epi32(1);
  __m256i states = _mm256_loadu_si256((const __m256i *)coder->states);
  const uint8_t *words = coder->words;
  ptrdiff_t place = 0;
  for (; place + lanes <= count && coder->end - words >= 2 * lanes; place += lanes) {
    const __m256i ones =
        _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(probabilities + place)));
    const __m256i slot = _mm256_and_si256(states, mask);
    const __m256i is_one = _mm256_cmpgt_epi32(ones, slot);
    store_bytes(_mm256_and_si256(is_one, one), bits + place);
    const __m256i frequency = _mm256_blendv_epi8(_mm256_sub_epi32(total, ones), ones, is_one);
    const __m256i bias = _mm256_sub_epi32(slot, _mm256_andnot_si256(is_one, ones));
    const __m256i above = _mm256_srli_epi32(states, bit_precision);
    states = filled(_mm256_add_epi32(_mm256_mullo_epi32(frequency, above), bias), &words);
  }
  _mm256_storeu_si256((__m256i *)coder->states, states);
  coder->words = words;
  return place;
}

#else

ptrdiff_t pare_ans_symbols(
    PareANS *coder, ptrdiff_t count, const uint32_t *slots, const uint8_t *contexts,
    uint8_t *symbols) PARE_UNAVAILABLE

ptrdiff_t pare_ans_bits(
    PareANS *coder, ptrdiff_t count, const uint16_t *probabilities, uint8_t *bits) PARE_UNAVAILABLE

#endif
