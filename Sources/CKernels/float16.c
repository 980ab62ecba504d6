#include "ckernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

int pare_has_f16c(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
}

int pare_has_avx2(void) { return pare_has_f16c() && __builtin_cpu_supports("fma"); }

// Eight lanes at a time; the rest of a call passes through a zero-filled block of eight, so that
// every element takes the same instructions.
__attribute__((target("avx2,f16c")))
static size_t narrow8(const void *source, void *target) {
  const __m256 values = _mm256_loadu_ps(source);
  const __m128i halves = _mm256_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT);
  _mm_storeu_si128(target, halves);
  const __m256 magnitudes = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), values);
  // 65520 is half-way between the largest half and the next power of two: it rounds to infinity.
  const __m256 above = _mm256_cmp_ps(magnitudes, _mm256_set1_ps(65520.0f), _CMP_GE_OQ);
  const __m256 finite =
      _mm256_cmp_ps(magnitudes, _mm256_set1_ps(__builtin_inff()), _CMP_LT_OQ);
  return (size_t)__builtin_popcount(
      (unsigned)_mm256_movemask_ps(_mm256_and_ps(above, finite)));
}

__attribute__((target("avx2,f16c")))
size_t pare_f16_from_f32(const void *source, void *target, size_t count) {
  const char *in = source;
  char *out = target;
  size_t overflows = 0;
  for (; count >= 8; count -= 8, in += 32, out += 16) overflows += narrow8(in, out);
  if (count > 0) {
    float block[8] = {0};
    uint16_t halves[8];
    memcpy(block, in, count * 4);
    overflows += narrow8(block, halves);
    memcpy(out, halves, count * 2);
  }
  return overflows;
}

__attribute__((target("avx2,f16c")))
void pare_f32_from_f16(const void *source, void *target, size_t count) {
  const char *in = source;
  char *out = target;
  for (; count >= 8; count -= 8, in += 16, out += 32)
    _mm256_storeu_ps((float *)out, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)in)));
  if (count > 0) {
    uint16_t halves[8] = {0};
    float block[8];
    memcpy(halves, in, count * 2);
    _mm256_storeu_ps(block, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves)));
    memcpy(out, block, count * 4);
  }
}

#else

int pare_has_f16c(void) { return 0; }
int pare_has_avx2(void) { return 0; }
size_t pare_f16_from_f32(const void *source, void *target, size_t count) {
  (void)source, (void)target, (void)count;
  return 0;
}
void pare_f32_from_f16(const void *source, void *target, size_t count) {
  (void)source, (void)target, (void)count;
}

#endif
