#include "attention.h"

#include "target.h"

#if defined(__x86_64__)
#include "vector_math.h"

enum { block_rows = 6, panel_width = 16, lanes = 8, keys_at_a_time = 128 };

// Nothing is packed or gathered: queries are taken where they stand, 8 or 16 lanes at a time, whoever
// the other lanes belong to, and rows of keys and of values are broadcast from their panels.

// Scores of some keys, neighbours in a panel, with 8 · halves queries; each is one chain over the
// features.
PARE_INLINE void score_block(
    const int rows, const int halves, const float *keys, const float *queries,
    ptrdiff_t head_width, float *scores) {
  __m256 sums[2 * block_rows];
  for (int place = 0; place < halves * rows; place++) sums[place] = _mm256_setzero_ps();
  for (ptrdiff_t feature = 0; feature < head_width; feature++) {
    __m256 query[2];
    for (int half = 0; half < halves; half++) query[half] = _mm256_load_ps(queries + half * lanes);
    for (int row = 0; row < rows; row++) {
      const __m256 key = _mm256_broadcast_ss(keys + row);
      for (int half = 0; half < halves; half++)
        sums[row * halves + half] =
            _mm256_fmadd_ps(key, query[half], sums[row * halves + half]);
    }
    keys += panel_width;
    queries += panel_width;
  }
  for (int row = 0; row < rows; row++)
    for (int half = 0; half < halves; half++)
      _mm256_store_ps(scores + row * panel_width + half * lanes, sums[row * halves + half]);
}

// A contiguous run of the tokens of a sequence within one panel.
typedef struct {
  ptrdiff_t panel, lane, count;
} Run;

PARE_INLINE Run run_at(ptrdiff_t token, ptrdiff_t last) {
  const ptrdiff_t lane = token % panel_width;
  const ptrdiff_t room = panel_width - lane, left = last - token;
  return (Run){token / panel_width, lane, left < room ? left : room};
}

// The size of the next block of rows, so that all that are left are about as large: small ones
// leave the multipliers waiting.
PARE_INLINE ptrdiff_t next_block(ptrdiff_t left, ptrdiff_t largest) {
  const ptrdiff_t blocks = (left + largest - 1) / largest;
  return (left + blocks - 1) / blocks;
}

#define CASES_TO_6(call) \
  case 1: call(1); break; \
  case 2: call(2); break; \
  case 3: call(3); break; \
  case 4: call(4); break; \
  case 5: call(5); break; \
  case 6: call(6); break;
#define CASES_TO_12(call) \
  CASES_TO_6(call) \
  case 7: call(7); break; \
  case 8: call(8); break; \
  case 9: call(9); break; \
  case 10: call(10); break; \
  case 11: call(11); break; \
  case 12: call(12); break;

PARE_AVX2 static void score_all(
    const int halves, const float *queries, PareHead keys, ptrdiff_t first, ptrdiff_t last,
    ptrdiff_t head_width, float *scores) {
  while (first < last) {
    const Run run = run_at(first, last);
    const float *panel = keys.base + run.panel * keys.stride + run.lane;
    for (ptrdiff_t done = 0; done < run.count;) {
      const ptrdiff_t rows = next_block(run.count - done, halves == 2 ? 6 : 12);
      const float *key = panel + done;
      if (halves == 2) {
#define CALL(rows) score_block(rows, 2, key, queries, head_width, scores)
        switch (rows) { CASES_TO_6(CALL) }
#undef CALL
      } else {
#define CALL(rows) score_block(rows, 1, key, queries, head_width, scores)
        switch (rows) { CASES_TO_12(CALL) }
#undef CALL
      }
      scores += rows * panel_width;
      done += rows;
    }
    first += run.count;
  }
}

// Turns scores [key][8 · halves queries] into e^(scale · score − largest), and leaves 1 / their sum.
PARE_INLINE void exponentials(
    const int halves, float *scores, ptrdiff_t count, float scale, __m256 inverse[2]) {
  const __m256 factor = _mm256_set1_ps(scale);
  __m256 largest[2], sum[2];
  for (int half = 0; half < halves; half++) {
    largest[half] = _mm256_set1_ps(-__builtin_inff());
    sum[half] = _mm256_setzero_ps();
  }
  for (ptrdiff_t key = 0; key < count; key++)
    for (int half = 0; half < halves; half++) {
      const __m256 score = _mm256_load_ps(scores + key * panel_width + half * lanes);
      largest[half] = _mm256_max_ps(largest[half], _mm256_mul_ps(score, factor));
    }
  for (ptrdiff_t key = 0; key < count; key++)
    for (int half = 0; half < halves; half++) {
      float *place = scores + key * panel_width + half * lanes;
      const __m256 e = exp8(_mm256_fmsub_ps(_mm256_load_ps(place), factor, largest[half]));
      _mm256_store_ps(place, e);
      sum[half] = _mm256_add_ps(sum[half], e);
    }
  for (int half = 0; half < halves; half++)
    inverse[half] = _mm256_div_ps(_mm256_set1_ps(1.0f), sum[half]);
}

