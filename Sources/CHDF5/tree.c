// The links of a file, depth first.

#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "survey.h"
#include "visited.h"

enum { GROUP = 1, DATASET, TYPE, SOFT, EXTERNAL, ALIAS, OTHER, UNREADABLE };

struct link {
  char *name;
  H5L_type_t type;
  size_t value_size;  // of a link that is not hard
};

struct links {
  struct chdf5_survey *survey;
  struct link *all;
  size_t count, capacity;
};

struct walk {
  struct chdf5_survey *survey;
  struct visited visited;
};

// ---- listing one group

// Names that make a path mean something else. No writer makes them; a damaged or hostile file can.
static int is_name(const char *name) {
  return name[0] != 0 && strcmp(name, ".") != 0 && strchr(name, '/') == NULL;
}

static herr_t list(hid_t group, const char *name, const H5L_info_t *information, void *context) {
  (void)group;
  struct links *links = context;
  struct chdf5_survey *survey = links->survey;
  if (!is_name(name)) return chdf5_impossible(survey, "a link's name is empty, a dot or holds a slash");
  // libhdf5 finds links by bisection: out of order it would open others than it lists, and twice the same name would
  // make one path of two objects.
  if (links->count > 0 && strcmp(links->all[links->count - 1].name, name) >= 0)
    return chdf5_impossible(survey, "links out of order");
  if (++survey->links > survey->limits->entries)
    chdf5_child_fail(PARE_HDF5_TOO_LARGE, "more than %llu links", (unsigned long long)survey->limits->entries);
  if (links->count == links->capacity) {
    size_t capacity = links->capacity == 0 ? 16 : links->capacity * 2;
    struct link *all = chdf5_child_allocate(capacity * sizeof *all);
    if (links->count > 0) memcpy(all, links->all, links->count * sizeof *all);
    free(links->all);
    links->all = all;
    links->capacity = capacity;
  }
  size_t length = strlen(name) + 1;
  links->all[links->count++] = (struct link){
      .name = memcpy(chdf5_child_allocate(length), name, length),
      .type = information->type,
      .value_size = information->type == H5L_TYPE_HARD ? 0 : information->u.val_size,
  };
  return 0;
}

// All links of a group before any is followed: libhdf5's iteration takes kilobytes of stack, and this may run on the
// small one of some thread.
static int list_links(struct links *links, hid_t group) {
  hsize_t position = 0;
  links->survey->reason[0] = 0;
  if (hdf5.H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, list, links) >= 0) return 0;
  return links->survey->reason[0] != 0 ? -1 : chdf5_unreadable(links->survey, "links");
}

static void free_links(struct links *links) {
  for (size_t i = 0; i < links->count; i++) free(links->all[i].name);
  free(links->all);
}

static char *join(const char *group, const char *name) {
  size_t prefix = strcmp(group, "/") == 0 ? 0 : strlen(group), length = strlen(name);
  char *path = chdf5_child_allocate(prefix + 1 + length + 1);
  memcpy(path, group, prefix);
  path[prefix] = '/';
  memcpy(path + prefix + 1, name, length + 1);
  return path;
}

// ---- one entry

struct entry {
  size_t start, length;
};

static struct entry begin(struct wire *index, uint32_t kind, const char *path) {
  struct entry entry = {.start = index->length};
  wire_u32(index, kind);
  entry.length = wire_mark_u64(index);
  wire_text(index, path);
  return entry;
}

static void end(struct chdf5_survey *survey, struct entry entry) {
  wire_fill_length(&survey->index, entry.length);
  survey->entries++;
}

static void write_unreadable(struct chdf5_survey *survey, const char *path) {
  struct entry entry = begin(&survey->index, UNREADABLE, path);
  wire_text(&survey->index, survey->reason);
  end(survey, entry);
}

static int write_link_value(struct chdf5_survey *survey, hid_t group, const struct link *link) {
  // A link's value is part of a header message or of a local heap; 64 KiB is the former's bound.
  if (link->value_size > 65536) return chdf5_impossible(survey, "link of more than 64 KiB");
  char *value = chdf5_child_allocate(link->value_size + 1);
  memset(value, 0, link->value_size + 1);
  int outcome = 0;
  if (hdf5.H5Lget_val(group, link->name, value, link->value_size, H5P_DEFAULT) < 0) {
    outcome = chdf5_unreadable(survey, "link");
  } else if (link->type == H5L_TYPE_SOFT) {
    wire_text(&survey->index, value);
  } else {
    const char *file = NULL, *object = NULL;
    unsigned flags;
    if (hdf5.H5Lunpack_elink_val(value, link->value_size, &flags, &file, &object) < 0) {
      outcome = chdf5_unreadable(survey, "external link");
    } else {
      wire_text(&survey->index, file);
      wire_text(&survey->index, object);
    }
  }
  free(value);
  return outcome;
}

