// Preloaded into a server: ends it with SIGKILL at one named call. HUB_CRASH_AT = "CALL before|behind PART COUNT": the
// COUNTth CALL whose file's path (or "tcp" and "unix" for a socket, the program for a spawn) contains PART.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char wanted_call[32], wanted_when[8], wanted_part[128];
static atomic_long left;

__attribute__((constructor)) static void read_point(void) {
  const char* text = getenv("HUB_CRASH_AT");
  long count = 0;
  if (text && sscanf(text, "%31s %7s %127s %ld", wanted_call, wanted_when, wanted_part, &count) == 4) left = count;
}

static bool may_match(const char* call, const char* when) {
  return left > 0 && strcmp(call, wanted_call) == 0 && strcmp(when, wanted_when) == 0;
}

static void reach(const char* label) {
  if (strstr(label, wanted_part) == NULL || atomic_fetch_sub(&left, 1) != 1) return;
  kill(getpid(), SIGKILL);
  pause();
}

static void reach_path(const char* call, const char* when, const char* path) {
  if (may_match(call, when)) reach(path);
}

static void reach_fd(const char* call, const char* when, int fd) {
  char link[64], path[PATH_MAX] = "";
  struct sockaddr_storage address = {0};
  socklen_t size = sizeof address;
  if (!may_match(call, when)) return;
  if (getsockname(fd, (struct sockaddr*)&address, &size) == 0) {
    reach(address.ss_family == AF_UNIX ? "unix" : "tcp");
    return;
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (readlink(link, path, sizeof path - 1) > 0) reach(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define CALL_ON_FD(result, name, parameters, arguments) \
  result name parameters {                              \
    reach_fd(#name, "before", fd);                      \
    const result done = REAL(name) arguments;           \
    reach_fd(#name, "behind", fd);                      \
    return done;                                        \
  }

CALL_ON_FD(ssize_t, write, (int fd, const void* bytes, size_t count), (fd, bytes, count))
CALL_ON_FD(ssize_t, pwrite, (int fd, const void* bytes, size_t count, off_t at), (fd, bytes, count, at))
CALL_ON_FD(int, fdatasync, (int fd), (fd))
CALL_ON_FD(int, fsync, (int fd), (fd))
CALL_ON_FD(ssize_t, send, (int fd, const void* bytes, size_t count, int flags), (fd, bytes, count, flags))
CALL_ON_FD(ssize_t, sendmsg, (int fd, const struct msghdr* message, int flags), (fd, message, flags))
CALL_ON_FD(ssize_t, recv, (int fd, void* bytes, size_t count, int flags), (fd, bytes, count, flags))

int rename(const char* from, const char* to) {
  reach_path("rename", "before", to);
  const int done = REAL(rename)(from, to);
  reach_path("rename", "behind", to);
  return done;
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  reach_path("posix_spawn", "before", path);
  const int done = REAL(posix_spawn)(pid, path, actions, attributes, arguments, environment);
  reach_path("posix_spawn", "behind", path);
  return done;
}

/// Of libcrypto: the signature of a checkpoint.
int EVP_DigestSign(void* context, unsigned char* signature, size_t* size, const unsigned char* data, size_t count);
int EVP_DigestSign(void* context, unsigned char* signature, size_t* size, const unsigned char* data, size_t count) {
  reach_path("EVP_DigestSign", "before", "checkpoint");
  const int done = REAL(EVP_DigestSign)(context, signature, size, data, count);
  reach_path("EVP_DigestSign", "behind", "checkpoint");
  return done;
}
