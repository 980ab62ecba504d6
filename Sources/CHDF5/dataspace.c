#include "system.h"

#include "survey.h"

int chdf5_survey_space(struct chdf5_survey *survey, hid_t space, struct chdf5_space *seen) {
  seen->kind = hdf5.H5Sget_simple_extent_type(space);
  seen->rank = 0;
  seen->elements = seen->kind == H5S_NULL ? 0 : 1;
  if (seen->kind == H5S_NO_CLASS) return chdf5_unreadable(survey, "dataspace");
  if (seen->kind == H5S_SIMPLE) {
    int rank = hdf5.H5Sget_simple_extent_ndims(space);
    if (rank < 0 || rank > H5S_MAX_RANK || hdf5.H5Sget_simple_extent_dims(space, seen->dimensions, NULL) != rank)
      return chdf5_unreadable(survey, "dataspace");
    seen->rank = (uint32_t)rank;
    for (int i = 0; i < rank; i++) seen->elements = chdf5_byte_count(seen->elements, seen->dimensions[i]);
  }
  struct wire *index = &survey->index;
  wire_u8(index, seen->kind == H5S_SCALAR ? 0 : seen->kind == H5S_SIMPLE ? 1 : 2);
  wire_u8(index, (uint8_t)seen->rank);
  for (uint32_t i = 0; i < seen->rank; i++) wire_u64(index, seen->dimensions[i]);
  return 0;
}

uint64_t chdf5_byte_count(uint64_t elements, uint64_t size) {
  uint64_t product;
  return __builtin_mul_overflow(elements, size, &product) ? UINT64_MAX : product;
}
