// Functions of eight numbers at a time. Rational functions are minimax fits (relative error, Lawson's
// iteration); tests hold all of them within a few units of the last place.

#ifndef PARE_CKERNELS_VECTOR_MATH_H
#define PARE_CKERNELS_VECTOR_MATH_H

#include "target.h"

#if defined(__x86_64__)

// e^x for x ≤ 88; below -87, where the result is no longer a normal number, 0.
PARE_INLINE __m256 exp8(__m256 x) {
  const __m256 least = _mm256_set1_ps(-87.0f);
  const __m256 vanishes = _mm256_cmp_ps(x, least, _CMP_LT_OQ);
  x = _mm256_min_ps(_mm256_max_ps(x, least), _mm256_set1_ps(88.0f));
  // x = n ln 2 + r, the logarithm in two parts so that r loses nothing.
  const __m256 n = _mm256_round_ps(
      _mm256_mul_ps(x, _mm256_set1_ps(0x1.715476p+0f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.62e4p-1f), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.7f7d1cp-20f), r);
  // e^r = 1 + r + r² p(r)
  __m256 p = _mm256_set1_ps(0.00138144646f);
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.00836878065f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.0416683943f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.166665201f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.499999934f));
  const __m256 e = _mm256_fmadd_ps(
      _mm256_mul_ps(r, r), p, _mm256_add_ps(r, _mm256_set1_ps(1.0f)));
  // Times 2^n, by its exponent.
  const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
  const __m256 result = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(e), power));
  return _mm256_andnot_ps(vanishes, result);
}

PARE_INLINE __m256 magnitude8(__m256 x) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

// 1 with the sign of x.
PARE_INLINE __m256 sign8(__m256 x) {
  return _mm256_or_ps(_mm256_and_ps(_mm256_set1_ps(-0.0f), x), _mm256_set1_ps(1.0f));
}

// erf x = x P(x²) / Q(x²); at 3.93 a single is ±1.
PARE_INLINE __m256 erf8(__m256 x) {
  const __m256 limit = _mm256_set1_ps(3.93f);
  const __m256 saturates = _mm256_cmp_ps(magnitude8(x), limit, _CMP_GE_OQ);
  const __m256 z = _mm256_mul_ps(x, x);
  __m256 p = _mm256_set1_ps(2.04214481e-6f);
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.000284793634f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.00377881589f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.0527878125f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.190764915f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(1.12837915f));
  __m256 q = _mm256_set1_ps(3.80051184e-5f);
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.0011650266f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.0149958334f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.114249732f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.502393727f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(1.0f));
  const __m256 ratio = _mm256_div_ps(_mm256_mul_ps(x, p), q);
  return _mm256_blendv_ps(ratio, sign8(x), saturates);
}

// tanh x = x P(x²) / Q(x²); at 8.6 it is taken to be ±1.
PARE_INLINE __m256 tanh8(__m256 x) {
  const __m256 limit = _mm256_set1_ps(8.6f);
  const __m256 saturates = _mm256_cmp_ps(magnitude8(x), limit, _CMP_GE_OQ);
  const __m256 z = _mm256_mul_ps(x, x);
  __m256 p = _mm256_set1_ps(1.40830973e-8f);
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(2.11228672e-5f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.00352643239f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.134069017f));
  p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.999999987f));
  __m256 q = _mm256_set1_ps(8.07090351e-7f);
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.000333631974f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.0259940185f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(0.467402233f));
  q = _mm256_fmadd_ps(q, z, _mm256_set1_ps(1.0f));
  const __m256 ratio = _mm256_div_ps(_mm256_mul_ps(x, p), q);
  return _mm256_blendv_ps(ratio, sign8(x), saturates);
}

// 1 / (1 + e^-x)
PARE_INLINE __m256 sigmoid8(__m256 x) {
  const __m256 one = _mm256_set1_ps(1.0f);
  const __m256 e = exp8(_mm256_xor_ps(_mm256_set1_ps(-0.0f), x));
  return _mm256_div_ps(one, _mm256_add_ps(one, e));
}

// x Φ(x)
PARE_INLINE __m256 gelu8(__m256 x) {
  const __m256 e = erf8(_mm256_mul_ps(x, _mm256_set1_ps(0x1.6a09e6p-1f)));
  const __m256 half = _mm256_mul_ps(x, _mm256_set1_ps(0.5f));
  return _mm256_fmadd_ps(half, e, half);
}

// The hyperbolic tangent in GELU's approximation.
PARE_INLINE __m256 gelu_tanh_inner8(__m256 x) {
  const __m256 cube = _mm256_mul_ps(_mm256_mul_ps(x, x), x);
  const __m256 inner = _mm256_fmadd_ps(cube, _mm256_set1_ps(0.044715f), x);
  return tanh8(_mm256_mul_ps(inner, _mm256_set1_ps(0.79788456f)));
}

PARE_INLINE __m256 gelu_tanh8(__m256 x) {
  const __m256 half = _mm256_mul_ps(x, _mm256_set1_ps(0.5f));
  return _mm256_fmadd_ps(half, gelu_tanh_inner8(x), half);
}

#endif
#endif
