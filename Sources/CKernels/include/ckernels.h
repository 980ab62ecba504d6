/// The few loops for which the compiler's own vectors are not enough: each needs instructions
/// beyond the x86-64 baseline, is chosen at run time, and has a plain Swift twin in Kernels.

#ifndef PARE_CKERNELS_H
#define PARE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "ans.h"
#include "attention.h"
#include "dense.h"
#include "elementwise.h"
#include "gradients.h"
#include "int8.h"
#include "lstm.h"
#include "sparse.h"

/// Whether this processor has AVX2 and F16C, and the kernel of the same name may be called.
int pare_has_f16c(void);

/// Whether this processor has AVX2, FMA and F16C, which all other kernels need.
int pare_has_avx2(void);

/// Rounds `count` IEEE singles to halves, to nearest even; neither side need be aligned.
/// Returns how many finite values became infinite.
size_t pare_f16_from_f32(const void *source, void *target, size_t count);

/// Widens `count` IEEE halves to singles; neither side need be aligned.
void pare_f32_from_f16(const void *source, void *target, size_t count);

#endif
