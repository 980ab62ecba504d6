// What the child knows while it writes the index down; one part of the grammar in chdf5.h per file.
//
// The functions that read from the file return 0, or -1 when libhdf5 refuses: `reason` then says why, and the object
// they were called for becomes an `unreadable` entry. A limit that is passed ends the child instead.

#ifndef CHDF5_SURVEY_H
#define CHDF5_SURVEY_H

#include "chdf5.h"
#include "library.h"
#include "wire.h"

struct chdf5_survey {
  struct wire index;
  const struct pare_hdf5_limits *limits;
  uint64_t base;     // the user block's size: HDF5 addresses count from its end
  uint64_t links;    // listed so far, with the root as one
  uint64_t chunks;
  uint32_t entries;  // in the index
  char reason[512];
};

// Takes libhdf5's reason, after what was being read, and returns -1.
int chdf5_unreadable(struct chdf5_survey *survey, const char *what);

// The same for what this side finds impossible.
int chdf5_impossible(struct chdf5_survey *survey, const char *what);

// Every link of the file; `file` is open.
void chdf5_survey_tree(struct chdf5_survey *survey, hid_t file);

int chdf5_survey_dataset(struct chdf5_survey *survey, hid_t dataset);
int chdf5_survey_chunks(struct chdf5_survey *survey, hid_t dataset, hid_t space, uint32_t rank);
int chdf5_survey_attributes(struct chdf5_survey *survey, hid_t object);
int chdf5_survey_type(struct chdf5_survey *survey, hid_t type);

struct chdf5_space {
  H5S_class_t kind;
  uint32_t rank;
  hsize_t dimensions[H5S_MAX_RANK];
  uint64_t elements;
};

// Writes the space of an attribute or dataset and remembers it.
int chdf5_survey_space(struct chdf5_survey *survey, hid_t space, struct chdf5_space *seen);

// Whether values of the type, as libhdf5 hands them over, are pointers or positions rather than data.
int chdf5_type_is_indirect(hid_t type);

// elements × size, UINT64_MAX if 64 bits do not hold it: more than any limit.
uint64_t chdf5_byte_count(uint64_t elements, uint64_t size);

#endif
