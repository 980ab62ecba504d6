#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "author.h"
#include "child.h"
#include "commands.h"

struct shape {
  uint32_t rank;
  hsize_t dimensions[PARE_HDF5_MAXIMUM_RANK];
};

static void get_dimensions(struct wire_cursor *command, struct shape *shape) {
  for (uint32_t i = 0; i < shape->rank; i++) shape->dimensions[i] = wire_get_u64(command);
}

static struct shape get_shape(struct wire_cursor *command) {
  struct shape shape = {.rank = wire_get_u32(command)};
  if (shape.rank > PARE_HDF5_MAXIMUM_RANK) shape.rank = 0, command->failed = 1;
  get_dimensions(command, &shape);
  return shape;
}

// Takes over the path.
static void remember(struct author *author, char *path, uint64_t offset, hid_t chunked) {
  if (author->count == author->capacity) {
    author->capacity = author->capacity == 0 ? 256 : author->capacity * 2;
    author->datasets = realloc(author->datasets, author->capacity * sizeof *author->datasets);
    if (author->datasets == NULL) chdf5_child_wire_full(1);
  }
  author->datasets[author->count++] = (struct author_dataset){.offset = offset, .chunked = chunked, .path = path};
}

// The dataset, open. `properties` is closed.
static hid_t create(struct author *author, const char *path, uint32_t element, const struct shape *shape,
                    hid_t properties) {
  hid_t type = author_element_type(element);
  if (type < 0) author_refuse("no such element type", "create dataset", path);
  hid_t space = shape->rank == 0 ? hdf5.H5Screate(H5S_SCALAR)
                                 : hdf5.H5Screate_simple((int)shape->rank, shape->dimensions, NULL);
  author_require(space, "create the dataspace of", path);
  hdf5.H5Pset_obj_track_times(properties, 0);
  hid_t dataset = hdf5.H5Dcreate2(author->file, path, type, space, author->links, properties, H5P_DEFAULT);
  author_require(dataset, "create dataset", path);
  hdf5.H5Sclose(space);
  hdf5.H5Tclose(type);
  hdf5.H5Pclose(properties);
  return dataset;
}

void author_create_contiguous(struct author *author, struct wire_cursor *command) {
  char *path = wire_get_text(command);
  uint32_t element = wire_get_u32(command);
  struct shape shape = get_shape(command);
  if (command->failed) chdf5_child_fail(PARE_HDF5_PROTOCOL, "a dataset's command is cut");
  hid_t properties = hdf5.H5Pcreate(hdf5.H5P_CLS_DATASET_CREATE_ID_g);
  hdf5.H5Pset_layout(properties, H5D_CONTIGUOUS);
  // Its place is known now, and libhdf5 writes nothing there: the parent does.
  hdf5.H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
  hdf5.H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
  hid_t dataset = create(author, path, element, &shape, properties);
  haddr_t offset = hdf5.H5Dget_offset(dataset);
  int is_empty = 0;
  for (uint32_t i = 0; i < shape.rank; i++) is_empty |= shape.dimensions[i] == 0;
  if (!is_empty && offset == HADDR_UNDEF) author_refuse("libhdf5 gave it no place", "create dataset", path);
  author_require(hdf5.H5Dclose(dataset), "close dataset", path);
  remember(author, path, is_empty ? PARE_HDF5_NO_OFFSET : offset, -1);
}

void author_create_chunked(struct author *author, struct wire_cursor *command) {
  char *path = wire_get_text(command);
  uint32_t element = wire_get_u32(command);
  struct shape shape = get_shape(command), chunk = {.rank = shape.rank};
  get_dimensions(command, &chunk);
  uint32_t shuffle = wire_get_u32(command), level = wire_get_u32(command);
  if (command->failed) chdf5_child_fail(PARE_HDF5_PROTOCOL, "a dataset's command is cut");
  hid_t properties = hdf5.H5Pcreate(hdf5.H5P_CLS_DATASET_CREATE_ID_g);
  author_require(hdf5.H5Pset_chunk(properties, (int)chunk.rank, chunk.dimensions), "set the chunks of", path);
  if (shuffle) author_require(hdf5.H5Pset_shuffle(properties), "set the filters of", path);
  if (level != CHDF5_NO_DEFLATE) author_require(hdf5.H5Pset_deflate(properties, level), "set the filters of", path);
  remember(author, path, PARE_HDF5_NO_OFFSET, create(author, path, element, &shape, properties));
}

void author_write_chunk(struct author *author, struct wire_cursor *command) {
  uint32_t number = wire_get_u32(command), mask = wire_get_u32(command);
  struct shape offsets = get_shape(command);
  uint64_t length = wire_get_u64(command);
  const void *bytes = wire_get_bytes(command, length);
  if (command->failed) chdf5_child_fail(PARE_HDF5_PROTOCOL, "a chunk's command is cut");
  if (number >= author->count) chdf5_child_fail(PARE_HDF5_PROTOCOL, "there is no dataset %u", number);
  const char *path = author->datasets[number].path;
  hid_t dataset = author->datasets[number].chunked;
  if (dataset < 0) author_refuse("it is contiguous", "write a chunk of", path);
  // H5Dwrite_chunk reads as many offsets as the dataset has dimensions; `offsets` always has 32.
  author_require(hdf5.H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, offsets.dimensions, (size_t)length, bytes),
                 "write a chunk of", path);
}
