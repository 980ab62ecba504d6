#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copenblas.h"

// Debian's name and Fedora's for the build with threads; the unversioned one exists only where development files
// are installed.
static const char *const names[] = {"libopenblas.so.0", "libopenblasp.so.0", "libopenblas.so"};

enum { row_major = 101, plain = 111, transposed = 112, lower = 122 };

static struct {
  void (*sgemm)(
      int, int, int, int32_t, int32_t, int32_t, float, const float *, int32_t, const float *, int32_t,
      float, float *, int32_t);
  void (*dgemm)(
      int, int, int, int32_t, int32_t, int32_t, double, const double *, int32_t, const double *,
      int32_t, double, double *, int32_t);
  void (*dsyrk)(
      int, int, int, int32_t, int32_t, double, const double *, int32_t, double, double *, int32_t);
  void (*ssyrk)(
      int, int, int, int32_t, int32_t, float, const float *, int32_t, float, float *, int32_t);
  // Fortran: all by reference, and the lengths of the two strings at the end.
  void (*dsyevd)(
      const char *, const char *, const int32_t *, double *, const int32_t *, double *, double *,
      const int32_t *, int32_t *, const int32_t *, int32_t *, size_t, size_t);
  void (*dpotrf)(const char *, const int32_t *, double *, const int32_t *, int32_t *, size_t);
  void (*dpotri)(const char *, const int32_t *, double *, const int32_t *, int32_t *, size_t);
  void (*dtrtri)(
      const char *, const char *, const int32_t *, double *, const int32_t *, int32_t *, size_t, size_t);
  const char *(*core)(void);
} blas;

static enum pare_openblas_status status;
static char message[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Only the build with POSIX threads promises that several threads may call it at once.
static int takes_turns;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *symbol(void *handle, const char *name) {
  void *address = dlsym(handle, name);
  if (address == NULL && status == PARE_OPENBLAS_OPEN) {
    status = PARE_OPENBLAS_MISMATCH;
    snprintf(message, sizeof message, "the library has no function %s", name);
  }
  return address;
}

static const char core_variable[] = "OPENBLAS_CORETYPE";

// The kernels that this processor can run, by OpenBLAS's name; NULL for those before AVX2.
static const char *capable_core(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return NULL;
}

// A library older than the processor does not know its model number, and falls back to kernels of 2004, which take
// several times as long. It reads the name of better ones only while it is loaded.
static void *with_capable_core(void *handle, const char *name) {
  const char *(*core)(void) = (const char *(*)(void))dlsym(handle, "openblas_get_corename");
  const char *better = capable_core();
  if (core == NULL || better == NULL || strcmp(core(), "Prescott") != 0 ||
      getenv(core_variable) != NULL)
    return handle;
  setenv(core_variable, better, 0);
  dlclose(handle);
  handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  unsetenv(core_variable);
  return handle;
}

static void *find(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (handle != NULL) return with_capable_core(handle, names[i]);
    const char *reason = dlerror();
    if (i == 0 && reason != NULL) snprintf(message, sizeof message, "%s", reason);
  }
  return NULL;
}

static void open_library(void) {
  void *handle = find();
  if (handle == NULL) {
    status = PARE_OPENBLAS_MISSING;
    return;
  }
  message[0] = 0;
  blas.sgemm = symbol(handle, "cblas_sgemm");
  blas.dgemm = symbol(handle, "cblas_dgemm");
  blas.dsyrk = symbol(handle, "cblas_dsyrk");
  blas.ssyrk = symbol(handle, "cblas_ssyrk");
  blas.dsyevd = symbol(handle, "dsyevd_");
  blas.dpotrf = symbol(handle, "dpotrf_");
  blas.dpotri = symbol(handle, "dpotri_");
  blas.dtrtri = symbol(handle, "dtrtri_");
  blas.core = symbol(handle, "openblas_get_corename");
  void (*set_threads)(int) = symbol(handle, "openblas_set_num_threads");
  int (*parallel)(void) = symbol(handle, "openblas_get_parallel");
  if (status != PARE_OPENBLAS_OPEN) return;
  set_threads(1);
  const int with_threads = 1;
  takes_turns = parallel() != with_threads;
}

enum pare_openblas_status pare_openblas_open(const char **text) {
  pthread_once(&once, open_library);
  *text = message;
  return status;
}

static void begin(void) {
  if (takes_turns) pthread_mutex_lock(&turn);
}

static void end(void) {
  if (takes_turns) pthread_mutex_unlock(&turn);
}

static int transposition(int is_transposed) { return is_transposed ? transposed : plain; }

void pare_sgemm(
    int transposed_a, int transposed_b, int32_t m, int32_t n, int32_t k, float alpha, const float *a,
    int32_t lda, const float *b, int32_t ldb, float beta, float *c, int32_t ldc) {
  begin();
  blas.sgemm(
      row_major, transposition(transposed_a), transposition(transposed_b), m, n, k, alpha, a, lda, b,
      ldb, beta, c, ldc);
  end();
}

void pare_dgemm(
    int transposed_a, int transposed_b, int32_t m, int32_t n, int32_t k, double alpha,
    const double *a, int32_t lda, const double *b, int32_t ldb, double beta, double *c,
    int32_t ldc) {
  begin();
  blas.dgemm(
      row_major, transposition(transposed_a), transposition(transposed_b), m, n, k, alpha, a, lda, b,
      ldb, beta, c, ldc);
  end();
}

void pare_dsyrk(
    int is_transposed, int32_t n, int32_t k, const double *a, int32_t lda, double beta, double *c,
    int32_t ldc) {
  begin();
  blas.dsyrk(row_major, lower, transposition(is_transposed), n, k, 1, a, lda, beta, c, ldc);
  end();
}

void pare_ssyrk(
    int is_transposed, int32_t n, int32_t k, const float *a, int32_t lda, float beta, float *c,
    int32_t ldc) {
  begin();
  blas.ssyrk(row_major, lower, transposition(is_transposed), n, k, 1, a, lda, beta, c, ldc);
  end();
}

void pare_dsyevd_work(int32_t n, int32_t *doubles, int32_t *integers) {
  *doubles = 1 + 6 * n + 2 * n * n;
  *integers = 3 + 5 * n;
}

int32_t pare_dsyevd(
    int wants_vectors, int32_t n, double *matrix, double *values, double *work, int32_t *integers) {
  int32_t doubles_count, integers_count, info = 0;
  pare_dsyevd_work(n, &doubles_count, &integers_count);
  begin();
  // The lower triangle by rows is the upper one by columns.
  blas.dsyevd(
      wants_vectors ? "V" : "N", "U", &n, matrix, &n, values, work, &doubles_count, integers,
      &integers_count, &info, 1, 1);
  end();
  return info;
}

int32_t pare_dpotrf(int32_t n, double *matrix) {
  int32_t info = 0;
  begin();
  // The upper triangle by rows is the lower one by columns.
  blas.dpotrf("L", &n, matrix, &n, &info, 1);
  end();
  return info;
}

int32_t pare_dpotri(int32_t n, double *matrix) {
  int32_t info = 0;
  begin();
  blas.dpotri("L", &n, matrix, &n, &info, 1);
  end();
  return info;
}

int32_t pare_invert_lower(int32_t n, double *matrix) {
  int32_t info = 0;
  begin();
  // The lower triangle by rows is the upper one by columns.
  blas.dpotrf("U", &n, matrix, &n, &info, 1);
  if (info == 0) blas.dtrtri("U", "N", &n, matrix, &n, &info, 1, 1);
  end();
  return info;
}

const char *pare_openblas_core(void) { return blas.core(); }
