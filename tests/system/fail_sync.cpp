// Loaded before the C library: while the file named by HUB_FAIL_SYNC is there, one fsync of a write-ahead log fails
// with EIO, and the file is removed, so that it fails once.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

bool is_log(int descriptor) {
  char name[512];
  const auto size = readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), name, sizeof name);
  const std::string_view path(name, size > 0 ? static_cast<std::size_t>(size) : 0);
  return path.ends_with(".log") && path.find("/log/") != std::string_view::npos;
}

bool must_fail(int descriptor) {
  const char* const trigger = std::getenv("HUB_FAIL_SYNC");
  // unlink() tells who was first, whichever threads sync.
  return trigger != nullptr && is_log(descriptor) && unlink(trigger) == 0;
}

using Sync = int (*)(int);

}  // namespace

extern "C" int fdatasync(int descriptor) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  if (!must_fail(descriptor)) return next(descriptor);
  errno = EIO;
  return -1;
}

extern "C" int fsync(int descriptor) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  if (!must_fail(descriptor)) return next(descriptor);
  errno = EIO;
  return -1;
}
