// Included first, before any system header: pipe2, close_range and prctl are Linux's own.

#ifndef CHDF5_SYSTEM_H
#define CHDF5_SYSTEM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#endif
