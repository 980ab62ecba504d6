// Writing, the parent's side: calls become commands, commands travel in batches.

#include "system.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "wire.h"

// Enough that thousands of small commands cost a handful of system calls.
#define BATCH 65536

struct pare_hdf5_writer {
  struct chdf5_child child;
  struct pare_hdf5_limits limits;
  struct chdf5_failure failure;
  struct wire batch;
  uint32_t datasets;
  int finished;
};

typedef struct pare_hdf5_writer Writer;
typedef enum pare_hdf5_status Status;

struct pare_hdf5_limits pare_hdf5_writing_limits(void) {
  return (struct pare_hdf5_limits){
      .wall_clock_milliseconds = 120000,
      .cpu_seconds = 600,
      .memory_bytes = (uint64_t)2 << 30,
  };
}

static Status check_file(int file, struct chdf5_failure *failure) {
  struct stat status;
  if (fstat(file, &status) != 0) return chdf5_fail(failure, PARE_HDF5_MISUSE, "not an open file");
  if (!S_ISREG(status.st_mode)) return chdf5_fail(failure, PARE_HDF5_MISUSE, "not a regular file");
  if ((fcntl(file, F_GETFL) & O_ACCMODE) != O_RDWR)
    return chdf5_fail(failure, PARE_HDF5_MISUSE, "the file is not open for reading and writing");
  if (status.st_size != 0) return chdf5_fail(failure, PARE_HDF5_MISUSE, "the file to be written is not empty");
  return PARE_HDF5_OK;
}

Writer *pare_hdf5_writer_begin(int file, const struct pare_hdf5_limits *limits) {
  Writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return NULL;
  writer->child.channel = -1;
  writer->limits = limits != NULL ? *limits : pare_hdf5_writing_limits();
  writer->batch.limit = SIZE_MAX / 4;
  if (check_file(file, &writer->failure) == PARE_HDF5_OK)
    chdf5_child_start(&writer->child, file, CHDF5_WRITING, &writer->limits, chdf5_author, &writer->limits,
                      &writer->failure);
  return writer;
}

Status pare_hdf5_writer_status(const Writer *writer) { return writer->failure.status; }
int pare_hdf5_writer_signal(const Writer *writer) { return writer->failure.signal; }
const char *pare_hdf5_writer_message(const Writer *writer) { return writer->failure.text; }

void pare_hdf5_writer_end(Writer *writer) {
  if (writer == NULL) return;
  chdf5_child_end(&writer->child);
  free(writer->batch.bytes);
  free(writer);
}

// ---- sending

// The child spoke before it was asked to: it has given up.
static Status hear_why(Writer *writer) {
  uint8_t *bytes;
  size_t length;
  int64_t deadline = chdf5_deadline(writer->limits.wall_clock_milliseconds);
  Status status = chdf5_child_answer(&writer->child, deadline, UINT32_MAX, &bytes, &length, &writer->failure);
  free(bytes);
  return status != PARE_HDF5_OK ? status
                                : chdf5_fail(&writer->failure, PARE_HDF5_PROTOCOL, "libhdf5's process left too early");
}

static Status transmit(Writer *writer, const void *bytes, size_t length) {
  int interrupted;
  Status status = chdf5_child_send(&writer->child, bytes, length, writer->limits.wall_clock_milliseconds,
                                   &interrupted, &writer->failure);
  return status == PARE_HDF5_OK && interrupted ? hear_why(writer) : status;
}

static Status flush(Writer *writer) {
  size_t length = writer->batch.length;
  writer->batch.length = 0;
  return length == 0 ? PARE_HDF5_OK : transmit(writer, writer->batch.bytes, length);
}

static Status misuse(Writer *writer, const char *what) {
  chdf5_child_end(&writer->child);
  return chdf5_fail(&writer->failure, PARE_HDF5_MISUSE, "%s", what);
}

// Whether there is anybody to send to; the status says why not.
static int is_open(Writer *writer) {
  if (writer->failure.status != PARE_HDF5_OK) return 0;
  if (writer->finished) misuse(writer, "the file is finished");
  return !writer->finished;
}

static size_t begin(Writer *writer, enum chdf5_command command) {
  wire_u32(&writer->batch, command);
  return wire_mark_u64(&writer->batch);
}

// `payload` is what follows the batch without being copied into it.
static Status end(Writer *writer, size_t length, const void *payload, size_t payload_length) {
  if (writer->batch.overflowed) {
    chdf5_child_end(&writer->child);
    return chdf5_fail(&writer->failure, PARE_HDF5_SYSTEM, "no memory for what is to be written");
  }
  uint64_t body = writer->batch.length - length - 8;
  if (__builtin_add_overflow(body, payload_length, &body) || body > CHDF5_MAXIMUM_COMMAND)
    return misuse(writer, "more than 4 GiB at once");
  wire_fill_u64(&writer->batch, length, body);
  if (payload_length == 0) return writer->batch.length < BATCH ? PARE_HDF5_OK : flush(writer);
  Status status = flush(writer);
  return status == PARE_HDF5_OK ? transmit(writer, payload, payload_length) : status;
}

// ---- the calls

static void put_words(Writer *writer, const uint64_t *words, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) wire_u64(&writer->batch, words[i]);
}

static void put_dataset(Writer *writer, const char *path, enum pare_hdf5_element element, uint32_t rank,
                        const uint64_t *dimensions, uint32_t *number) {
  wire_text(&writer->batch, path);
  wire_u32(&writer->batch, element);
  wire_u32(&writer->batch, rank);
  put_words(writer, dimensions, rank);
  if (number != NULL) *number = writer->datasets;
  writer->datasets++;
}