// Adds some keys' part to some features of the context of 8 · halves queries; each is one chain over
// the keys, whose links between parts pass through memory.
PARE_INLINE void context_block(
    const int rows, const int halves, PareHead values, ptrdiff_t first, ptrdiff_t last,
    const float *weights, float *context) {
  __m256 sums[2 * block_rows];
  for (int row = 0; row < rows; row++)
    for (int half = 0; half < halves; half++)
      sums[row * halves + half] = _mm256_load_ps(context + row * panel_width + half * lanes);
  while (first < last) {
    const Run run = run_at(first, last);
    const float *value = values.base + run.panel * values.stride + run.lane;
    for (ptrdiff_t key = 0; key < run.count; key++, value++, weights += panel_width) {
      __m256 weight[2];
      for (int half = 0; half < halves; half++)
        weight[half] = _mm256_load_ps(weights + half * lanes);
      for (int row = 0; row < rows; row++) {
        const __m256 feature = _mm256_broadcast_ss(value + row * panel_width);
        for (int half = 0; half < halves; half++)
          sums[row * halves + half] =
              _mm256_fmadd_ps(feature, weight[half], sums[row * halves + half]);
      }
    }
    first += run.count;
  }
  for (int row = 0; row < rows; row++)
    for (int half = 0; half < halves; half++)
      _mm256_store_ps(context + row * panel_width + half * lanes, sums[row * halves + half]);
}

PARE_AVX2 static void context_part(
    const int halves, PareHead values, ptrdiff_t first, ptrdiff_t last, ptrdiff_t head_width,
    const float *weights, float *context) {
  for (ptrdiff_t done = 0; done < head_width;) {
    const ptrdiff_t rows = next_block(head_width - done, halves == 2 ? 6 : 12);
    const PareHead part = {values.base + done * panel_width, values.stride};
    float *target = context + done * panel_width;
    if (halves == 2) {
#define CALL(rows) context_block(rows, 2, part, first, last, weights, target)
      switch (rows) { CASES_TO_6(CALL) }
#undef CALL
    } else {
#define CALL(rows) context_block(rows, 1, part, first, last, weights, target)
      switch (rows) { CASES_TO_12(CALL) }
#undef CALL
    }
    done += rows;
  }
}

// The context of 8 · halves queries, some keys at a time, so that what belongs to them is in the
// first-level cache for all features.
PARE_INLINE void context_all(
    const int halves, PareHead values, ptrdiff_t first, ptrdiff_t last, ptrdiff_t head_width,
    const float *weights, const __m256 inverse[2], float *context) {
  for (ptrdiff_t feature = 0; feature < head_width; feature++)
    for (int half = 0; half < halves; half++)
      _mm256_store_ps(context + feature * panel_width + half * lanes, _mm256_setzero_ps());
  while (first < last) {
    const ptrdiff_t end = first + keys_at_a_time < last ? first + keys_at_a_time : last;
    context_part(halves, values, first, end, head_width, weights, context);
    weights += (end - first) * panel_width;
    first = end;
  }
  for (ptrdiff_t feature = 0; feature < head_width; feature++)
    for (int half = 0; half < halves; half++) {
      float *place = context + feature * panel_width + half * lanes;
      _mm256_store_ps(place, _mm256_mul_ps(_mm256_load_ps(place), inverse[half]));
    }
}

PARE_INLINE void head(
    const int halves, const float *queries, PareHead keys, PareHead values, ptrdiff_t first,
    ptrdiff_t last, ptrdiff_t head_width, float scale, float *scores, float *context) {
  __m256 inverse[2];
  score_all(halves, queries, keys, first, last, head_width, scores);
  exponentials(halves, scores, last - first, scale, inverse);
  context_all(halves, values, first, last, head_width, scores, inverse, context);
}

// Copies the lanes of some tokens and no others: those belong to other threads at this moment.
PARE_INLINE void scatter(
    const float *from, float *to, ptrdiff_t lane, ptrdiff_t count, ptrdiff_t head_width) {
  for (ptrdiff_t feature = 0; feature < head_width; feature++) {
    const float *source = from + feature * panel_width;
    float *target = to + feature * panel_width;
    if (lane == 0 && count == panel_width) {
      _mm256_store_ps(target, _mm256_load_ps(source));
      _mm256_store_ps(target + lanes, _mm256_load_ps(source + lanes));
    } else {
      for (ptrdiff_t place = lane; place < lane + count; place++) target[place] = source[place];
    }
  }
}

PARE_AVX2 void pare_attention(
    PareHead queries, ptrdiff_t first_query, ptrdiff_t last_query, PareHead keys, PareHead values,
    ptrdiff_t first_key, ptrdiff_t last_key, ptrdiff_t head_width, float scale, PareHead context,
    float *scratch) {
  float *result = scratch + (last_key - first_key) * panel_width;
  while (first_query < last_query) {
    const Run run = run_at(first_query, last_query);
    // Where only one half of the panel has queries of ours, only that half is worked on.
    const int has_low = run.lane < lanes, has_high = run.lane + run.count > lanes;
    const int offset = has_low ? 0 : lanes;
    const float *query = queries.base + run.panel * queries.stride + offset;
    float *scores = scratch + offset, *target = result + offset;
    if (has_low && has_high) {
      head(2, query, keys, values, first_key, last_key, head_width, scale, scores, target);
    } else {
      head(1, query, keys, values, first_key, last_key, head_width, scale, scores, target);
    }
    scatter(
        result, context.base + run.panel * context.stride, run.lane, run.count, head_width);
    first_query += run.count;
  }
}

#else

void pare_attention(
    PareHead queries, ptrdiff_t first_query, ptrdiff_t last_query, PareHead keys, PareHead values,
    ptrdiff_t first_key, ptrdiff_t last_key, ptrdiff_t head_width, float scale, PareHead context,
    float *scratch) PARE_UNAVAILABLE

#endif
