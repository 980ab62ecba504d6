// Reading: `pare_hdf5_index`, the child's side above, the parent's below.

#include "system.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "child.h"
#include "driver.h"
#include "survey.h"

#define MAGIC "PAREHDF5"
#define MAGIC_LENGTH (sizeof MAGIC - 1)
enum { VERSION = 1, HEADER = 32, MAXIMUM_INDEX = 1u << 31 };

// ---- in the child

int chdf5_unreadable(struct chdf5_survey *survey, const char *what) {
  // Also when libhdf5 found no memory: then it is the object that claims a senseless size.
  snprintf(survey->reason, sizeof survey->reason, "%s: %s", what, chdf5_library_error().text);
  return -1;
}

int chdf5_impossible(struct chdf5_survey *survey, const char *what) {
  snprintf(survey->reason, sizeof survey->reason, "%s", what);
  return -1;
}

static hid_t open_file(void) {
  hid_t file = hdf5.H5Fopen(CHDF5_DRIVER_NAME, H5F_ACC_RDONLY, chdf5_driver_access());
  if (file < 0) chdf5_child_fail(PARE_HDF5_NOT_READABLE, "%s", chdf5_library_error().text);
  // From here on no file is opened: not an external one, not a plugin, not by a library that was taken over.
  setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
  return file;
}

static uint64_t user_block(hid_t file) {
  hsize_t bytes = 0;
  hid_t properties = hdf5.H5Fget_create_plist(file);
  if (properties < 0 || hdf5.H5Pget_userblock(properties, &bytes) < 0)
    chdf5_child_fail(PARE_HDF5_NOT_READABLE, "%s", chdf5_library_error().text);
  return bytes;
}

static void read_structure(const void *context) {
  const struct pare_hdf5_limits *limits = context;
  chdf5_library_open();
  chdf5_child_limit_memory(limits->memory_bytes);
  hid_t file = open_file();
  struct chdf5_survey survey = {
      .index = {.limit = (size_t)limits->index_bytes, .full = chdf5_child_wire_full},
      .limits = limits,
      .base = user_block(file),
  };
  struct wire *index = &survey.index;
  wire_bytes(index, MAGIC, MAGIC_LENGTH);
  wire_u32(index, VERSION);
  size_t entries = wire_mark_u32(index), length = wire_mark_u64(index);
  wire_u64(index, survey.base);
  chdf5_survey_tree(&survey, file);
  wire_fill_u32(index, entries, survey.entries);
  wire_fill_u64(index, length, index->length);
  // The file is not closed: that would only check and free what the end of the process frees at once.
  chdf5_child_succeed(index->bytes, index->length);
}

// ---- in the parent

struct pare_hdf5_limits pare_hdf5_reading_limits(void) {
  return (struct pare_hdf5_limits){
      .wall_clock_milliseconds = 10000,
      .cpu_seconds = 5,
      .memory_bytes = (uint64_t)1 << 30,
      .index_bytes = (uint64_t)64 << 20,
      .entries = 100000,
      .chunks = 1000000,
      .attribute_bytes = (uint64_t)16 << 20,
      .depth = 64,
  };
}

// libhdf5 would wait for the other end of a pipe for ever, and read a terminal.
static enum pare_hdf5_status check_file(int file, struct chdf5_failure *failure) {
  struct stat status;
  if (fstat(file, &status) != 0) return chdf5_fail(failure, PARE_HDF5_MISUSE, "not an open file");
  if (!S_ISREG(status.st_mode)) return chdf5_fail(failure, PARE_HDF5_NOT_READABLE, "not a regular file");
  return PARE_HDF5_OK;
}

static enum pare_hdf5_status check_index(const uint8_t *bytes, size_t length, struct chdf5_failure *failure) {
  struct wire_cursor cursor = {.bytes = bytes, .length = length};
  const void *start = wire_get_bytes(&cursor, MAGIC_LENGTH);
  uint32_t version = wire_get_u32(&cursor);
  wire_get_u32(&cursor);
  uint64_t announced = wire_get_u64(&cursor);
  if (length < HEADER || memcmp(start, MAGIC, MAGIC_LENGTH) != 0 || version != VERSION || announced != length)
    return chdf5_fail(failure, PARE_HDF5_PROTOCOL, "libhdf5's process answered nonsense");
  return PARE_HDF5_OK;
}

static enum pare_hdf5_status read_index(int file, const struct pare_hdf5_limits *limits,
                                        struct pare_hdf5_result *result, struct chdf5_failure *failure) {
  int64_t deadline = chdf5_deadline(limits->wall_clock_milliseconds);
  if (check_file(file, failure) != PARE_HDF5_OK) return failure->status;
  struct chdf5_child child;
  if (chdf5_child_start(&child, file, CHDF5_READING, limits, read_structure, limits, failure) != PARE_HDF5_OK)
    return failure->status;
  if (chdf5_child_answer(&child, deadline, limits->index_bytes, &result->bytes, &result->length, failure) !=
      PARE_HDF5_OK)
    return failure->status;
  return check_index(result->bytes, result->length, failure);
}

enum pare_hdf5_status pare_hdf5_index(int file, const struct pare_hdf5_limits *limits,
                                      struct pare_hdf5_result *result) {
  struct pare_hdf5_limits own = limits != NULL ? *limits : pare_hdf5_reading_limits();
  if (own.index_bytes > MAXIMUM_INDEX) own.index_bytes = MAXIMUM_INDEX;
  struct chdf5_failure failure = {.status = PARE_HDF5_OK};
  *result = (struct pare_hdf5_result){.status = PARE_HDF5_OK};
  result->status = read_index(file, &own, result, &failure);
  if (result->status != PARE_HDF5_OK) {
    free(result->bytes);
    result->bytes = NULL;
    result->length = 0;
    result->signal = failure.signal;
    result->message = strdup(failure.text);
  }
  return result->status;
}

void pare_hdf5_result_free(struct pare_hdf5_result *result) {
  free(result->bytes);
  free(result->message);
  *result = (struct pare_hdf5_result){.status = result->status, .signal = result->signal};
}
