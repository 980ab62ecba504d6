// HDF5 files, read and written by libhdf5 in a child process.
//
// libhdf5 is C that was never meant for hostile files: 23 of 900 mutated files killed `h5dump`, 3 hung it. So it
// never runs in the process that includes this header, and is not linked either: a forked child opens it with
// dlopen, does one file's work under limits, and answers over a socket. A crash, a hang or a lie of the child is a
// status here.
//
// Reading gives the *structure* of a file as one flat index (the grammar is at the end of this header); the data of
// contiguous and chunked datasets is read by the caller, at the file offsets that the index names. Writing is the
// mirror image: the child lays out groups, attributes and datasets, `finish` says where the contiguous data goes.
//
// All functions are reentrant. A writer belongs to one thread at a time, not always the same one. Linux only.

#ifndef CHDF5_H
#define CHDF5_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define PARE_NULLABLE _Nullable
#pragma clang assume_nonnull begin
#else
#define PARE_NULLABLE
#endif

// ---------------------------------------------------------------------------------------------- outcomes and limits

enum pare_hdf5_status {
  PARE_HDF5_OK = 0,
  PARE_HDF5_LIBRARY_MISSING = 1,   // no libhdf5 was found
  PARE_HDF5_LIBRARY_MISMATCH = 2,  // found, but of another major.minor version than this was compiled for
  PARE_HDF5_NOT_READABLE = 3,      // libhdf5 does not open the file: not HDF5, truncated, too new
  PARE_HDF5_REFUSED = 4,           // libhdf5 refuses something that was to be written, a full disk included
  PARE_HDF5_CRASHED = 5,           // the child died of a signal or left without an answer
  PARE_HDF5_TIMED_OUT = 6,         // the wall clock limit
  PARE_HDF5_CPU_LIMIT = 7,
  PARE_HDF5_MEMORY_LIMIT = 8,      // not always: where libhdf5 finds no memory it may also crash or call an object bad
  PARE_HDF5_TOO_LARGE = 9,         // more entries, chunks, depth or index bytes than the limits allow
  PARE_HDF5_PROTOCOL = 10,         // the child's answer is not one
  PARE_HDF5_SYSTEM = 11,           // fork, socketpair or malloc failed in this process
  PARE_HDF5_MISUSE = 12,           // an argument that makes no sense; nothing was sent
};

struct pare_hdf5_limits {
  uint32_t wall_clock_milliseconds;  // reading: for everything; writing: for every single wait for the child
  uint32_t cpu_seconds;
  uint64_t memory_bytes;             // address space on top of what this process has mapped and the library takes
  uint64_t index_bytes;              // of the whole index; at most 2 GiB
  uint64_t entries;                  // links, the root included
  uint64_t chunks;                   // of all datasets together
  uint64_t attribute_bytes;          // of one attribute, as stored in memory; larger ones are listed without a value
  uint32_t depth;                    // of groups in groups
};

// What a checkpoint needs, twenty times over: 10 s, 5 CPU s, 1 GiB, 64 MiB of index, 100,000 entries, 1,000,000
// chunks, attributes of 16 MiB, depth 64.
struct pare_hdf5_limits pare_hdf5_reading_limits(void);

// 120 s for a wait (a slow disk is no hang), 600 CPU s, 2 GiB. The other members do not apply.
struct pare_hdf5_limits pare_hdf5_writing_limits(void);

// -------------------------------------------------------------------------------------------------------- reading

struct pare_hdf5_result {
  enum pare_hdf5_status status;
  int signal;                       // that killed the child, with PARE_HDF5_CRASHED; 0 if it was none
  uint8_t *PARE_NULLABLE bytes;     // the index, with PARE_HDF5_OK
  size_t length;
  char *PARE_NULLABLE message;      // lower case, one line; may hold any byte but NUL; null with PARE_HDF5_OK
};

// Reads the structure of the HDF5 file behind a descriptor, which may be a regular file or a memfd opened for
// reading. The descriptor's position is not used. Returns `result->status`; `result` need not be initialised and is
// released with `pare_hdf5_result_free`, whatever the status. Null limits are `pare_hdf5_reading_limits()`.
enum pare_hdf5_status pare_hdf5_index(int file, const struct pare_hdf5_limits *PARE_NULLABLE limits,
                                      struct pare_hdf5_result *result);

void pare_hdf5_result_free(struct pare_hdf5_result *result);

// -------------------------------------------------------------------------------------------------------- writing

// A file being written. Calls are sent to the child in batches and are not answered one by one: a failure may
// belong to an earlier call, is sticky, and its message names the path. Paths are absolute, UTF-8, `/`-separated.
struct pare_hdf5_writer;

