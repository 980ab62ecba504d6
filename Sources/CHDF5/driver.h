// A file driver for libhdf5 on the child's one descriptor.
//
// libhdf5's own drivers open a path, and /proc/self/fd/3 is one; but they resolve it with realpath, which fails on a
// memfd and on a file that has been unlinked or renamed since it was opened.

#ifndef CHDF5_DRIVER_H
#define CHDF5_DRIVER_H

#include "library.h"

// Fresh file access properties with the driver in them; the caller closes them. libhdf5 then opens CHDF5_DRIVER_NAME.
hid_t chdf5_driver_access(void);

#define CHDF5_DRIVER_NAME "the file"

// errno of the last read or write that failed, 0 if none did: libhdf5 itself only says that the driver failed.
int chdf5_driver_errno(void);

#endif
