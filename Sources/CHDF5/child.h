// A forked process that runs libhdf5 on one file, and the socket to it.
//
// fork, not exec: a second program image would cost more than the library, and there is none to find. What runs in
// the child is C only. malloc and dlopen are safe there: glibc resets their locks in fork.

#ifndef CHDF5_CHILD_H
#define CHDF5_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "chdf5.h"

struct chdf5_child {
  pid_t process;  // 0 when there is none (any more)
  int channel;    // -1 when closed
};

// What went wrong with a child. The text is empty if nothing did.
struct chdf5_failure {
  enum pare_hdf5_status status;
  int signal;
  char text[512];
};

// Records a failure and returns its status.
enum pare_hdf5_status chdf5_fail(struct chdf5_failure *failure, enum pare_hdf5_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- in the parent (child.c, answer.c)

enum chdf5_task { CHDF5_READING, CHDF5_WRITING };

// Starts a child that runs `body(context)` with `file` as its only file.
enum pare_hdf5_status chdf5_child_start(struct chdf5_child *child, int file, enum chdf5_task task,
                                        const struct pare_hdf5_limits *limits, void (*body)(const void *context),
                                        const void *context, struct chdf5_failure *failure);

// Nanoseconds of the monotonic clock, this many milliseconds from now.
int64_t chdf5_deadline(uint32_t milliseconds);

// Sends bytes as far as the child takes them. Stops early, with OK, when the child has something to say: it speaks
// only to give up, and `chdf5_child_answer` hears why.
enum pare_hdf5_status chdf5_child_send(struct chdf5_child *child, const void *bytes, size_t length,
                                       uint32_t wait_milliseconds, int *interrupted, struct chdf5_failure *failure);

// Waits for the child's one answer, then ends it, whatever it answered. With OK, `*bytes` is a fresh block of
// `*length` bytes; otherwise it is null and `failure` is filled.
enum pare_hdf5_status chdf5_child_answer(struct chdf5_child *child, int64_t deadline, uint64_t maximum_length,
                                         uint8_t **bytes, size_t *length, struct chdf5_failure *failure);

// Kills and reaps the child and closes the channel. Returns its wait status, -1 if somebody else reaped it.
int chdf5_child_end(struct chdf5_child *child);

// ---- in the child (confinement.c, answer.c)

#define CHDF5_CHILD_FILE 3
#define CHDF5_CHILD_CHANNEL 4

// Makes the fresh process a quiet, limited one with two descriptors.
void chdf5_child_confine(int file, int channel, enum chdf5_task task, const struct pare_hdf5_limits *limits,
                         pid_t parent);

// Limits the address space to this much more than there is now: called when the library is open, whose 40 MiB do not
// depend on the file.
void chdf5_child_limit_memory(uint64_t bytes);

// Sends the answer and leaves.
_Noreturn void chdf5_child_succeed(const void *bytes, size_t length);
_Noreturn void chdf5_child_fail(enum pare_hdf5_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// malloc that leaves with PARE_HDF5_MEMORY_LIMIT. Never null, also for 0 bytes.
void *chdf5_child_allocate(size_t size);

// For `struct wire`.
void chdf5_child_wire_full(int out_of_memory);

#endif
