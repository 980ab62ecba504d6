#include "system.h"

#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"

// Begins with libhdf5's part, which it fills and which it passes around.
struct file {
  H5FD_t common;
  haddr_t end_of_allocation;
};

static int failure;

int chdf5_driver_errno(void) { return failure; }

static H5FD_t *file_open(const char *name, unsigned flags, hid_t access, haddr_t maximum) {
  (void)name, (void)flags, (void)access, (void)maximum;
  // libhdf5 opens twice, first without the flags that create.
  return calloc(1, sizeof(struct file));
}

static herr_t file_close(H5FD_t *file) {
  free(file);
  return 0;
}

static herr_t query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  // Those of libhdf5's own driver, without the one that brings in the path and the one for concurrent writers. So a
  // version 3 file that its writer never closed is read: its structure has checksums.
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t get_end_of_allocation(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const struct file *)file)->end_of_allocation;
}

static herr_t set_end_of_allocation(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((struct file *)file)->end_of_allocation = address;
  return 0;
}

static haddr_t get_end_of_file(const H5FD_t *file, H5FD_mem_t type) {
  (void)file, (void)type;
  struct stat status;
  return fstat(CHDF5_CHILD_FILE, &status) == 0 ? (haddr_t)status.st_size : HADDR_UNDEF;
}

static herr_t file_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer) {
  (void)file, (void)type, (void)transfer;
  // pread and pwrite: the position is the parent's too.
  for (uint8_t *bytes = buffer; size > 0;) {
    ssize_t count = pread(CHDF5_CHILD_FILE, bytes, size, (off_t)address);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      failure = errno;
      return -1;
    }
    if (count == 0) {
      // What is allocated but was not written yet reads as zeros.
      memset(bytes, 0, size);
      return 0;
    }
    bytes += count;
    address += (haddr_t)count;
    size -= (size_t)count;
  }
  return 0;
}

static herr_t file_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                         const void *buffer) {
  (void)file, (void)type, (void)transfer;
  for (const uint8_t *bytes = buffer; size > 0;) {
    ssize_t count = pwrite(CHDF5_CHILD_FILE, bytes, size, (off_t)address);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      failure = count < 0 ? errno : ENOSPC;
      return -1;
    }
    bytes += count;
    address += (haddr_t)count;
    size -= (size_t)count;
  }
  return 0;
}

// The file ends where the last dataset does, also when nobody has written that one yet.
static herr_t file_truncate(H5FD_t *file, hid_t transfer, hbool_t closing) {
  (void)transfer, (void)closing;
  haddr_t end = ((struct file *)file)->end_of_allocation;
  if (get_end_of_file(file, H5FD_MEM_DEFAULT) == end || ftruncate(CHDF5_CHILD_FILE, (off_t)end) == 0) return 0;
  failure = errno;
  return -1;
}

static const H5FD_class_t class = {
#ifdef H5FD_CLASS_VERSION
    // 1.14 and later.
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)(H5_VFD_RESERVED + 1),
#endif
    .name = "descriptor",
    .maxaddr = ((haddr_t)1 << 62) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = file_open,
    .close = file_close,
    .query = query,
    .get_eoa = get_end_of_allocation,
    .set_eoa = set_end_of_allocation,
    .get_eof = get_end_of_file,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t chdf5_driver_access(void) {
  hid_t access = hdf5.H5Pcreate(hdf5.H5P_CLS_FILE_ACCESS_ID_g);
  hdf5.H5Pset_driver(access, hdf5.H5FDregister(&class), NULL);
  return access;
}