enum pare_hdf5_element {
  PARE_HDF5_F16 = 1, PARE_HDF5_F32 = 2, PARE_HDF5_F64 = 3,
  PARE_HDF5_BF16 = 4,  // opaque of two bytes as Keras writes it; Keras also sets the attribute dtype="bfloat16"
  PARE_HDF5_I8 = 5, PARE_HDF5_I16 = 6, PARE_HDF5_I32 = 7, PARE_HDF5_I64 = 8,
  PARE_HDF5_U8 = 9, PARE_HDF5_U16 = 10, PARE_HDF5_U32 = 11, PARE_HDF5_U64 = 12,
  PARE_HDF5_BOOL = 13, // h5py's: an enumeration {FALSE = 0, TRUE = 1} over a signed byte
};

enum pare_hdf5_strings {
  PARE_HDF5_UTF8 = 1,   // variable length, UTF-8: h5py 3's `str`
  PARE_HDF5_ASCII = 2,  // variable length, ASCII: h5py 3's `bytes`
  PARE_HDF5_FIXED = 3,  // as wide as the longest, NUL-padded, ASCII: numpy's `S`, h5py 2
};

static const uint64_t PARE_HDF5_NO_OFFSET = UINT64_MAX;
#define PARE_HDF5_MAXIMUM_RANK 32

// Starts to write into an empty regular file or memfd, opened for reading and writing. Null only if memory ran out;
// any other failure is the writer's status. Null limits are `pare_hdf5_writing_limits()`.
struct pare_hdf5_writer *PARE_NULLABLE pare_hdf5_writer_begin(
    int file, const struct pare_hdf5_limits *PARE_NULLABLE limits);

// The sticky outcome so far, the signal behind PARE_HDF5_CRASHED, and the reason: empty as long as all is well.
enum pare_hdf5_status pare_hdf5_writer_status(const struct pare_hdf5_writer *writer);
int pare_hdf5_writer_signal(const struct pare_hdf5_writer *writer);
const char *pare_hdf5_writer_message(const struct pare_hdf5_writer *writer);

// Creates a group and those above it; one that exists already is left alone.
enum pare_hdf5_status pare_hdf5_create_group(struct pare_hdf5_writer *writer, const char *path);

// Creates a contiguous dataset, allocated but not filled: its place is in what `finish` returns, and the caller
// writes the data there. Rank 0 is a scalar; a dimension may be 0. `number` counts all datasets from 0.
enum pare_hdf5_status pare_hdf5_create_contiguous(struct pare_hdf5_writer *writer, const char *path,
                                                  enum pare_hdf5_element element, uint32_t rank,
                                                  const uint64_t *PARE_NULLABLE dimensions,
                                                  uint32_t *PARE_NULLABLE number);

// Creates a chunked dataset. The pipeline is the shuffle filter if wanted, then deflate if `deflate_level` is 0…9;
// below 0 there is none. The caller applies the filters itself and sends whole chunks with `write_chunk`.
enum pare_hdf5_status pare_hdf5_create_chunked(struct pare_hdf5_writer *writer, const char *path,
                                               enum pare_hdf5_element element, uint32_t rank,
                                               const uint64_t *dimensions, const uint64_t *chunk_dimensions,
                                               int shuffle, int deflate_level, uint32_t *PARE_NULLABLE number);

// Stores one chunk as it is. `offsets` are in elements, multiples of the chunk's dimensions. Bit i of `filter_mask`
// says that filter i was skipped.
enum pare_hdf5_status pare_hdf5_write_chunk(struct pare_hdf5_writer *writer, uint32_t number, uint32_t rank,
                                            const uint64_t *offsets, uint32_t filter_mask, const void *bytes,
                                            size_t length);

// Attributes of the group or dataset at `path`, which exists; the attribute does not. Strings hold no NUL. An
// attribute whose message exceeds 64 KiB (fixed: count × width; variable: count × 16) is PARE_HDF5_REFUSED: split it
// as Keras does.
enum pare_hdf5_status pare_hdf5_set_string(struct pare_hdf5_writer *writer, const char *path, const char *name,
                                           const char *bytes, size_t length, enum pare_hdf5_strings kind);

// `bytes` holds the strings one after another, `lengths` their lengths. No strings at all become a float64 array of
// shape (0,), which is what numpy and so Keras make of an empty list.
enum pare_hdf5_status pare_hdf5_set_strings(struct pare_hdf5_writer *writer, const char *path, const char *name,
                                            const char *PARE_NULLABLE bytes, const size_t *PARE_NULLABLE lengths,
                                            size_t count, enum pare_hdf5_strings kind);

enum pare_hdf5_status pare_hdf5_set_integer(struct pare_hdf5_writer *writer, const char *path, const char *name,
                                            int64_t value);
enum pare_hdf5_status pare_hdf5_set_float(struct pare_hdf5_writer *writer, const char *path, const char *name,
                                          double value);

// Closes the file; it now has its final size. `offsets` receives, for every dataset in the order of creation, the
// absolute file offset of its data, or PARE_HDF5_NO_OFFSET for a chunked or empty one; `count` is their number.
enum pare_hdf5_status pare_hdf5_writer_finish(struct pare_hdf5_writer *writer, uint64_t *PARE_NULLABLE offsets,
                                              size_t count);

// Releases the writer. Without a successful `finish` the child is killed and the file is in no defined state.
void pare_hdf5_writer_end(struct pare_hdf5_writer *PARE_NULLABLE writer);

