#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"

static void reset_signals(enum chdf5_task task) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);  // fails for two of them, rightly
  // A file size limit then is an error of write(2), with a message, instead of a death.
  if (task == CHDF5_WRITING) signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

// Leaves standard input, output and error on /dev/null, the file, and the channel; nothing else of the parent.
static void reduce_descriptors(int file, int channel) {
  // First out of the way of the numbers they go to.
  int high_channel = fcntl(channel, F_DUPFD, 10);
  if (high_channel < 0) _exit(1);
  int high_file = fcntl(file, F_DUPFD, 10);
  int reason = errno;
  dup2(high_channel, CHDF5_CHILD_CHANNEL);
  if (high_file < 0) chdf5_child_fail(PARE_HDF5_MISUSE, "not an open file: %s", strerror(reason));
  int nothing = open("/dev/null", O_RDWR);
  // Without it libhdf5's next open could become standard output.
  if (nothing < 0) chdf5_child_fail(PARE_HDF5_SYSTEM, "/dev/null: %s", strerror(errno));
  for (int standard = 0; standard < 3; standard++) dup2(nothing, standard);
  dup2(high_file, CHDF5_CHILD_FILE);
  int first = CHDF5_CHILD_CHANNEL + 1;
  if (close_range((unsigned)first, ~0u, 0) != 0) {
    long last = sysconf(_SC_OPEN_MAX);
    if (last < 0 || last > 65536) last = 65536;
    for (int descriptor = first; descriptor < last; descriptor++) close(descriptor);
  }
}

static void limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit now;
  if (getrlimit((__rlimit_resource_t)resource, &now) != 0) return;
  // Never above what this process may have anyway.
  if (hard > now.rlim_max) hard = now.rlim_max;
  if (soft > hard) soft = hard;
  struct rlimit next = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
  setrlimit((__rlimit_resource_t)resource, &next);
}

// 0 if unknown.
static uint64_t mapped_bytes(void) {
  char text[64];
  int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (count <= 0) return 0;
  text[count] = 0;
  return (uint64_t)strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_resources(enum chdf5_task task, const struct pare_hdf5_limits *limits) {
  limit(RLIMIT_CORE, 0, 0);
  if (task == CHDF5_READING) limit(RLIMIT_FSIZE, 0, 0);
  // The soft limit sends SIGXCPU, which says why; the hard one, a second later, SIGKILL.
  limit(RLIMIT_CPU, limits->cpu_seconds, (uint64_t)limits->cpu_seconds + 1);
}

void chdf5_child_limit_memory(uint64_t bytes) {
  // The child starts with all that the parent has mapped: checkpoints of gigabytes, a sanitizer's shadow of terabytes.
  uint64_t mapped = mapped_bytes(), total = 0;
  if (mapped > 0 && !__builtin_add_overflow(mapped, bytes, &total)) limit(RLIMIT_AS, total, total);
}

// libhdf5 calls exit when it finds no memory for its own bookkeeping. The handlers that would run are the parent's, such
// as one that removes temporary files; this one, the last to be registered, runs before them and ends it.
static void instead_of_exit(void) { chdf5_child_fail(PARE_HDF5_MEMORY_LIMIT, "libhdf5 gave up for want of memory"); }

void chdf5_child_confine(int file, int channel, enum chdf5_task task, const struct pare_hdf5_limits *limits,
                         pid_t parent) {
  reset_signals(task);
  atexit(instead_of_exit);
  // Only for reading, which is one call: the signal comes when the *thread* that forked ends, and a writer may move
  // between threads. A writer's child notices that its parent is gone when the channel closes.
  if (task == CHDF5_READING) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
  }
  reduce_descriptors(file, channel);
  limit_resources(task, limits);
}
