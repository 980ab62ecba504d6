#ifndef PARE_CZLIB_SHIM_H
#define PARE_CZLIB_SHIM_H

#include <zlib.h>

/// zlib's initializers are macros that pass the version and the size of the stream.
static inline int pare_inflate_begin(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}
static inline int pare_deflate_begin(z_stream *stream, int level) {
  return deflateInit(stream, level);
}

#endif