// ------------------------------------------------------------------------------------------------------- the index
//
// Little-endian, packed, no alignment, read from front to back. It comes from a process that a hostile file may have
// taken over: a decoder checks every length against what is left, every count against the smallest size of its
// elements before it allocates, every offset against the size of the HDF5 file, and skips an entry by its length.
//
//   index     = magic "PAREHDF5", version u32 = 1, entry-count u32, length u64 (of the whole index, this header
//               included), base u64, entry*
//               `base` is the size of the user block. Every file offset in the index is absolute: counted from the
//               first byte of the file, user block included, whatever HDF5's own addresses count from.
//   entry     = kind u32, length u64 (of what follows in this entry), path string, body
//   string    = length u32, bytes; no terminator, not necessarily UTF-8
//
// Entries are in depth-first order, names ascending within a group, a group before what it holds; the first is the
// group "/". A path is unique and is "/" or ("/" name)+, no name is empty, "." or holds a slash. By kind, the body is
//
//   1 group      attributes
//   2 dataset    type, space, storage, filters, fill, attributes
//   3 type       type, attributes                                  a named (committed) datatype
//   4 soft       target string                                     never followed
//   5 external   file string, object string                        never followed
//   6 alias      path string          a hard link to the object that was first seen under that path; cycles end here
//   7 other      class u32                                         a user-defined link
//   8 unreadable reason string        libhdf5 could not read the object: damaged, or of a newer version. The entry
//                                     stands for the object and everything below it.
//
//   attributes = count u32, (length u64 (of what follows), name string, type, space, value)*
//   value      = kind u32, then by kind
//     0 none                            the dataspace is null
//     1 strings   count u64, string*    fixed ones without their padding
//     2 signed    count u64, i64*       integers of up to 8 bytes, enumerations
//     3 unsigned  count u64, u64*
//     4 floats    count u64, f64*       floats of up to 8 bytes, as doubles
//     5 raw       length u64, bytes     anything else, as in the file
//     6 too-large                       than limits.attribute_bytes
//     7 undecodable                     holds pointers or references into the file, or libhdf5 cannot convert it
//   count is the product of the space's dimensions, 1 for a scalar.
//
//   type  = class u8, order u8, flags u8, padding u8, size u64, precision u32, bit-offset u32,
//           sign-position u32, exponent-position u32, exponent-bits u32, mantissa-position u32, mantissa-bits u32,
//           normalization u32, bias u64, tag string, description string
//     class         as in the file format: 0 integer, 1 float, 2 time, 3 string, 4 bitfield, 5 opaque, 6 compound,
//                   7 reference, 8 enumeration, 9 variable length, 10 array; 255 anything newer
//     order         0 little, 1 big, 2 does not apply or neither
//     flags         1 signed integer, 2 h5py boolean, 4 variable-length string, 8 UTF-8,
//                   16 holds variable-length data or references somewhere
//     padding       of strings: 0 NUL-terminated, 1 NUL-padded, 2 space-padded
//     size          of one element in the file in bytes; of variable-length data, in libhdf5's memory
//     precision, bit-offset            of integers, floats, bitfields; of an enumeration, its integer's, as are the
//                                      order and sign; else 0
//     sign-position … bias             of floats, else 0. normalization: 0 none, 1 leading bit stored, 2 implied
//     tag           of opaque types, else empty
//     description   for messages, e.g. "int32", "big-endian float64", "enum int8 {FALSE = 0, TRUE = 1}"
//   IEEE (sign, exponent position/bits, mantissa position/bits, bias; size and precision full, offset 0, implied):
//     half (15, 10/5, 0/10, 15), single (31, 23/8, 0/23, 127), double (63, 52/11, 0/52, 1023),
//     bfloat16 (15, 7/8, 0/7, 127; size 2)
//
//   space = kind u8 (0 scalar, 1 simple, 2 null), rank u8 (at most 32, 0 unless simple), dimension u64[rank]
//
//   storage = layout u32, stored-size u64, then by layout
//     0 compact     length u64, bytes               the data itself; length 0 for types with flag 16
//     1 contiguous  offset u64                      all ones: never allocated, every element is the fill value
//     2 chunked     rank u32 (that of the space), chunk-dimension u64[rank], chunk-count u64, chunk*
//       chunk       = filter-mask u32, size u64 (stored), offset u64, element-offset u64[rank]
//                   ascending in libhdf5's order; a chunk that is not listed is all fill value
//     3 virtual     nothing
//     4 external    file-count u32, name string*    of the files that hold the data
//     255           anything newer
//
//   filters = count u32, (identifier u32, flags u32 (1 optional), name string, value-count u32, value u32*)*
//             in the order of writing: reading undoes them from the last to the first
//             1 deflate, 2 shuffle, 3 fletcher32, 4 szip, 5 nbit, 6 scale-offset
//
//   fill    = kind u32 (0 undefined, 1 default: zeros, 2 given), length u64, bytes
//             one element in the dataset's own type; length 0 unless given, or for types with flag 16

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
