// Writing, the child's side: commands become calls of libhdf5. The first refusal is the answer.

#include "system.h"

#include "author.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "driver.h"

void author_refuse(const char *why, const char *doing, const char *path) {
  chdf5_child_fail(PARE_HDF5_REFUSED, "%s %s: %s", doing, path, why);
}

void author_require(int64_t outcome, const char *doing, const char *path) {
  if (outcome < 0) author_refuse(chdf5_library_error().text, doing, path);
}

// ---- the file

static hid_t create_file(void) {
  hid_t access = chdf5_driver_access();
  // Every element lies at a multiple of its size, so that a mapped tensor can be used in place. libhdf5 packs small
  // datasets at any byte. Most of its metadata comes in eights already.
  hdf5.H5Pset_alignment(access, 1, 8);
  hid_t creation = hdf5.H5Pcreate(hdf5.H5P_CLS_FILE_CREATE_ID_g);
  // No times anywhere: the same calls make the same bytes.
  hdf5.H5Pset_obj_track_times(creation, 0);
  // The format's version bounds stay at their default, the earliest that holds each object: every reader reads it.
  hid_t file = hdf5.H5Fcreate(CHDF5_DRIVER_NAME, H5F_ACC_TRUNC, creation, access);
  author_require(file, "create", "the file");
  hdf5.H5Pclose(access);
  hdf5.H5Pclose(creation);
  return file;
}

static void create_group(struct author *author, struct wire_cursor *command) {
  char *path = wire_get_text(command);
  hid_t group = hdf5.H5Gcreate2(author->file, path, author->links, H5P_DEFAULT, H5P_DEFAULT);
  if (group < 0) {
    struct chdf5_error error = chdf5_library_error();
    group = hdf5.H5Oopen(author->file, path, H5P_DEFAULT);
    H5O_info_t information;
    if (group < 0) author_refuse(error.text, "create group", path);
    if (hdf5.H5Oget_info2(group, &information, H5O_INFO_BASIC) < 0 || information.type != H5O_TYPE_GROUP)
      author_refuse("there is something else of that name", "create group", path);
  }
  hdf5.H5Oclose(group);
  free(path);
}

static _Noreturn void finish(struct author *author) {
  struct wire offsets = {.limit = SIZE_MAX / 4, .full = chdf5_child_wire_full};
  for (uint32_t i = 0; i < author->count; i++) {
    wire_u64(&offsets, author->datasets[i].offset);
    if (author->datasets[i].chunked >= 0)
      author_require(hdf5.H5Dclose(author->datasets[i].chunked), "close dataset", author->datasets[i].path);
  }
  if (author->object >= 0) hdf5.H5Oclose(author->object);
  // Writes all metadata and gives the file its length: where a full disk shows.
  author_require(hdf5.H5Fclose(author->file), "close", "the file");
  chdf5_child_succeed(offsets.bytes, offsets.length);
}

// ---- commands

static void receive(void *bytes, size_t length) {
  for (size_t received = 0; received < length;) {
    ssize_t count = recv(CHDF5_CHILD_CHANNEL, (char *)bytes + received, length - received, 0);
    if (count > 0) received += (size_t)count;
    else if (count == 0 || errno != EINTR) _exit(1);  // the parent is gone
  }
}

static void perform(struct author *author, uint32_t command, struct wire_cursor *body) {
  switch (command) {
    case CHDF5_CREATE_GROUP: create_group(author, body); return;
    case CHDF5_CREATE_CONTIGUOUS: author_create_contiguous(author, body); return;
    case CHDF5_CREATE_CHUNKED: author_create_chunked(author, body); return;
    case CHDF5_WRITE_CHUNK: author_write_chunk(author, body); return;
    case CHDF5_SET_STRING: author_set_string(author, body); return;
    case CHDF5_SET_STRINGS: author_set_strings(author, body); return;
    case CHDF5_SET_INTEGER: author_set_number(author, body, hdf5.H5T_STD_I64LE_g, hdf5.H5T_NATIVE_INT64_g); return;
    case CHDF5_SET_FLOAT: author_set_number(author, body, hdf5.H5T_IEEE_F64LE_g, hdf5.H5T_NATIVE_DOUBLE_g); return;
    case CHDF5_FINISH: finish(author);
    default: chdf5_child_fail(PARE_HDF5_PROTOCOL, "command %u is none", command);
  }
}

void chdf5_author(const void *context) {
  const struct pare_hdf5_limits *limits = context;
  chdf5_library_open();
  chdf5_child_limit_memory(limits->memory_bytes);
  struct author author = {.file = create_file(), .object = -1};
  author.links = hdf5.H5Pcreate(hdf5.H5P_CLS_LINK_CREATE_ID_g);
  hdf5.H5Pset_create_intermediate_group(author.links, 1);
  struct wire body = {.limit = CHDF5_MAXIMUM_COMMAND, .full = chdf5_child_wire_full};
  for (;;) {
    uint8_t header[CHDF5_COMMAND_HEADER];
    receive(header, sizeof header);
    struct wire_cursor cursor = {.bytes = header, .length = sizeof header};
    uint32_t command = wire_get_u32(&cursor);
    uint64_t length = wire_get_u64(&cursor);
    body.length = 0;
    if (length > body.limit) chdf5_child_wire_full(0);
    receive(wire_extend(&body, (size_t)length), (size_t)length);
    cursor = (struct wire_cursor){.bytes = body.bytes, .length = (size_t)length};
    perform(&author, command, &cursor);
  }
}
