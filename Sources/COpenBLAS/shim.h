// Dense algebra. Only what multiplies matrices links it: it doubles the time that a program takes to start.

#ifndef PARE_COPENBLAS_SHIM_H
#define PARE_COPENBLAS_SHIM_H

#include <cblas.h>

#endif
