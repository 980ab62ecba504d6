// libhdf5, opened when first needed.

#ifndef CHDF5_LIBRARY_H
#define CHDF5_LIBRARY_H

// The prototypes below are those of 1.10; later libraries keep them under these names.
#define H5_USE_110_API 1

// pkg-config names the folder; Debian's multi-flavour folder is found without it.
#if __has_include(<hdf5.h>)
#include <hdf5.h>
#else
#include <hdf5/serial/hdf5.h>
#endif

// The headers' constants call these two before they are used, which would link the library.
#undef H5CHECK
#define H5CHECK
#undef H5OPEN
#define H5OPEN

#define CHDF5_FUNCTIONS(X)                                                                                           \
  X(H5open) X(H5dont_atexit) X(H5get_libversion) X(H5free_memory) X(H5PLset_loading_state)                           \
  X(H5Eset_auto2) X(H5Ewalk2) X(H5Eclear2) X(H5Eget_msg)                                                             \
  X(H5Fopen) X(H5Fcreate) X(H5Fclose) X(H5Fget_create_plist)                                                         \
  X(H5Gcreate2) X(H5Literate) X(H5Lget_val) X(H5Lunpack_elink_val)                                                   \
  X(H5Oopen) X(H5Oclose) X(H5Oget_info2)                                                                             \
  X(H5Acreate2) X(H5Aopen) X(H5Aclose) X(H5Aiterate2) X(H5Aget_type) X(H5Aget_space) X(H5Aread) X(H5Awrite)          \
  X(H5Dcreate2) X(H5Dclose) X(H5Dget_type) X(H5Dget_space) X(H5Dget_create_plist) X(H5Dget_offset)                   \
  X(H5Dget_storage_size) X(H5Dget_num_chunks) X(H5Ddebug) X(H5Dread) X(H5Dwrite_chunk) X(H5Dvlen_reclaim)            \
  X(H5Screate) X(H5Screate_simple) X(H5Sclose) X(H5Sget_simple_extent_type) X(H5Sget_simple_extent_ndims)            \
  X(H5Sget_simple_extent_dims) X(H5Sget_simple_extent_npoints)                                                       \
  X(H5Tcopy) X(H5Tcreate) X(H5Tclose) X(H5Tset_size) X(H5Tset_cset) X(H5Tset_strpad) X(H5Tset_fields)                \
  X(H5Tset_ebias) X(H5Tenum_create) X(H5Tenum_insert) X(H5Tget_class) X(H5Tget_size) X(H5Tget_order)                 \
  X(H5Tget_sign) X(H5Tget_precision) X(H5Tget_offset) X(H5Tget_fields) X(H5Tget_norm) X(H5Tget_ebias)                \
  X(H5Tget_tag) X(H5Tget_super) X(H5Tget_cset) X(H5Tget_strpad) X(H5Tis_variable_str) X(H5Tdetect_class)             \
  X(H5Tget_nmembers) X(H5Tget_member_name) X(H5Tget_member_type) X(H5Tget_member_value)                              \
  X(H5Tget_array_ndims) X(H5Tget_array_dims2)                                                                        \
  X(H5Pcreate) X(H5Pclose) X(H5FDregister) X(H5Pset_driver) X(H5Pset_alignment) X(H5Pset_obj_track_times)                         \
  X(H5Pset_create_intermediate_group) X(H5Pset_layout) X(H5Pset_alloc_time) X(H5Pset_fill_time) X(H5Pset_chunk)      \
  X(H5Pset_shuffle) X(H5Pset_deflate) X(H5Pget_userblock) X(H5Pget_layout) X(H5Pget_chunk) X(H5Pget_nfilters)        \
  X(H5Pget_filter2) X(H5Pfill_value_defined) X(H5Pget_fill_value) X(H5Pget_external_count) X(H5Pget_external)

// Identifiers that are variables of the library: `H5T_NATIVE_DOUBLE` is a macro around one.
#define CHDF5_CONSTANTS(X)                                                                                           \
  X(H5P_CLS_FILE_ACCESS_ID_g) X(H5P_CLS_FILE_CREATE_ID_g) X(H5P_CLS_GROUP_CREATE_ID_g)                               \
  X(H5P_CLS_DATASET_CREATE_ID_g) X(H5P_CLS_LINK_CREATE_ID_g)                                                         \
  X(H5T_C_S1_g) X(H5T_NATIVE_INT64_g) X(H5T_NATIVE_UINT64_g) X(H5T_NATIVE_DOUBLE_g)                                  \
  X(H5T_IEEE_F32LE_g) X(H5T_IEEE_F64LE_g)                                                                            \
  X(H5T_STD_I8LE_g) X(H5T_STD_I16LE_g) X(H5T_STD_I32LE_g) X(H5T_STD_I64LE_g)                                         \
  X(H5T_STD_U8LE_g) X(H5T_STD_U16LE_g) X(H5T_STD_U32LE_g) X(H5T_STD_U64LE_g)

struct chdf5_library {
#define CHDF5_MEMBER(name) __typeof__(name) *name;
  CHDF5_FUNCTIONS(CHDF5_MEMBER)
#undef CHDF5_MEMBER
#define CHDF5_MEMBER(name) hid_t name;
  CHDF5_CONSTANTS(CHDF5_MEMBER)
#undef CHDF5_MEMBER
};

// Filled by `chdf5_library_open`. Only a child calls that, so no process shares it and it needs no lock.
extern struct chdf5_library hdf5;

// Opens and initialises the library, without plugins, without printing. Does not return if there is none.
void chdf5_library_open(void);

// The innermost of libhdf5's errors: the one that says what was wrong with the file, not which call noticed.
struct chdf5_error {
  char text[384];
};

// Takes the current error and clears it.
struct chdf5_error chdf5_library_error(void);

#endif
