// What the writer sends to its child: command u32, length u64 of the body, body. The child answers once: when it has
// finished, or when it gives up.

#ifndef CHDF5_COMMANDS_H
#define CHDF5_COMMANDS_H

enum chdf5_command {
  CHDF5_CREATE_GROUP = 1,   // path
  CHDF5_CREATE_CONTIGUOUS,  // path, element u32, rank u32, dimension u64*
  CHDF5_CREATE_CHUNKED,     // path, element u32, rank u32, dimension u64*, chunk dimension u64*, shuffle u32, level u32
  CHDF5_WRITE_CHUNK,        // dataset u32, filter mask u32, rank u32, offset u64*, length u64, bytes
  CHDF5_SET_STRING,         // path, name, kind u32, string
  CHDF5_SET_STRINGS,        // path, name, kind u32, count u64, string*
  CHDF5_SET_INTEGER,        // path, name, u64
  CHDF5_SET_FLOAT,          // path, name, u64 (its bits)
  CHDF5_FINISH,             // nothing; the answer is a u64 per dataset
};

#define CHDF5_COMMAND_HEADER 12
#define CHDF5_NO_DEFLATE UINT32_MAX

// One chunk and what is around it. HDF5's own bound on a chunk is 4 GiB.
#define CHDF5_MAXIMUM_COMMAND ((uint64_t)1 << 32)

// The child's whole life; `context` points to the limits.
void chdf5_author(const void *context);

#endif
