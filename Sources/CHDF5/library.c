#include "system.h"

#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "driver.h"

struct chdf5_library hdf5;

// Debian's serial build first, then whatever a distribution calls its default. The numbers are the sonames of
// 1.10, 1.12 and 1.14: the unversioned name exists only where development files are installed.
static const char *const names[] = {
    "libhdf5_serial.so.103", "libhdf5_serial.so.200", "libhdf5_serial.so.310", "libhdf5_serial.so",
    "libhdf5.so.103",        "libhdf5.so.200",        "libhdf5.so.310",        "libhdf5.so",
};

// Expands its argument first: newer headers rename functions by macro (H5Literate is H5Literate1).
#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(name) #name

static void *symbol(void *handle, const char *name) {
  void *address = dlsym(handle, name);
  if (address == NULL) chdf5_child_fail(PARE_HDF5_LIBRARY_MISMATCH, "libhdf5 has no %s", name);
  return address;
}

// Structures and enumerations are those of the headers only within one major.minor.
static int matches(void *handle, char *mismatch, size_t capacity) {
  __typeof__(H5get_libversion) *version = symbol(handle, "H5get_libversion");
  __typeof__(H5dont_atexit) *dont_atexit = symbol(handle, "H5dont_atexit");
  unsigned major = 0, minor = 0, release = 0;
  dont_atexit();
  if (version(&major, &minor, &release) >= 0 && major == H5_VERS_MAJOR && minor == H5_VERS_MINOR) return 1;
  snprintf(mismatch, capacity, "libhdf5 %u.%u.%u is installed, %d.%d is needed", major, minor, release,
           H5_VERS_MAJOR, H5_VERS_MINOR);
  return 0;
}

static void *find(void) {
  char mismatch[128] = "", missing[256] = "";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    // Lazy: a few dozen of its functions are called, and it has 35 libraries behind it.
    void *handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) {
      const char *reason = dlerror();
      if (i == 0 && reason != NULL) snprintf(missing, sizeof missing, "%s", reason);
    } else if (matches(handle, mismatch, sizeof mismatch)) {
      return handle;
    }
  }
  if (mismatch[0] != 0) chdf5_child_fail(PARE_HDF5_LIBRARY_MISMATCH, "%s", mismatch);
  chdf5_child_fail(PARE_HDF5_LIBRARY_MISSING, "libhdf5 is not installed: %s", missing);
}

void chdf5_library_open(void) {
  // Plugins are code that a file's filter list can name; an empty list at the first moment, and again below.
  setenv("HDF5_PLUGIN_PRELOAD", "::", 1);
  unsetenv("HDF5_DEBUG");

  void *handle = find();
#define LOAD(name) hdf5.name = (__typeof__(name) *)symbol(handle, TEXT(name));
  CHDF5_FUNCTIONS(LOAD)
#undef LOAD
  if (hdf5.H5open() < 0) chdf5_child_fail(PARE_HDF5_LIBRARY_MISMATCH, "libhdf5 does not start");
  hdf5.H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hdf5.H5PLset_loading_state(0);
#define LOAD(name) hdf5.name = *(hid_t *)symbol(handle, TEXT(name));
  CHDF5_CONSTANTS(LOAD)
#undef LOAD
}

static herr_t take(unsigned depth, const H5E_error2_t *entry, void *context) {
  struct chdf5_error *error = context;
  if (depth != 0) return 0;  // walking upwards, 0 is the innermost
  char minor[96] = "";
  H5E_type_t type;
  hdf5.H5Eget_msg(entry->min_num, &type, minor, sizeof minor);
  if (entry->desc != NULL && entry->desc[0] != 0)
    snprintf(error->text, sizeof error->text, "%s (%s)", entry->desc, minor);
  else
    snprintf(error->text, sizeof error->text, "%s", minor);
  for (char *at = error->text; *at != 0; at++)
    if (*at == '\n' || *at == '\r') *at = ' ';
  return 0;
}

struct chdf5_error chdf5_library_error(void) {
  struct chdf5_error error = {.text = "libhdf5 gives no reason"};
  hdf5.H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &error);
  hdf5.H5Eclear2(H5E_DEFAULT);
  if (chdf5_driver_errno() != 0) snprintf(error.text, sizeof error.text, "%s", strerror(chdf5_driver_errno()));
  return error;
}
