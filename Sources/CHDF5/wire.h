// Packed little-endian bytes, written and read: the index, the writer's commands, the child's answers.

#ifndef CHDF5_WIRE_H
#define CHDF5_WIRE_H

#include <stddef.h>
#include <stdint.h>

// A growing buffer. Beyond `limit` or without memory, `full` is called and does not return; if it is null, the
// buffer stops growing and `overflowed` is set.
struct wire {
  uint8_t *bytes;
  size_t length, capacity, limit;
  void (*full)(int out_of_memory);
  int overflowed;
};

// Room for `length` bytes, which count as written; null if there is none.
void *wire_extend(struct wire *wire, size_t length);

void wire_u8(struct wire *wire, uint8_t value);
void wire_u32(struct wire *wire, uint32_t value);
void wire_u64(struct wire *wire, uint64_t value);
void wire_bytes(struct wire *wire, const void *bytes, size_t length);
void wire_string(struct wire *wire, const char *bytes, size_t length);  // length u32, bytes
void wire_text(struct wire *wire, const char *text);                    // the same, of a C string

// Lengths and counts that are known only afterwards: `mark` leaves the room, the others fill it.
size_t wire_mark_u32(struct wire *wire);
size_t wire_mark_u64(struct wire *wire);
void wire_fill_u32(struct wire *wire, size_t mark, uint32_t value);
void wire_fill_u64(struct wire *wire, size_t mark, uint64_t value);
void wire_fill_length(struct wire *wire, size_t mark);  // a u64: the bytes written after it

// A position in bytes that are read. Reading past the end gives zeros and sets `failed`.
struct wire_cursor {
  const uint8_t *bytes;
  size_t length, position;
  int failed;
};

uint32_t wire_get_u32(struct wire_cursor *cursor);
uint64_t wire_get_u64(struct wire_cursor *cursor);
const void *wire_get_bytes(struct wire_cursor *cursor, uint64_t length);
char *wire_get_text(struct wire_cursor *cursor);  // a fresh C string, null if there is none

#endif
