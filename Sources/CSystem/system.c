#define _GNU_SOURCE
#include "csystem.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>

int pare_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

void pare_start_flushing(int descriptor, int64_t offset, int64_t count) {
  // Only a hint: a file system that cannot is flushed at the end all the same.
  (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int pare_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
