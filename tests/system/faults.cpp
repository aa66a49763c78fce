// Loaded before the C library, to have a server meet what seldom happens:
//   HUB_FAIL_SYNC=FILE      while FILE is there, one fsync of a write-ahead log fails with EIO, and FILE is removed
//   HUB_SLOW_SYNC_MS=N      each fsync of a write-ahead log takes N ms longer
//   HUB_CLOCK_SHIFT_S=N     the wall clock is N seconds off; the one that only goes forward is not
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

bool is_log(int descriptor) {
  char name[512];
  const auto size = readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), name, sizeof name);
  const std::string_view path(name, size > 0 ? static_cast<std::size_t>(size) : 0);
  return path.ends_with(".log") && path.find("/log/") != std::string_view::npos;
}

long number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::atol(text);
}

using Sync = int (*)(int);

int sync_with_faults(Sync next, int descriptor) {
  static const char* const trigger = std::getenv("HUB_FAIL_SYNC");
  static const long slow_ms = number_of("HUB_SLOW_SYNC_MS");
  if ((trigger == nullptr && slow_ms == 0) || !is_log(descriptor)) return next(descriptor);
  // unlink() tells who was first, whichever threads sync.
  if (trigger != nullptr && unlink(trigger) == 0) {
    errno = EIO;
    return -1;
  }
  const timespec pause{slow_ms / 1'000, slow_ms % 1'000 * 1'000'000};
  nanosleep(&pause, nullptr);
  return next(descriptor);
}

}  // namespace

extern "C" int fdatasync(int descriptor) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  return sync_with_faults(next, descriptor);
}

extern "C" int fsync(int descriptor) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  return sync_with_faults(next, descriptor);
}

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
  static const long shift_s = number_of("HUB_CLOCK_SHIFT_S");
  const int result = next(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += shift_s;
  return result;
}
