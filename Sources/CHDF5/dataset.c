#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "survey.h"

enum { COMPACT = 0, CONTIGUOUS = 1, CHUNKED = 2, VIRTUAL = 3, EXTERNAL = 4, NEWER = 255 };

// The format's own bound: a header message's length has 16 bits.
#define MAXIMUM_COMPACT_BYTES 65536
#define MAXIMUM_FILTERS 32

struct dataset {
  hid_t identifier, type, space, properties;
  struct chdf5_space extent;
};

static int write_compact(struct chdf5_survey *survey, const struct dataset *dataset) {
  uint64_t bytes = chdf5_byte_count(dataset->extent.elements, hdf5.H5Tget_size(dataset->type));
  if (chdf5_type_is_indirect(dataset->type)) bytes = 0;
  if (bytes > MAXIMUM_COMPACT_BYTES) return chdf5_impossible(survey, "more data than a compact dataset holds");
  wire_u64(&survey->index, bytes);
  if (bytes == 0) return 0;
  uint8_t values[MAXIMUM_COMPACT_BYTES] = {0};
  // In the file's own type nothing is converted: these are the stored bytes.
  if (hdf5.H5Dread(dataset->identifier, dataset->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    return chdf5_unreadable(survey, "compact data");
  wire_bytes(&survey->index, values, (size_t)bytes);
  return 0;
}

// The one address of libhdf5's that counts from the start of the file. But it adds the user block also to the address
// that says "not allocated", which is all ones.
static uint64_t data_offset(const struct chdf5_survey *survey, hid_t dataset) {
  haddr_t offset = hdf5.H5Dget_offset(dataset);
  return offset - survey->base == HADDR_UNDEF ? HADDR_UNDEF : offset;
}

static int write_chunked(struct chdf5_survey *survey, const struct dataset *dataset) {
  hsize_t dimensions[H5S_MAX_RANK];
  int rank = hdf5.H5Pget_chunk(dataset->properties, H5S_MAX_RANK, dimensions);
  if (rank < 0) return chdf5_unreadable(survey, "chunk dimensions");
  if ((uint32_t)rank != dataset->extent.rank) return chdf5_impossible(survey, "chunks of another rank than the data");
  wire_u32(&survey->index, (uint32_t)rank);
  for (int i = 0; i < rank; i++) wire_u64(&survey->index, dimensions[i]);
  return chdf5_survey_chunks(survey, dataset->identifier, dataset->space, (uint32_t)rank);
}

static int write_external(struct chdf5_survey *survey, hid_t properties, int count) {
  wire_u32(&survey->index, (uint32_t)count);
  for (int i = 0; i < count; i++) {
    char name[4096] = "";
    off_t offset;
    hsize_t size;
    if (hdf5.H5Pget_external(properties, (unsigned)i, sizeof name - 1, name, &offset, &size) < 0)
      return chdf5_unreadable(survey, "external file");
    wire_text(&survey->index, name);
  }
  return 0;
}

static int write_storage(struct chdf5_survey *survey, const struct dataset *dataset) {
  H5D_layout_t layout = hdf5.H5Pget_layout(dataset->properties);
  // libhdf5 calls external files a kind of contiguous.
  int external = layout == H5D_CONTIGUOUS ? hdf5.H5Pget_external_count(dataset->properties) : 0;
  if (layout == H5D_LAYOUT_ERROR || external < 0) return chdf5_unreadable(survey, "layout");
  uint32_t kind = external > 0                 ? EXTERNAL
                  : layout == H5D_COMPACT    ? COMPACT
                  : layout == H5D_CONTIGUOUS ? CONTIGUOUS
                  : layout == H5D_CHUNKED    ? CHUNKED
                  : layout == H5D_VIRTUAL    ? VIRTUAL
                                             : NEWER;
  wire_u32(&survey->index, kind);
  // Of a virtual dataset that would be the size of other files' datasets.
  wire_u64(&survey->index, kind == VIRTUAL ? 0 : hdf5.H5Dget_storage_size(dataset->identifier));
  switch (kind) {
    case COMPACT: return write_compact(survey, dataset);
    case CHUNKED: return write_chunked(survey, dataset);
    case EXTERNAL: return write_external(survey, dataset->properties, external);
    case CONTIGUOUS: wire_u64(&survey->index, data_offset(survey, dataset->identifier)); return 0;
    default: return 0;
  }
}

static int write_filter(struct chdf5_survey *survey, hid_t properties, unsigned position) {
  unsigned flags = 0, few[32], *values = few;
  size_t capacity = sizeof few / sizeof *few, count = capacity;
  char name[256] = "";
  // No room for the filter's configuration: asking for it would search plugins.
  H5Z_filter_t filter =
      hdf5.H5Pget_filter2(properties, position, &flags, &count, values, sizeof name - 1, name, NULL);
  if (filter >= 0 && count > capacity) {
    if (count > MAXIMUM_COMPACT_BYTES) return chdf5_impossible(survey, "filter with too many values");
    capacity = count;
    values = chdf5_child_allocate(capacity * sizeof *values);
    memset(values, 0, capacity * sizeof *values);
    filter = hdf5.H5Pget_filter2(properties, position, &flags, &count, values, 0, NULL, NULL);
    if (count > capacity) count = capacity;
  }
  if (filter >= 0) {
    wire_u32(&survey->index, (uint32_t)filter);
    wire_u32(&survey->index, flags & H5Z_FLAG_OPTIONAL ? 1 : 0);
    wire_text(&survey->index, name);
    wire_u32(&survey->index, (uint32_t)count);
    for (size_t i = 0; i < count; i++) wire_u32(&survey->index, values[i]);
  }
  if (values != few) free(values);
  return filter >= 0 ? 0 : chdf5_unreadable(survey, "filter");
}

static int write_filters(struct chdf5_survey *survey, hid_t properties) {
  int count = hdf5.H5Pget_nfilters(properties);
  if (count < 0 || count > MAXIMUM_FILTERS) return chdf5_unreadable(survey, "filters");
  wire_u32(&survey->index, (uint32_t)count);
  for (int i = 0; i < count; i++)
    if (write_filter(survey, properties, (unsigned)i) != 0) return -1;
  return 0;
}

static int write_fill(struct chdf5_survey *survey, const struct dataset *dataset) {
  H5D_fill_value_t fill;
  if (hdf5.H5Pfill_value_defined(dataset->properties, &fill) < 0) return chdf5_unreadable(survey, "fill value");
  size_t size = hdf5.H5Tget_size(dataset->type);
  int given = fill == H5D_FILL_VALUE_USER_DEFINED;
  if (!given || chdf5_type_is_indirect(dataset->type)) size = 0;
  if (size > MAXIMUM_COMPACT_BYTES) return chdf5_impossible(survey, "fill value larger than its message");
  uint8_t value[MAXIMUM_COMPACT_BYTES] = {0};
  if (size > 0 && hdf5.H5Pget_fill_value(dataset->properties, dataset->type, value) < 0)
    return chdf5_unreadable(survey, "fill value");
  wire_u32(&survey->index, given ? 2 : fill == H5D_FILL_VALUE_DEFAULT ? 1 : 0);
  wire_u64(&survey->index, size);
  wire_bytes(&survey->index, value, size);
  return 0;
}

static int write_dataset(struct chdf5_survey *survey, struct dataset *dataset) {
  if (dataset->type < 0 || dataset->space < 0 || dataset->properties < 0)
    return chdf5_unreadable(survey, "dataset header");
  if (chdf5_survey_type(survey, dataset->type) != 0) return -1;
  if (chdf5_survey_space(survey, dataset->space, &dataset->extent) != 0) return -1;
  if (write_storage(survey, dataset) != 0) return -1;
  if (write_filters(survey, dataset->properties) != 0) return -1;
  if (write_fill(survey, dataset) != 0) return -1;
  return chdf5_survey_attributes(survey, dataset->identifier);
}

int chdf5_survey_dataset(struct chdf5_survey *survey, hid_t identifier) {
  struct dataset dataset = {
      .identifier = identifier,
      .type = hdf5.H5Dget_type(identifier),
      .space = hdf5.H5Dget_space(identifier),
      .properties = hdf5.H5Dget_create_plist(identifier),
  };
  int outcome = write_dataset(survey, &dataset);
  if (dataset.properties >= 0) hdf5.H5Pclose(dataset.properties);
  if (dataset.space >= 0) hdf5.H5Sclose(dataset.space);
  if (dataset.type >= 0) hdf5.H5Tclose(dataset.type);
  return outcome;
}