Status pare_hdf5_create_group(Writer *writer, const char *path) {
  if (!is_open(writer)) return writer->failure.status;
  size_t length = begin(writer, CHDF5_CREATE_GROUP);
  wire_text(&writer->batch, path);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_create_contiguous(Writer *writer, const char *path, enum pare_hdf5_element element, uint32_t rank,
                                   const uint64_t *dimensions, uint32_t *number) {
  if (!is_open(writer)) return writer->failure.status;
  if (rank > PARE_HDF5_MAXIMUM_RANK) return misuse(writer, "a dataset has at most 32 dimensions");
  size_t length = begin(writer, CHDF5_CREATE_CONTIGUOUS);
  put_dataset(writer, path, element, rank, dimensions, number);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_create_chunked(Writer *writer, const char *path, enum pare_hdf5_element element, uint32_t rank,
                                const uint64_t *dimensions, const uint64_t *chunk_dimensions, int shuffle,
                                int deflate_level, uint32_t *number) {
  if (!is_open(writer)) return writer->failure.status;
  if (rank == 0 || rank > PARE_HDF5_MAXIMUM_RANK)
    return misuse(writer, "a chunked dataset has 1 to 32 dimensions");
  if (deflate_level > 9) return misuse(writer, "deflate has levels 0 to 9");
  size_t length = begin(writer, CHDF5_CREATE_CHUNKED);
  put_dataset(writer, path, element, rank, dimensions, number);
  put_words(writer, chunk_dimensions, rank);
  wire_u32(&writer->batch, shuffle != 0);
  wire_u32(&writer->batch, deflate_level < 0 ? CHDF5_NO_DEFLATE : (uint32_t)deflate_level);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_write_chunk(Writer *writer, uint32_t number, uint32_t rank, const uint64_t *offsets,
                             uint32_t filter_mask, const void *bytes, size_t byte_count) {
  if (!is_open(writer)) return writer->failure.status;
  if (number >= writer->datasets) return misuse(writer, "no such dataset");
  if (rank > PARE_HDF5_MAXIMUM_RANK) return misuse(writer, "a dataset has at most 32 dimensions");
  size_t length = begin(writer, CHDF5_WRITE_CHUNK);
  wire_u32(&writer->batch, number);
  wire_u32(&writer->batch, filter_mask);
  wire_u32(&writer->batch, rank);
  put_words(writer, offsets, rank);
  wire_u64(&writer->batch, byte_count);
  return end(writer, length, bytes, byte_count);
}

static size_t begin_attribute(Writer *writer, enum chdf5_command command, const char *path, const char *name) {
  size_t length = begin(writer, command);
  wire_text(&writer->batch, path);
  wire_text(&writer->batch, name);
  return length;
}

Status pare_hdf5_set_string(Writer *writer, const char *path, const char *name, const char *bytes, size_t byte_count,
                            enum pare_hdf5_strings kind) {
  if (!is_open(writer)) return writer->failure.status;
  size_t length = begin_attribute(writer, CHDF5_SET_STRING, path, name);
  wire_u32(&writer->batch, kind);
  wire_string(&writer->batch, bytes, byte_count);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_set_strings(Writer *writer, const char *path, const char *name, const char *bytes,
                             const size_t *lengths, size_t count, enum pare_hdf5_strings kind) {
  if (!is_open(writer)) return writer->failure.status;
  size_t length = begin_attribute(writer, CHDF5_SET_STRINGS, path, name);
  wire_u32(&writer->batch, kind);
  wire_u64(&writer->batch, count);
  for (size_t i = 0; i < count; i++) {
    wire_string(&writer->batch, bytes, lengths[i]);
    bytes += lengths[i];
  }
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_set_integer(Writer *writer, const char *path, const char *name, int64_t value) {
  if (!is_open(writer)) return writer->failure.status;
  size_t length = begin_attribute(writer, CHDF5_SET_INTEGER, path, name);
  wire_u64(&writer->batch, (uint64_t)value);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_set_float(Writer *writer, const char *path, const char *name, double value) {
  if (!is_open(writer)) return writer->failure.status;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  size_t length = begin_attribute(writer, CHDF5_SET_FLOAT, path, name);
  wire_u64(&writer->batch, bits);
  return end(writer, length, NULL, 0);
}

Status pare_hdf5_writer_finish(Writer *writer, uint64_t *offsets, size_t count) {
  if (!is_open(writer)) return writer->failure.status;
  if (count != writer->datasets) return misuse(writer, "room for another number of datasets than were created");
  if (end(writer, begin(writer, CHDF5_FINISH), NULL, 0) != PARE_HDF5_OK) return writer->failure.status;
  if (flush(writer) != PARE_HDF5_OK) return writer->failure.status;

  uint8_t *bytes;
  size_t length;
  int64_t deadline = chdf5_deadline(writer->limits.wall_clock_milliseconds);
  if (chdf5_child_answer(&writer->child, deadline, 8 * (uint64_t)count, &bytes, &length, &writer->failure) !=
      PARE_HDF5_OK)
    return writer->failure.status;
  struct wire_cursor cursor = {.bytes = bytes, .length = length};
  for (size_t i = 0; i < count; i++) offsets[i] = wire_get_u64(&cursor);
  free(bytes);
  if (cursor.failed) return chdf5_fail(&writer->failure, PARE_HDF5_PROTOCOL, "libhdf5's process answered nonsense");
  writer->finished = 1;
  return PARE_HDF5_OK;
}
