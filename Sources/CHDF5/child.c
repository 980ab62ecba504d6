#include "system.h"

#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum pare_hdf5_status chdf5_fail(struct chdf5_failure *failure, enum pare_hdf5_status status, const char *format,
                                 ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure->text, sizeof failure->text, format, arguments);
  va_end(arguments);
  failure->status = status;
  return status;
}

enum pare_hdf5_status chdf5_child_start(struct chdf5_child *child, int file, enum chdf5_task task,
                                        const struct pare_hdf5_limits *limits, void (*body)(const void *context),
                                        const void *context, struct chdf5_failure *failure) {
  child->process = 0;
  child->channel = -1;

  // A socket rather than a pipe: MSG_NOSIGNAL keeps SIGPIPE from this process when the child is gone.
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return chdf5_fail(failure, PARE_HDF5_SYSTEM, "no socket for libhdf5's process: %s", strerror(errno));

  // Signals wait during the fork: a handler of this process, such as one that removes temporary files, must not run
  // in the child before the child has put it away.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t process = fork();
  if (process == 0) {
    chdf5_child_confine(file, ends[1], task, limits, parent);
    body(context);
    _exit(0);
  }
  int reason = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    return chdf5_fail(failure, PARE_HDF5_SYSTEM, "no process for libhdf5: %s", strerror(reason));
  }
  child->process = process;
  child->channel = ends[0];
  return PARE_HDF5_OK;
}

int64_t chdf5_deadline(uint32_t milliseconds) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + (int64_t)milliseconds * 1000000;
}

enum pare_hdf5_status chdf5_child_send(struct chdf5_child *child, const void *bytes, size_t length,
                                       uint32_t wait_milliseconds, int *interrupted, struct chdf5_failure *failure) {
  *interrupted = 0;
  for (size_t sent = 0; sent < length;) {
    // The wait is for the child to take *something*: a large chunk on a slow disk is no hang.
    struct pollfd events = {.fd = child->channel, .events = POLLIN | POLLOUT};
    int ready = poll(&events, 1, (int)(wait_milliseconds > INT32_MAX ? INT32_MAX : wait_milliseconds));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      chdf5_child_end(child);
      return chdf5_fail(failure, PARE_HDF5_TIMED_OUT, "libhdf5 took nothing for %u ms", wait_milliseconds);
    }
    if (ready < 0 || (events.revents & (POLLIN | POLLHUP | POLLERR))) {
      *interrupted = 1;
      return PARE_HDF5_OK;
    }
    ssize_t count = send(child->channel, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      sent += (size_t)count;
    } else if (errno != EINTR && errno != EAGAIN) {
      *interrupted = 1;
      return PARE_HDF5_OK;
    }
  }
  return PARE_HDF5_OK;
}

int chdf5_child_end(struct chdf5_child *child) {
  if (child->channel >= 0) close(child->channel);
  child->channel = -1;
  if (child->process <= 0) return -1;
  // Once it has answered there is nothing left for it to do, and killing is the one way that always ends it. If it
  // has left already, this signals a zombie: its number is not reused before waitpid.
  kill(child->process, SIGKILL);
  int status = -1;
  pid_t reaped;
  do reaped = waitpid(child->process, &status, 0);
  while (reaped < 0 && errno == EINTR);
  // ECHILD: this process ignores SIGCHLD, or waits for all children elsewhere.
  int known = reaped == child->process;
  child->process = 0;
  return known ? status : -1;
}
