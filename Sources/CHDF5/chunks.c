// Where a chunked dataset's chunks lie.
//
// libhdf5 1.10 has no call that lists chunks: H5Dget_chunk_info and H5Dget_chunk_info_by_coord walk the index from its
// start for every chunk. Measured: 0.7 s for 10,000 chunks, minutes for 100,000. H5Ddebug prints the whole index in
// one walk (4 ms and 60 ms) to standard output, which this process has no other use for; its addresses count from the
// end of the user block in all versions, which those of H5Dget_chunk_info do not. Nothing printed is trusted: the rows
// must be as many as H5Dget_num_chunks says.

#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "survey.h"

struct chunk {
  uint64_t filter_mask, size, address, offsets[H5S_MAX_RANK];
};

static int number(const char **at, int base, uint64_t *value) {
  while (**at == ' ') ++*at;
  if (**at < '0' || **at > '9') return 0;  // strtoull would take signs and line ends
  char *end;
  errno = 0;
  *value = strtoull(*at, &end, base);
  if (errno != 0) return 0;
  *at = end;
  return 1;
}

//        0x00000000       50       4016 [0, 128, 0]
// The last offset, that of the bytes within an element, should be 0 but is not even initialised for some indexes.
static int parse(const char *line, uint32_t rank, struct chunk *chunk) {
  while (*line == ' ') line++;
  if (line[0] != '0' || line[1] != 'x') return 0;
  if (!number(&line, 16, &chunk->filter_mask) || !number(&line, 10, &chunk->size)) return 0;
  if (!number(&line, 10, &chunk->address) || line[0] != ' ' || line[1] != '[') return 0;
  line += 2;
  for (uint32_t i = 0; i < rank; i++) {
    if (!number(&line, 10, &chunk->offsets[i]) || line[0] != ',') return 0;
    line++;
  }
  uint64_t within;
  return number(&line, 10, &within) && line[0] == ']' && chunk->filter_mask <= UINT32_MAX;
}

static char *print(hid_t dataset, size_t *length) {
  char *text = NULL;
  FILE *process_output = stdout, *memory = open_memstream(&text, length);
  if (memory == NULL) chdf5_child_wire_full(1);
  stdout = memory;
  herr_t outcome = hdf5.H5Ddebug(dataset);
  stdout = process_output;
  if (fclose(memory) != 0) chdf5_child_wire_full(1);
  if (outcome >= 0) return text;
  free(text);
  return NULL;
}

static void write_chunk(struct chdf5_survey *survey, const struct chunk *chunk, uint32_t rank) {
  uint64_t address = chunk->address;
  // A sum beyond 64 bits lies outside the file, and so does what is written for it.
  if (__builtin_add_overflow(address, survey->base, &address)) address = UINT64_MAX;
  wire_u32(&survey->index, (uint32_t)chunk->filter_mask);
  wire_u64(&survey->index, chunk->size);
  wire_u64(&survey->index, address);
  for (uint32_t i = 0; i < rank; i++) wire_u64(&survey->index, chunk->offsets[i]);
}

int chdf5_survey_chunks(struct chdf5_survey *survey, hid_t dataset, hid_t space, uint32_t rank) {
  hsize_t expected = 0;
  if (hdf5.H5Dget_num_chunks(dataset, space, &expected) < 0) return chdf5_unreadable(survey, "number of chunks");
  wire_u64(&survey->index, expected);
  if (expected == 0) return 0;
  if (expected > survey->limits->chunks - survey->chunks)
    chdf5_child_fail(PARE_HDF5_TOO_LARGE, "more than %llu chunks", (unsigned long long)survey->limits->chunks);
  survey->chunks += expected;

  size_t length = 0;
  char *text = print(dataset, &length);
  if (text == NULL) return chdf5_unreadable(survey, "chunks");
  hsize_t count = 0;
  for (char *line = text; line != NULL && line < text + length && count <= expected;) {
    char *end = memchr(line, '\n', (size_t)(text + length - line));
    if (end != NULL) *end = 0;
    struct chunk chunk;
    if (parse(line, rank, &chunk) && ++count <= expected) write_chunk(survey, &chunk, rank);
    line = end == NULL ? NULL : end + 1;
  }
  free(text);
  return count == expected ? 0 : chdf5_impossible(survey, "chunks: libhdf5 counts others than it lists");
}
