// The objects seen so far: header address → the path under which each was seen first.

#ifndef CHDF5_VISITED_H
#define CHDF5_VISITED_H

#include <stddef.h>
#include <stdint.h>

struct visited {
  struct visited_object {
    uint64_t address;
    char *path;  // null where the slot is free
  } *slots;
  size_t count, capacity;  // the capacity is a power of two
};

// The path of an object seen before, or null, and then it is remembered under this one.
const char *visited_before(struct visited *visited, uint64_t address, const char *path);

#endif
