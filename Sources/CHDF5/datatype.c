#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "survey.h"
#include "text.h"

enum { SIGNED = 1, BOOLEAN = 2, VARIABLE = 4, UTF8 = 8, INDIRECT = 16 };

// A type may nest; a hostile one nests for ever.
#define MAXIMUM_NESTING 8
#define MAXIMUM_MEMBERS 16

static int is_indirect(hid_t type, int nesting) {
  if (type < 0 || nesting > MAXIMUM_NESTING) return 1;
  int found = 0;
  H5T_class_t class = hdf5.H5Tget_class(type);
  // Not H5Tdetect_class: it says no to variable-length strings within a compound.
  if (class == H5T_STRING) return hdf5.H5Tis_variable_str(type) != 0;
  if (class == H5T_ARRAY) {
    hid_t super = hdf5.H5Tget_super(type);
    found = is_indirect(super, nesting + 1);
    if (super >= 0) hdf5.H5Tclose(super);
  }
  int members = class == H5T_COMPOUND ? hdf5.H5Tget_nmembers(type) : 0;
  for (int i = 0; i < members && !found; i++) {
    hid_t member = hdf5.H5Tget_member_type(type, (unsigned)i);
    found = is_indirect(member, nesting + 1);
    if (member >= 0) hdf5.H5Tclose(member);
  }
  return found || members < 0 || class < H5T_INTEGER || class > H5T_ARRAY || class == H5T_VLEN ||
         class == H5T_REFERENCE;
}

int chdf5_type_is_indirect(hid_t type) { return is_indirect(type, 0); }

static int64_t member_value(hid_t enumeration, unsigned index) {
  // libhdf5 stores as many bytes as the type has.
  uint8_t bytes[16] = {0};
  size_t size = hdf5.H5Tget_size(enumeration);
  if (size == 0 || size > 8 || hdf5.H5Tget_member_value(enumeration, index, bytes) < 0) return INT64_MIN;
  uint64_t value = 0;
  int big = hdf5.H5Tget_order(enumeration) == H5T_ORDER_BE;
  for (size_t i = 0; i < size; i++) value = value << 8 | bytes[big ? i : size - 1 - i];
  unsigned unused = (unsigned)(64 - 8 * size);
  return (int64_t)(value << unused) >> unused;
}

static int is_boolean(hid_t enumeration) {
  if (hdf5.H5Tget_nmembers(enumeration) != 2 || hdf5.H5Tget_size(enumeration) != 1) return 0;
  static const char *const expected[] = {"FALSE", "TRUE"};
  for (unsigned i = 0; i < 2; i++) {
    char *name = hdf5.H5Tget_member_name(enumeration, i);
    int same = name != NULL && strcmp(name, expected[i]) == 0;
    hdf5.H5free_memory(name);
    if (!same || member_value(enumeration, i) != (int64_t)i) return 0;
  }
  return 1;
}

// ---- the description

static void describe(struct text *text, hid_t type, int nesting);

static void describe_members(struct text *text, hid_t type, H5T_class_t class, int nesting) {
  int count = hdf5.H5Tget_nmembers(type);
  text_append(text, " {");
  for (int i = 0; i < count && !text_is_full(text); i++) {
    if (i > 0) text_append(text, ", ");
    if (i == MAXIMUM_MEMBERS) {
      text_append(text, "%d more", count - i);
      break;
    }
    char *name = hdf5.H5Tget_member_name(type, (unsigned)i);
    text_append(text, "%s", name == NULL ? "?" : name);
    hdf5.H5free_memory(name);
    if (class == H5T_ENUM) {
      text_append(text, " = %lld", (long long)member_value(type, (unsigned)i));
    } else {
      hid_t member = hdf5.H5Tget_member_type(type, (unsigned)i);
      text_append(text, ": ");
      describe(text, member, nesting + 1);
      if (member >= 0) hdf5.H5Tclose(member);
    }
  }
  text_append(text, "}");
}

static void describe_super(struct text *text, hid_t type, int nesting) {
  hid_t super = hdf5.H5Tget_super(type);
  describe(text, super, nesting + 1);
  if (super >= 0) hdf5.H5Tclose(super);
}

