#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "author.h"
#include "child.h"

struct target {
  char *path, *name;
  hid_t object;
};

static struct target get_target(struct author *author, struct wire_cursor *command) {
  struct target target = {.object = -1};
  target.path = wire_get_text(command);
  target.name = wire_get_text(command);
  if (command->failed) chdf5_child_fail(PARE_HDF5_PROTOCOL, "an attribute's command is cut");
  if (author->path == NULL || strcmp(author->path, target.path) != 0) {
    if (author->object >= 0) hdf5.H5Oclose(author->object);
    free(author->path);
    author->object = hdf5.H5Oopen(author->file, target.path, H5P_DEFAULT);
    author_require(author->object, "set an attribute of", target.path);
    size_t length = strlen(target.path) + 1;
    author->path = memcpy(chdf5_child_allocate(length), target.path, length);
  }
  target.object = author->object;
  return target;
}

static _Noreturn void refuse(const char *why, const struct target *target) {
  chdf5_child_fail(PARE_HDF5_REFUSED, "set attribute %s of %s: %s", target->name, target->path, why);
}

static void require(int64_t outcome, const struct target *target) {
  if (outcome < 0) refuse(chdf5_library_error().text, target);
}

// Writes the value and closes all.
static void set(struct target target, hid_t stored, hid_t given, hid_t space, const void *value) {
  require(space, &target);
  hid_t attribute = hdf5.H5Acreate2(target.object, target.name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
  require(attribute, &target);
  if (value != NULL) require(hdf5.H5Awrite(attribute, given, value), &target);
  hdf5.H5Aclose(attribute);
  hdf5.H5Sclose(space);
  free(target.path);
  free(target.name);
}

void author_set_number(struct author *author, struct wire_cursor *command, hid_t stored, hid_t given) {
  struct target target = get_target(author, command);
  uint64_t bits = wire_get_u64(command);
  set(target, stored, given, hdf5.H5Screate(H5S_SCALAR), &bits);
}

// numpy makes an array of float64 of an empty list, and Keras writes and expects just that.
static void set_no_strings(struct target target) {
  hsize_t none = 0;
  set(target, hdf5.H5T_IEEE_F64LE_g, hdf5.H5T_NATIVE_DOUBLE_g, hdf5.H5Screate_simple(1, &none, NULL), NULL);
}

static void set_texts(struct target target, char *const *texts, uint64_t count, uint32_t kind, hid_t space) {
  hid_t type = hdf5.H5Tcopy(hdf5.H5T_C_S1_g);
  void *value;
  if (kind == PARE_HDF5_FIXED) {
    size_t width = 1;  // HDF5 has no strings of width 0, nor has numpy
    for (uint64_t i = 0; i < count; i++)
      if (strlen(texts[i]) > width) width = strlen(texts[i]);
    uint64_t size;
    if (__builtin_mul_overflow(width, count, &size)) refuse("too large", &target);
    char *cells = value = chdf5_child_allocate(size);
    memset(cells, 0, size);
    for (uint64_t i = 0; i < count; i++) memcpy(cells + i * width, texts[i], strlen(texts[i]));
    hdf5.H5Tset_size(type, width);
    hdf5.H5Tset_strpad(type, H5T_STR_NULLPAD);
  } else {
    value = (void *)texts;
    hdf5.H5Tset_size(type, H5T_VARIABLE);
    if (kind == PARE_HDF5_UTF8) hdf5.H5Tset_cset(type, H5T_CSET_UTF8);
  }
  set(target, type, type, space, value);
  hdf5.H5Tclose(type);
  if (kind == PARE_HDF5_FIXED) free(value);
}

static char *get_string(struct wire_cursor *command, const struct target *target) {
  size_t start = command->position;
  char *text = wire_get_text(command);
  if (text == NULL) chdf5_child_fail(PARE_HDF5_PROTOCOL, "an attribute's command is cut");
  // A C string would end there, in silence.
  if (strlen(text) != command->position - start - 4) refuse("a string holds NUL", target);
  return text;
}

void author_set_string(struct author *author, struct wire_cursor *command) {
  struct target target = get_target(author, command);
  uint32_t kind = wire_get_u32(command);
  char *text = get_string(command, &target);
  set_texts(target, &text, 1, kind, hdf5.H5Screate(H5S_SCALAR));
  free(text);
}

void author_set_strings(struct author *author, struct wire_cursor *command) {
  struct target target = get_target(author, command);
  uint32_t kind = wire_get_u32(command);
  uint64_t count = wire_get_u64(command);
  if (count > (command->length - command->position) / 4)
    chdf5_child_fail(PARE_HDF5_PROTOCOL, "an attribute's command is cut");
  if (count == 0) {
    set_no_strings(target);
    return;
  }
  char **texts = chdf5_child_allocate((size_t)count * sizeof *texts);
  for (uint64_t i = 0; i < count; i++) texts[i] = get_string(command, &target);
  hsize_t dimension = count;
  set_texts(target, texts, count, kind, hdf5.H5Screate_simple(1, &dimension, NULL));
  for (uint64_t i = 0; i < count; i++) free(texts[i]);
  free(texts);
}
