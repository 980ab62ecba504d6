// OpenBLAS, opened when first needed: linked, it would take 10 ms of every start of a program.
//
// The prototypes are those of CBLAS and LAPACK with 32-bit integers, which have not changed in decades, so
// that no header is needed. Matrices of CBLAS are row-major here; LAPACK's are column-major.

#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stddef.h>
#include <stdint.h>

enum pare_openblas_status {
  PARE_OPENBLAS_OPEN = 0,
  PARE_OPENBLAS_MISSING = 1,
  // There is a library, without the functions that are needed.
  PARE_OPENBLAS_MISMATCH = 2,
};

/// Opens the library, once for the process, and makes each of its calls run on the thread that makes it. The text
/// says what is wrong, if anything is, and lives for ever.
enum pare_openblas_status pare_openblas_open(const char **text);

// What follows may be called, from any thread, after the library has been opened.

/// C = alpha · A · B + beta · C, where A, or its transpose, is [m, k], B, or its transpose, [k, n] and C [m, n].
void pare_sgemm(
    int transposed_a, int transposed_b, int32_t m, int32_t n, int32_t k, float alpha, const float *a,
    int32_t lda, const float *b, int32_t ldb, float beta, float *c, int32_t ldc);
void pare_dgemm(
    int transposed_a, int transposed_b, int32_t m, int32_t n, int32_t k, double alpha,
    const double *a, int32_t lda, const double *b, int32_t ldb, double beta, double *c, int32_t ldc);

/// C = A · Aᵀ + beta · C, or Aᵀ · A + beta · C where transposed, for the lower triangle of C [n, n], the other length
/// of A being k.
void pare_dsyrk(
    int transposed, int32_t n, int32_t k, const double *a, int32_t lda, double beta, double *c,
    int32_t ldc);

/// The same in single precision.
void pare_ssyrk(
    int transposed, int32_t n, int32_t k, const float *a, int32_t lda, float beta, float *c,
    int32_t ldc);

/// The eigenvalues of a symmetric matrix [n, n], of which the lower triangle is given, in ascending order; its rows
/// become the eigenvectors if they are wanted, rubbish otherwise. Not 0 if the method does not converge.
///
/// The work areas have the sizes that `pare_dsyevd_work` tells; n is at most 30000.
int32_t pare_dsyevd(
    int wants_vectors, int32_t n, double *matrix, double *values, double *work, int32_t *integers);
void pare_dsyevd_work(int32_t n, int32_t *doubles, int32_t *integers);

/// The upper triangular U [n, n] of which UᵀU is a symmetric, positive definite matrix, of which the upper triangle is
/// given; it is replaced, what lies below stays. Not 0 if the matrix is not positive definite.
int32_t pare_dpotrf(int32_t n, double *matrix);

/// The upper triangle of the inverse of UᵀU, in the place of U. Not 0 if U is singular.
int32_t pare_dpotri(int32_t n, double *matrix);

/// The lower triangular L⁻¹ [n, n], L · Lᵀ being a symmetric, positive definite matrix, of which the lower triangle is
/// given; it is replaced, what lies above stays. Not 0 if the matrix is not positive definite.
int32_t pare_invert_lower(int32_t n, double *matrix);

/// The processor for which the library's kernels are, by its own name, as "Haswell".
const char *pare_openblas_core(void);

#endif
