// Present so that pkg-config's include path for <hdf5.h> reaches the target CHDF5.
// The library itself is opened at run time and never linked.
