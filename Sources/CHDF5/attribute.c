#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "survey.h"

enum { NONE, STRINGS, SIGNED, UNSIGNED, FLOATS, RAW, TOO_LARGE, UNDECODABLE };

static size_t unpadded_length(const char *bytes, size_t size, H5T_str_t padding) {
  size_t length = size;
  if (padding == H5T_STR_NULLTERM) return strnlen(bytes, size);
  char pad = padding == H5T_STR_SPACEPAD ? ' ' : 0;
  while (length > 0 && bytes[length - 1] == pad) length--;
  return length;
}

// Reads the whole value as elements of a type in memory; the caller frees it. Null if libhdf5 refuses.
static void *read_as(hid_t attribute, hid_t type, uint64_t elements) {
  size_t bytes = (size_t)chdf5_byte_count(elements, hdf5.H5Tget_size(type));
  void *values = chdf5_child_allocate(bytes);
  // What a conversion leaves untouched must not carry this process's memory into the index.
  memset(values, 0, bytes);
  if (hdf5.H5Aread(attribute, type, values) >= 0) return values;
  free(values);
  return NULL;
}

static void write_fixed_strings(struct wire *index, const char *bytes, size_t size, uint64_t count, hid_t type) {
  H5T_str_t padding = hdf5.H5Tget_strpad(type);
  for (uint64_t i = 0; i < count; i++, bytes += size) wire_string(index, bytes, unpadded_length(bytes, size, padding));
}

// Each string is a block of libhdf5's, null for an empty one.
static void write_variable_strings(struct wire *index, char **strings, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) wire_text(index, strings[i] == NULL ? "" : strings[i]);
}

static int write_strings(struct chdf5_survey *survey, hid_t attribute, hid_t type, hid_t space, uint64_t count) {
  char *values = read_as(attribute, type, count);
  if (values == NULL) return chdf5_unreadable(survey, "attribute value");
  wire_u32(&survey->index, STRINGS);
  wire_u64(&survey->index, count);
  if (hdf5.H5Tis_variable_str(type) > 0) {
    write_variable_strings(&survey->index, (char **)(void *)values, count);
    hdf5.H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
  } else {
    write_fixed_strings(&survey->index, values, hdf5.H5Tget_size(type), count, type);
  }
  free(values);
  return 0;
}

static void write_numbers(struct chdf5_survey *survey, hid_t attribute, int kind, uint64_t count) {
  hid_t type = kind == FLOATS     ? hdf5.H5T_NATIVE_DOUBLE_g
               : kind == UNSIGNED ? hdf5.H5T_NATIVE_UINT64_g
                                  : hdf5.H5T_NATIVE_INT64_g;
  uint64_t *values = read_as(attribute, type, count);
  if (values == NULL) hdf5.H5Eclear2(H5E_DEFAULT);
  wire_u32(&survey->index, (uint32_t)(values == NULL ? UNDECODABLE : kind));
  if (values == NULL) return;
  wire_u64(&survey->index, count);
  for (uint64_t i = 0; i < count; i++) wire_u64(&survey->index, values[i]);  // a double's bits, too
  free(values);
}

static int write_raw(struct chdf5_survey *survey, hid_t attribute, hid_t type, uint64_t count) {
  void *values = read_as(attribute, type, count);
  if (values == NULL) return chdf5_unreadable(survey, "attribute value");
  size_t bytes = (size_t)(count * hdf5.H5Tget_size(type));
  wire_u32(&survey->index, RAW);
  wire_u64(&survey->index, bytes);
  wire_bytes(&survey->index, values, bytes);
  free(values);
  return 0;
}

static int write_value(struct chdf5_survey *survey, hid_t attribute, hid_t type, hid_t space,
                       const struct chdf5_space *extent) {
  if (extent->kind == H5S_NULL) {
    wire_u32(&survey->index, NONE);
    return 0;
  }
  H5T_class_t class = hdf5.H5Tget_class(type);
  size_t size = hdf5.H5Tget_size(type);
  int is_number = class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM;
  // What it takes here: numbers arrive as eight bytes each.
  if (chdf5_byte_count(extent->elements, size < 8 ? 8 : size) > survey->limits->attribute_bytes) {
    wire_u32(&survey->index, TOO_LARGE);
    return 0;
  }
  if (class == H5T_STRING) return write_strings(survey, attribute, type, space, extent->elements);
  if (is_number && size <= 8) {
    int kind = class == H5T_FLOAT                                                        ? FLOATS
               : class == H5T_INTEGER && hdf5.H5Tget_sign(type) == H5T_SGN_NONE ? UNSIGNED
                                                                                         : SIGNED;
    write_numbers(survey, attribute, kind, extent->elements);
    return 0;
  }
  if (chdf5_type_is_indirect(type)) {
    wire_u32(&survey->index, UNDECODABLE);
    return 0;
  }
  return write_raw(survey, attribute, type, extent->elements);
}

static int write_attribute(struct chdf5_survey *survey, hid_t attribute, const char *name) {
  size_t length = wire_mark_u64(&survey->index);
  wire_text(&survey->index, name);
  hid_t type = hdf5.H5Aget_type(attribute), space = hdf5.H5Aget_space(attribute);
  struct chdf5_space extent;
  int outcome = type < 0 || space < 0 ? chdf5_unreadable(survey, "attribute type") : 0;
  if (outcome == 0) outcome = chdf5_survey_type(survey, type);
  if (outcome == 0) outcome = chdf5_survey_space(survey, space, &extent);
  if (outcome == 0) outcome = write_value(survey, attribute, type, space, &extent);
  if (space >= 0) hdf5.H5Sclose(space);
  if (type >= 0) hdf5.H5Tclose(type);
  wire_fill_length(&survey->index, length);
  return outcome;
}

struct listing {
  struct chdf5_survey *survey;
  uint32_t count;
};

static herr_t list(hid_t object, const char *name, const H5A_info_t *information, void *context) {
  (void)information;
  struct listing *listing = context;
  hid_t attribute = hdf5.H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return chdf5_unreadable(listing->survey, "attribute");
  int outcome = write_attribute(listing->survey, attribute, name);
  hdf5.H5Aclose(attribute);
  listing->count++;
  return outcome;
}

int chdf5_survey_attributes(struct chdf5_survey *survey, hid_t object) {
  size_t count = wire_mark_u32(&survey->index);
  struct listing listing = {.survey = survey};
  hsize_t position = 0;
  survey->reason[0] = 0;
  if (hdf5.H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, list, &listing) < 0)
    // Our own reason is nearer than that the iteration was stopped.
    return survey->reason[0] != 0 ? -1 : chdf5_unreadable(survey, "attributes");
  wire_fill_u32(&survey->index, count, listing.count);
  return 0;
}
