// The child's one message: magic u32, status u32, length u64, then the result or the reason for a failure.

#include "system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "wire.h"

#define MAGIC 0x35464448u  // "HDF5"
#define HEADER 16

// ---- in the child

static void deliver(const void *bytes, size_t length) {
  for (size_t sent = 0; sent < length;) {
    ssize_t count = send(CHDF5_CHILD_CHANNEL, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL);
    if (count > 0) sent += (size_t)count;
    else if (errno != EINTR) _exit(1);  // nobody listens any more
  }
}

static _Noreturn void answer(enum pare_hdf5_status status, const void *bytes, size_t length) {
  // The memory may have run out: no allocation here.
  uint8_t header[HEADER];
  uint32_t words[4] = {MAGIC, (uint32_t)status, (uint32_t)length, (uint32_t)((uint64_t)length >> 32)};
  for (size_t i = 0; i < HEADER; i++) header[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
  deliver(header, sizeof header);
  deliver(bytes, length);
  // Not exit: the parent's atexit handlers and unflushed buffers are in this process too.
  _exit(0);
}

void chdf5_child_succeed(const void *bytes, size_t length) { answer(PARE_HDF5_OK, bytes, length); }

void chdf5_child_fail(enum pare_hdf5_status status, const char *format, ...) {
  char text[sizeof((struct chdf5_failure *)0)->text];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  answer(status, text, strlen(text));
}

void *chdf5_child_allocate(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (memory == NULL) chdf5_child_wire_full(1);
  return memory;
}

void chdf5_child_wire_full(int out_of_memory) {
  if (out_of_memory) chdf5_child_fail(PARE_HDF5_MEMORY_LIMIT, "the memory limit was reached");
  chdf5_child_fail(PARE_HDF5_TOO_LARGE, "the index exceeds its size limit");
}

// ---- in the parent

enum arrival { COMPLETE, CLOSED, LATE };

// Receives exactly this many bytes.
static enum arrival receive(int channel, uint8_t *bytes, size_t length, int64_t deadline) {
  for (size_t received = 0; received < length;) {
    int64_t left = deadline - chdf5_deadline(0);
    if (left <= 0) return LATE;
    struct pollfd events = {.fd = channel, .events = POLLIN};
    int ready = poll(&events, 1, (int)((left + 999999) / 1000000));
    if (ready < 0 && errno != EINTR) return CLOSED;
    if (ready <= 0) continue;
    ssize_t count = recv(channel, bytes + received, length - received, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) return CLOSED;
    if (count > 0) received += (size_t)count;
  }
  return COMPLETE;
}

// A child that closed its end is about to be gone, but killing it now would hide how: a moment for it to go.
static void await_exit(pid_t process, int64_t deadline) {
  int64_t soon = chdf5_deadline(1000);
  if (soon > deadline) soon = deadline;
  while (chdf5_deadline(0) < soon) {
    siginfo_t information = {0};
    if (waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) != 0 && errno != EINTR) return;
    if (information.si_pid == process) return;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
}

static enum pare_hdf5_status explain_exit(int status, struct chdf5_failure *failure) {
  if (status != -1 && WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    if (number == SIGXCPU) return chdf5_fail(failure, PARE_HDF5_CPU_LIMIT, "libhdf5 used up its processor time");
    failure->signal = number;
    return chdf5_fail(failure, PARE_HDF5_CRASHED, "libhdf5 crashed: %s", strsignal(number));
  }
  return chdf5_fail(failure, PARE_HDF5_CRASHED, "libhdf5's process left without an answer");
}

static enum pare_hdf5_status missed(struct chdf5_child *child, enum arrival arrival, int64_t deadline,
                                    struct chdf5_failure *failure) {
  if (arrival == CLOSED) {
    await_exit(child->process, deadline);
    return explain_exit(chdf5_child_end(child), failure);
  }
  chdf5_child_end(child);
  return chdf5_fail(failure, PARE_HDF5_TIMED_OUT, "libhdf5 did not finish in time");
}

static enum pare_hdf5_status not_an_answer(struct chdf5_child *child, struct chdf5_failure *failure) {
  chdf5_child_end(child);
  return chdf5_fail(failure, PARE_HDF5_PROTOCOL, "libhdf5's process answered nonsense");
}

enum pare_hdf5_status chdf5_child_answer(struct chdf5_child *child, int64_t deadline, uint64_t maximum_length,
                                         uint8_t **bytes, size_t *length, struct chdf5_failure *failure) {
  *bytes = NULL;
  *length = 0;
  uint8_t header[HEADER];
  enum arrival arrival = receive(child->channel, header, sizeof header, deadline);
  if (arrival != COMPLETE) return missed(child, arrival, deadline, failure);

  struct wire_cursor cursor = {.bytes = header, .length = sizeof header};
  uint32_t magic = wire_get_u32(&cursor), status = wire_get_u32(&cursor);
  uint64_t announced = wire_get_u64(&cursor);
  uint64_t maximum = status == PARE_HDF5_OK ? maximum_length : sizeof failure->text - 1;
  if (magic != MAGIC || status > PARE_HDF5_MISUSE || announced > maximum) return not_an_answer(child, failure);

  uint8_t *body = malloc(announced > 0 ? (size_t)announced : 1);
  if (body == NULL) {
    chdf5_child_end(child);
    return chdf5_fail(failure, PARE_HDF5_SYSTEM, "no memory for libhdf5's answer");
  }
  arrival = receive(child->channel, body, (size_t)announced, deadline);
  if (arrival != COMPLETE) {
    free(body);
    return missed(child, arrival, deadline, failure);
  }
  chdf5_child_end(child);
  if (status != PARE_HDF5_OK) {
    chdf5_fail(failure, (enum pare_hdf5_status)status, "%.*s", (int)announced, (const char *)body);
    free(body);
    return failure->status;
  }
  *bytes = body;
  *length = (size_t)announced;
  return PARE_HDF5_OK;
}