static void write_indirection(struct chdf5_survey *survey, hid_t group, const struct link *link, const char *path) {
  uint32_t kind = link->type == H5L_TYPE_SOFT       ? SOFT
                  : link->type == H5L_TYPE_EXTERNAL ? EXTERNAL
                                                    : OTHER;
  struct entry entry = begin(&survey->index, kind, path);
  if (kind == OTHER) {
    wire_u32(&survey->index, (uint32_t)link->type);
  } else if (write_link_value(survey, group, link) != 0) {
    survey->index.length = entry.start;
    write_unreadable(survey, path);
    return;
  }
  end(survey, entry);
}

// ---- objects

static void follow(struct walk *walk, hid_t group, const struct link *link, const char *path, uint32_t depth);

static void write_alias(struct chdf5_survey *survey, const char *path, const char *first) {
  struct entry entry = begin(&survey->index, ALIAS, path);
  wire_text(&survey->index, first);
  end(survey, entry);
}

// An object's own entry. Nothing stays of it if libhdf5 refuses a part.
static int write_object(struct chdf5_survey *survey, hid_t object, H5O_type_t type, const char *path) {
  if (type != H5O_TYPE_GROUP && type != H5O_TYPE_DATASET && type != H5O_TYPE_NAMED_DATATYPE)
    return chdf5_impossible(survey, "neither group, dataset nor datatype");
  uint32_t kind = type == H5O_TYPE_GROUP ? GROUP : type == H5O_TYPE_DATASET ? DATASET : TYPE;
  struct entry entry = begin(&survey->index, kind, path);
  int outcome = 0;
  if (kind == DATASET) outcome = chdf5_survey_dataset(survey, object);
  if (kind == TYPE) outcome = chdf5_survey_type(survey, object);
  if (kind != DATASET && outcome == 0) outcome = chdf5_survey_attributes(survey, object);
  if (outcome != 0) survey->index.length = entry.start;
  else end(survey, entry);
  return outcome;
}

static int write_group(struct walk *walk, hid_t group, const char *path, uint32_t depth) {
  struct chdf5_survey *survey = walk->survey;
  if (depth >= survey->limits->depth)
    chdf5_child_fail(PARE_HDF5_TOO_LARGE, "groups nest deeper than %u", survey->limits->depth);
  struct links links = {.survey = survey};
  int outcome = list_links(&links, group);
  if (outcome == 0) outcome = write_object(survey, group, H5O_TYPE_GROUP, path);
  for (size_t i = 0; outcome == 0 && i < links.count; i++) {
    char *child = join(path, links.all[i].name);
    follow(walk, group, &links.all[i], child, depth + 1);
    free(child);
  }
  free_links(&links);
  return outcome;
}

static void visit(struct walk *walk, hid_t object, const char *path, uint32_t depth) {
  struct chdf5_survey *survey = walk->survey;
  H5O_info_t information;
  int outcome;
  // Basic: the rest counts every byte of the object's header and takes longer than all else here.
  if (hdf5.H5Oget_info2(object, &information, H5O_INFO_BASIC) < 0) {
    outcome = chdf5_unreadable(survey, "object header");
  } else {
    const char *first = visited_before(&walk->visited, information.addr, path);
    if (first != NULL) {
      write_alias(survey, path, first);
      return;
    }
    outcome = information.type == H5O_TYPE_GROUP ? write_group(walk, object, path, depth)
                                                 : write_object(survey, object, information.type, path);
  }
  if (outcome != 0) write_unreadable(survey, path);
}

static void follow(struct walk *walk, hid_t group, const struct link *link, const char *path, uint32_t depth) {
  struct chdf5_survey *survey = walk->survey;
  if (link->type != H5L_TYPE_HARD) {
    write_indirection(survey, group, link, path);
    return;
  }
  hid_t object = hdf5.H5Oopen(group, link->name, H5P_DEFAULT);
  if (object < 0) {
    chdf5_unreadable(survey, "object");
    write_unreadable(survey, path);
    return;
  }
  visit(walk, object, path, depth);
  hdf5.H5Oclose(object);
}

void chdf5_survey_tree(struct chdf5_survey *survey, hid_t file) {
  struct walk walk = {.survey = survey};
  survey->links = 1;
  visit(&walk, file, "/", 0);
  // What was visited is not freed: the process ends first.
}
