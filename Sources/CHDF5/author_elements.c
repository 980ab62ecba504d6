#include "system.h"

#include "author.h"

// IEEE half precision: HDF5 1.10 has no name for it. The fields as h5py sets them.
static hid_t half(void) {
  hid_t type = hdf5.H5Tcopy(hdf5.H5T_IEEE_F32LE_g);
  // In this order: the fields have to fit the size at every step.
  hdf5.H5Tset_fields(type, 15, 10, 5, 0, 10);
  hdf5.H5Tset_size(type, 2);
  hdf5.H5Tset_ebias(type, 15);
  return type;
}

static hid_t boolean(void) {
  hid_t type = hdf5.H5Tenum_create(hdf5.H5T_STD_I8LE_g);
  int8_t no = 0, yes = 1;
  hdf5.H5Tenum_insert(type, "FALSE", &no);
  hdf5.H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

hid_t author_element_type(uint32_t element) {
  switch ((enum pare_hdf5_element)element) {
    case PARE_HDF5_F16: return half();
    case PARE_HDF5_F32: return hdf5.H5Tcopy(hdf5.H5T_IEEE_F32LE_g);
    case PARE_HDF5_F64: return hdf5.H5Tcopy(hdf5.H5T_IEEE_F64LE_g);
    case PARE_HDF5_BF16: return hdf5.H5Tcreate(H5T_OPAQUE, 2);
    case PARE_HDF5_I8: return hdf5.H5Tcopy(hdf5.H5T_STD_I8LE_g);
    case PARE_HDF5_I16: return hdf5.H5Tcopy(hdf5.H5T_STD_I16LE_g);
    case PARE_HDF5_I32: return hdf5.H5Tcopy(hdf5.H5T_STD_I32LE_g);
    case PARE_HDF5_I64: return hdf5.H5Tcopy(hdf5.H5T_STD_I64LE_g);
    case PARE_HDF5_U8: return hdf5.H5Tcopy(hdf5.H5T_STD_U8LE_g);
    case PARE_HDF5_U16: return hdf5.H5Tcopy(hdf5.H5T_STD_U16LE_g);
    case PARE_HDF5_U32: return hdf5.H5Tcopy(hdf5.H5T_STD_U32LE_g);
    case PARE_HDF5_U64: return hdf5.H5Tcopy(hdf5.H5T_STD_U64LE_g);
    case PARE_HDF5_BOOL: return boolean();
  }
  return H5I_INVALID_HID;
}
