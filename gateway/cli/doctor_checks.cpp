#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <sstream>

#include "gateway/cli/doctor.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace fs = std::filesystem;
using State = Check::State;

constexpr std::int64_t kMicrosPerDay = 86'400LL * 1'000'000;
// With less the server may soon refuse to write.
constexpr double kFreeShareMin = 0.05;
constexpr double kDaysLeftMin = 14;
// Before this the clock cannot be right.
constexpr Instant kClockMin{1'735'689'600LL * 1'000'000};

struct LogSize {
  std::int64_t bytes = 0;
  Instant since;  ///< its oldest file
};

LogSize size_of_log(const fs::path& folder) {
  LogSize size;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    size.bytes += status.st_blocks * 512;
    const Instant changed{status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1'000};
    if (!size.since.is_set() || changed < size.since) size.since = changed;
  }
  return size;
}

/// The folder, or the nearest one above it that is there.
fs::path nearest_existing(const fs::path& folder) {
  std::error_code error;
  auto path = fs::absolute(folder, error);
  while (!path.empty() && path != path.root_path() && !fs::exists(path, error)) path = path.parent_path();
  return path;
}

std::string first_words_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Just enough of NVIDIA's management library to name what is there.
class Nvml {
 public:
  Nvml() : library_(::dlopen("libnvidia-ml.so.1", RTLD_LAZY | RTLD_LOCAL)) {}
  ~Nvml() {
    if (library_ != nullptr) ::dlclose(library_);
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  bool is_there() const { return library_ != nullptr; }

  /// Number of devices, or -1 when the driver does not answer.
  int count() const {
    const auto start = function<int (*)()>("nvmlInit_v2");
    const auto devices = function<int (*)(unsigned*)>("nvmlDeviceGetCount_v2");
    const auto stop = function<int (*)()>("nvmlShutdown");
    if (start == nullptr || devices == nullptr || stop == nullptr || start() != 0) return -1;
    unsigned found = 0;
    const int failed = devices(&found);
    stop();
    return failed != 0 ? -1 : static_cast<int>(found);
  }

 private:
  template <class F>
  F function(const char* name) const {
    return reinterpret_cast<F>(::dlsym(library_, name));
  }
  void* library_;
};

Check check_answering(HttpClient& client) {
  const auto answer = client.send({"GET", "/api/v1/system/health", {}, {}, seconds(5)});
  if (!answer) return {"server", State::bad, answer.error().detail, "start it again: computehub serve"};
  const auto document = parse_answer(answer.value().body);
  const auto status = document ? text_at(document.value(), "status") : std::string();
  if (answer.value().status == 200) return {"server", State::good, "answers at " + client.endpoint().url(), ""};
  std::string reasons;
  if (document)
    for (const auto& check : array_at(document.value(), "checks"))
      if (value_at(check, "ok") == false)
        reasons +=
            fmt::format("{}{} {}", reasons.empty() ? "" : "; ", text_at(check, "name"), text_at(check, "reason"));

  return {"server", State::bad, fmt::format("at {} is not ready ({}): {}", client.endpoint().url(), status, reasons),
          "its log on standard error says more"};
}

}  // namespace

Check check_address(Session& session, const ServeOptions& options) {
  const auto path = options.data / "server.json";
  std::error_code missing;
  if (fs::exists(path, missing) || !session.flags.url.empty()) {
    if (const auto client = session.client(); client) return check_answering(*client.value());
  }
  namespace asio = boost::asio;
  boost::system::error_code error;
  asio::io_context io;
  const auto host = options.listen.host == "localhost" ? "127.0.0.1" : options.listen.host;
  const asio::ip::tcp::endpoint address(asio::ip::make_address(host, error), options.listen.port);
  asio::ip::tcp::acceptor acceptor(io);
  if (!error) acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(address, error);
  const auto name = to_text(options.listen);
  if (!error) return {"port", State::good, name + " is free", ""};
  return {"port", State::bad, fmt::format("{}: {}", name, error.message()), "choose another one with --listen"};
}

Check check_clock(Instant now) {
  const auto text = to_rfc3339(now);
  if (now < kClockMin) return {"clock", State::bad, text + " lies in the past", "set it, and run a time service"};
  timex state{};
  const bool unsynchronised = ::adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
  if (unsynchronised)
    return {"clock", State::warning, text + ", not synchronised", "run a time service (chrony, systemd-timesyncd)"};
  return {"clock", State::good, text + ", synchronised", ""};
}

Check check_disk(const fs::path& data, Instant now) {
  std::error_code error;
  const auto space = fs::space(nearest_existing(data), error);
  if (error) return {"disk", State::bad, data.string() + ": " + error.message(), "give another folder with --data"};
  const auto available = static_cast<std::int64_t>(space.available);
  auto text =
      fmt::format("{} free of {}", bytes_text(available), bytes_text(static_cast<std::int64_t>(space.capacity)));
  const auto log = size_of_log(data / "log");
  double days_left = kDaysLeftMin;
  // Less than a day says little about a day, but more than nothing.
  const auto age = log.since.is_set() ? std::max<std::int64_t>(now.micros - log.since.micros, kMicrosPerDay / 24) : 0;
  if (log.bytes > 0 && age > 0) {
    const auto per_day = static_cast<double>(log.bytes) * static_cast<double>(kMicrosPerDay) / static_cast<double>(age);
    days_left = static_cast<double>(available) / std::max(per_day, 1.0);
    text += fmt::format("; the log holds {} and grows by {} a day: {} days until full", bytes_text(log.bytes),
                        bytes_text(static_cast<std::int64_t>(per_day)),
                        count_text(static_cast<std::int64_t>(std::min(days_left, 1e9))));
  }
  const bool tight = static_cast<double>(available) < kFreeShareMin * static_cast<double>(space.capacity);
  if (tight || days_left < kDaysLeftMin)
    return {"disk", State::warning, text, "make room, or move the folder to a larger disk"};
  return {"disk", State::good, text, ""};
}

Check check_keys(const fs::path& data) {
  const auto folder = data / "keys";
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0)
    return {"keys", State::warning, folder.string() + " is not there yet",
            "\"computehub serve\" makes it on its first start"};
  if ((status.st_mode & 077U) != 0)
    return {"keys", State::bad, folder.string() + " is open to others", "chmod 700 " + folder.string()};
  std::error_code error;
  std::int64_t count = 0;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    ++count;
    if ((status.st_mode & 077U) != 0)
      return {"keys", State::bad, entry->path().string() + " is open to others", "chmod 600 " + entry->path().string()};
  }
  if (error)
    return {"keys", State::bad, folder.string() + ": " + error.message(), "run this as the user of the server"};
  return {"keys", State::good, fmt::format("{} files that only their owner can read", count), ""};
}

