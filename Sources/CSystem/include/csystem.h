/// The Linux calls that glibc shows only to C with GNU extensions, and so not to Swift.

#ifndef PARE_CSYSTEM_H
#define PARE_CSYSTEM_H

#include <stdint.h>

/// The number of processors that this process may run on.
int pare_processors(void);

/// Asks the kernel to begin writing a range of a file to its disk, and returns at once.
void pare_start_flushing(int descriptor, int64_t offset, int64_t count);

/// A file that lives in memory and has no name; -1 and errno on failure.
int pare_memory_file(const char *name);

/// Tells the processor that this thread waits in a loop.
static inline void pare_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