static void describe(struct text *text, hid_t type, int nesting) {
  if (type < 0 || nesting > MAXIMUM_NESTING) {
    text_append(text, "?");
    return;
  }
  H5T_class_t class = hdf5.H5Tget_class(type);
  size_t size = hdf5.H5Tget_size(type);
  int numeric = class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_BITFIELD;
  if (numeric && size > 1 && hdf5.H5Tget_order(type) == H5T_ORDER_BE) text_append(text, "big-endian ");
  if (numeric && size > 1 && hdf5.H5Tget_order(type) == H5T_ORDER_VAX) text_append(text, "VAX ");
  switch (class) {
    case H5T_INTEGER:
      text_append(text, "%sint%zu", hdf5.H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "",
                  hdf5.H5Tget_precision(type));
      break;
    case H5T_FLOAT: text_append(text, "float%zu", hdf5.H5Tget_precision(type)); break;
    case H5T_BITFIELD: text_append(text, "bitfield%zu", hdf5.H5Tget_precision(type)); break;
    case H5T_TIME: text_append(text, "time of %zu bytes", size); break;
    case H5T_OPAQUE: text_append(text, "opaque of %zu bytes", size); break;
    case H5T_REFERENCE: text_append(text, "reference"); break;
    case H5T_STRING:
      if (hdf5.H5Tis_variable_str(type) > 0) text_append(text, "variable-length string");
      else text_append(text, "string of %zu bytes", size);
      break;
    case H5T_ENUM:
      text_append(text, "enum ");
      describe_super(text, type, nesting);
      describe_members(text, type, class, nesting);
      break;
    case H5T_COMPOUND:
      text_append(text, "compound");
      describe_members(text, type, class, nesting);
      break;
    case H5T_VLEN:
      text_append(text, "variable-length ");
      describe_super(text, type, nesting);
      break;
    case H5T_ARRAY: {
      hsize_t dimensions[H5S_MAX_RANK];
      int rank = hdf5.H5Tget_array_dims2(type, dimensions);
      describe_super(text, type, nesting);
      for (int i = 0; i < rank; i++) text_append(text, "[%llu]", (unsigned long long)dimensions[i]);
      break;
    }
    default: text_append(text, "class %d of %zu bytes", (int)class, size);
  }
}

// ---- the record

struct record {
  uint8_t order, flags, padding;
  uint32_t precision, offset;
  uint32_t sign, exponent, exponent_bits, mantissa, mantissa_bits, normalization;
  uint64_t bias;
};

static uint32_t clamp(size_t value) { return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value; }

static void describe_number(hid_t type, H5T_class_t class, struct record *record) {
  H5T_order_t order = hdf5.H5Tget_order(type);
  record->order = order == H5T_ORDER_LE ? 0 : order == H5T_ORDER_BE ? 1 : 2;
  record->precision = clamp(hdf5.H5Tget_precision(type));
  record->offset = clamp((size_t)hdf5.H5Tget_offset(type));
  if (class == H5T_INTEGER && hdf5.H5Tget_sign(type) == H5T_SGN_2) record->flags |= SIGNED;
  if (class != H5T_FLOAT) return;
  size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
  hdf5.H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits);
  record->sign = clamp(sign);
  record->exponent = clamp(exponent);
  record->exponent_bits = clamp(exponent_bits);
  record->mantissa = clamp(mantissa);
  record->mantissa_bits = clamp(mantissa_bits);
  H5T_norm_t norm = hdf5.H5Tget_norm(type);
  record->normalization = norm == H5T_NORM_IMPLIED ? 2 : norm == H5T_NORM_MSBSET ? 1 : 0;
  record->bias = hdf5.H5Tget_ebias(type);
}

static void describe_class(hid_t type, H5T_class_t class, struct record *record) {
  switch (class) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_BITFIELD: describe_number(type, class, record); break;
    case H5T_ENUM: {
      hid_t integer = hdf5.H5Tget_super(type);
      if (integer >= 0) {
        describe_number(integer, H5T_INTEGER, record);
        hdf5.H5Tclose(integer);
      }
      if (is_boolean(type)) record->flags |= BOOLEAN;
      break;
    }
    case H5T_STRING: {
      H5T_str_t padding = hdf5.H5Tget_strpad(type);
      record->padding = padding == H5T_STR_NULLPAD ? 1 : padding == H5T_STR_SPACEPAD ? 2 : 0;
      if (hdf5.H5Tis_variable_str(type) > 0) record->flags |= VARIABLE;
      if (hdf5.H5Tget_cset(type) == H5T_CSET_UTF8) record->flags |= UTF8;
      break;
    }
    default: break;
  }
}

int chdf5_survey_type(struct chdf5_survey *survey, hid_t type) {
  H5T_class_t class = hdf5.H5Tget_class(type);
  size_t size = hdf5.H5Tget_size(type);
  if (class == H5T_NO_CLASS || size == 0) return chdf5_unreadable(survey, "datatype");
  struct record record = {.order = 2};
  describe_class(type, class, &record);
  if (chdf5_type_is_indirect(type)) record.flags |= INDIRECT;

  struct wire *index = &survey->index;
  wire_u8(index, class >= H5T_INTEGER && class <= H5T_ARRAY ? (uint8_t)class : 255);
  wire_u8(index, record.order);
  wire_u8(index, record.flags);
  wire_u8(index, record.padding);
  wire_u64(index, size);
  wire_u32(index, record.precision);
  wire_u32(index, record.offset);
  wire_u32(index, record.sign);
  wire_u32(index, record.exponent);
  wire_u32(index, record.exponent_bits);
  wire_u32(index, record.mantissa);
  wire_u32(index, record.mantissa_bits);
  wire_u32(index, record.normalization);
  wire_u64(index, record.bias);
  char *tag = class == H5T_OPAQUE ? hdf5.H5Tget_tag(type) : NULL;
  wire_text(index, tag == NULL ? "" : tag);
  hdf5.H5free_memory(tag);
  struct text text = {.length = 0};
  describe(&text, type, 0);
  wire_string(index, text.bytes, text.length);
  return 0;
}