Check check_podman(const std::string& search_path) {
  std::istringstream folders(search_path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto program = fs::path(folder) / "podman";
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0)
      return {"podman", State::good,
              program.string() + "; whether it can run containers is tried when the server starts", ""};
  }
  return {"podman", State::warning, "is not installed: deployments with an image are refused",
          "apt-get install podman"};
}

Check check_cgroups(const fs::path& root) {
  const auto controllers = " " + first_words_of(root / "cgroup.controllers") + " ";
  const auto has = [&](const char* name) { return controllers.find(fmt::format(" {} ", name)) != std::string::npos; };
  std::error_code error;
  if (has("cpu") && has("memory")) return {"cgroups", State::good, "version 2 holds cpu and memory", ""};
  if (fs::exists(root / "memory" / "cgroup.procs", error) && fs::exists(root / "cpu" / "cgroup.procs", error))
    return {"cgroups", State::good, "version 1 holds cpu and memory", ""};
  return {"cgroups", State::warning, "no controllers for cpu and memory: memory is limited by setrlimit, CPU is not",
          ""};
}

Check check_gpu() {
  const Nvml nvml;
  if (!nvml.is_there()) return {"gpu", State::good, "no GPU here (no libnvidia-ml.so.1)", ""};
  const auto count = nvml.count();
  if (count < 0) return {"gpu", State::warning, "the NVIDIA driver does not answer", "nvidia-smi says why"};
  return {"gpu", State::good, count == 0 ? std::string("no GPU here") : fmt::format("{} NVIDIA GPUs", count), ""};
}

}  // namespace hub::cli
