#include "system.h"

#include "wire.h"

#include <stdlib.h>
#include <string.h>

static void *overflow(struct wire *wire, int out_of_memory) {
  if (wire->full != NULL) wire->full(out_of_memory);
  wire->overflowed = 1;
  return NULL;
}

void *wire_extend(struct wire *wire, size_t length) {
  if (wire->overflowed) return NULL;
  if (length > wire->limit - wire->length) return overflow(wire, 0);
  size_t needed = wire->length + length;
  if (needed > wire->capacity || wire->bytes == NULL) {
    size_t capacity = wire->capacity < 4096 ? 4096 : wire->capacity;
    while (capacity < needed) capacity = capacity > wire->limit / 2 ? needed : capacity * 2;
    uint8_t *bytes = realloc(wire->bytes, capacity);
    if (bytes == NULL) return overflow(wire, 1);
    wire->bytes = bytes;
    wire->capacity = capacity;
  }
  void *room = wire->bytes + wire->length;
  wire->length = needed;
  return room;
}

static void put(uint8_t *bytes, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static void append(struct wire *wire, uint64_t value, size_t size) {
  uint8_t *room = wire_extend(wire, size);
  if (room != NULL) put(room, value, size);
}

void wire_u8(struct wire *wire, uint8_t value) { append(wire, value, 1); }
void wire_u32(struct wire *wire, uint32_t value) { append(wire, value, 4); }
void wire_u64(struct wire *wire, uint64_t value) { append(wire, value, 8); }

void wire_bytes(struct wire *wire, const void *bytes, size_t length) {
  void *room = wire_extend(wire, length);
  if (room != NULL && length > 0) memcpy(room, bytes, length);
}

void wire_string(struct wire *wire, const char *bytes, size_t length) {
  if (length > UINT32_MAX) {
    overflow(wire, 0);
    return;
  }
  wire_u32(wire, (uint32_t)length);
  wire_bytes(wire, bytes, length);
}

void wire_text(struct wire *wire, const char *text) { wire_string(wire, text, strlen(text)); }

size_t wire_mark_u32(struct wire *wire) {
  wire_u32(wire, 0);
  return wire->length - 4;
}

size_t wire_mark_u64(struct wire *wire) {
  wire_u64(wire, 0);
  return wire->length - 8;
}

void wire_fill_u32(struct wire *wire, size_t mark, uint32_t value) {
  if (!wire->overflowed) put(wire->bytes + mark, value, 4);
}

void wire_fill_u64(struct wire *wire, size_t mark, uint64_t value) {
  if (!wire->overflowed) put(wire->bytes + mark, value, 8);
}

void wire_fill_length(struct wire *wire, size_t mark) {
  wire_fill_u64(wire, mark, wire->length - mark - 8);
}

const void *wire_get_bytes(struct wire_cursor *cursor, uint64_t length) {
  if (cursor->failed || length > cursor->length - cursor->position) {
    cursor->failed = 1;
    return NULL;
  }
  const void *bytes = cursor->bytes + cursor->position;
  cursor->position += (size_t)length;
  return bytes;
}

static uint64_t get(struct wire_cursor *cursor, size_t size) {
  const uint8_t *bytes = wire_get_bytes(cursor, size);
  uint64_t value = 0;
  for (size_t i = 0; bytes != NULL && i < size; i++) value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

uint32_t wire_get_u32(struct wire_cursor *cursor) { return (uint32_t)get(cursor, 4); }
uint64_t wire_get_u64(struct wire_cursor *cursor) { return get(cursor, 8); }

char *wire_get_text(struct wire_cursor *cursor) {
  uint32_t length = wire_get_u32(cursor);
  const char *bytes = wire_get_bytes(cursor, length);
  char *text = bytes == NULL ? NULL : malloc((size_t)length + 1);
  if (text == NULL) {
    cursor->failed = 1;
    return NULL;
  }
  memcpy(text, bytes, length);
  text[length] = 0;
  return text;
}
