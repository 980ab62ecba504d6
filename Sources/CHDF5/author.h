// The file that the child of a writer makes.

#ifndef CHDF5_AUTHOR_H
#define CHDF5_AUTHOR_H

#include "chdf5.h"
#include "library.h"
#include "wire.h"

struct author {
  hid_t file;
  hid_t links;  // link properties: the groups above are made too

  // The object that was last given an attribute: they come in runs.
  char *path;
  hid_t object;

  // Per dataset, in order of creation.
  struct author_dataset {
    uint64_t offset;
    hid_t chunked;  // open for its chunks; -1 of a contiguous one
    char *path;
  } *datasets;
  uint32_t count, capacity;
};

// Ends the child with libhdf5's reason, if `outcome`, a libhdf5 result of any kind, is negative.
void author_require(int64_t outcome, const char *doing, const char *path);
_Noreturn void author_refuse(const char *why, const char *doing, const char *path);

void author_create_contiguous(struct author *author, struct wire_cursor *command);
void author_create_chunked(struct author *author, struct wire_cursor *command);
void author_write_chunk(struct author *author, struct wire_cursor *command);

void author_set_string(struct author *author, struct wire_cursor *command);
void author_set_strings(struct author *author, struct wire_cursor *command);
void author_set_number(struct author *author, struct wire_cursor *command, hid_t stored, hid_t given);

// A fresh type, which the caller closes; negative if there is no such element.
hid_t author_element_type(uint32_t element);

#endif
