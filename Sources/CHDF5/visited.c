#include "system.h"

#include "visited.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"

static struct visited_object *slot(struct visited_object *slots, size_t capacity, uint64_t address) {
  // Addresses are multiples of 8 in most files; the multiplication spreads them over the upper bits.
  size_t at = (size_t)((address * 0x9E3779B97F4A7C15u) >> 20) & (capacity - 1);
  while (slots[at].path != NULL && slots[at].address != address) at = (at + 1) & (capacity - 1);
  return &slots[at];
}

static void grow(struct visited *visited) {
  size_t capacity = visited->capacity == 0 ? 256 : visited->capacity * 2;
  struct visited_object *slots = chdf5_child_allocate(capacity * sizeof *slots);
  memset(slots, 0, capacity * sizeof *slots);
  for (size_t i = 0; i < visited->capacity; i++)
    if (visited->slots[i].path != NULL) *slot(slots, capacity, visited->slots[i].address) = visited->slots[i];
  free(visited->slots);
  visited->slots = slots;
  visited->capacity = capacity;
}

const char *visited_before(struct visited *visited, uint64_t address, const char *path) {
  if (2 * (visited->count + 1) > visited->capacity) grow(visited);
  struct visited_object *found = slot(visited->slots, visited->capacity, address);
  if (found->path != NULL) return found->path;
  size_t length = strlen(path) + 1;
  found->address = address;
  found->path = memcpy(chdf5_child_allocate(length), path, length);
  visited->count++;
  return NULL;
}
