#include "gateway/server/server_log.hpp"

#include <poll.h>
#include <pthread.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace hub::server {
namespace {

constexpr std::chrono::milliseconds kGather{50};
constexpr std::size_t kWakeBytes = 64 * 1024;
constexpr std::size_t kWaitingBytesMax = 4 << 20;
/// How long the last line of a process waits for a reader.
constexpr std::chrono::milliseconds kLastPatience{1'000};

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%fZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";

spdlog::level::level_enum level_of(logging::Level level) {
  switch (level) {
    case logging::Level::trace:
      return spdlog::level::trace;
    case logging::Level::debug:
      return spdlog::level::debug;
    case logging::Level::info:
      return spdlog::level::info;
    case logging::Level::warning:
      return spdlog::level::warn;
    case logging::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

logging::Level level_of(cli::LogLevel level) {
  switch (level) {
    case cli::LogLevel::trace:
      return logging::Level::trace;
    case cli::LogLevel::debug:
      return logging::Level::debug;
    case cli::LogLevel::info:
      return logging::Level::info;
    case cli::LogLevel::warning:
      return logging::Level::warning;
    case cli::LogLevel::error:
      return logging::Level::error;
  }
  return logging::Level::info;
}

/// Gathers lines and writes them from its own thread. It has locks of its own, for the two that it needs are not held
/// together by those who write lines.
class GatheringSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit GatheringSink(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "hub-log");
  }
  ~GatheringSink() override {
    {
      const std::lock_guard lock(waiting_mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::lock_guard lock(waiting_mutex_);
    if (waiting_.size() > kWaitingBytesMax) {
      ++left_out_;
      return;
    }
    const bool first = waiting_.empty();
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    waiting_.append(line.data(), line.size());
    urgent_ = urgent_ || message.level >= spdlog::level::warn || waiting_.size() > kWakeBytes;
    if (first || urgent_) wake_.notify_one();
  }
  void flush_() override {
    if (!writing_.try_lock_for(kLastPatience)) return;
    const std::lock_guard writing(writing_, std::adopt_lock);
    put(take(), kLastPatience);
  }

 private:
  std::string take() {
    const std::lock_guard lock(waiting_mutex_);
    urgent_ = false;
    return std::exchange(waiting_, {});
  }
  void run() {
    std::unique_lock lock(waiting_mutex_);
    while (!stopping_ || !waiting_.empty()) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      wake_.wait_for(lock, kGather, [this] { return stopping_ || urgent_; });
      const auto left_out = std::exchange(left_out_, 0);
      lock.unlock();
      {
        const std::lock_guard writing(writing_);
        put(take(), std::chrono::milliseconds(-1));
      }
      if (left_out > 0) logging::write(logging::Level::warning, "lines were left out", {{"count", left_out}});
      lock.lock();
    }
  }
  /// Needs `writing_`. What standard error does not take is nobody's: there is no place to say so.
  void put(const std::string& lines, std::chrono::milliseconds patience) const {
    std::size_t done = 0;
    while (done < lines.size()) {
      pollfd ready{descriptor_, POLLOUT, 0};
      if (poll(&ready, 1, static_cast<int>(patience.count())) == 0) return;
      const auto count = ::write(descriptor_, lines.data() + done, lines.size() - done);
      if (count < 0 && errno != EINTR && errno != EAGAIN) return;
      if (count > 0) done += static_cast<std::size_t>(count);
    }
  }

  const int descriptor_;
  std::timed_mutex writing_;  // taken before the other
  std::mutex waiting_mutex_;  // guards what follows and the formatter
  std::condition_variable wake_;
  std::string waiting_;
  std::uint64_t left_out_ = 0;
  bool urgent_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

struct ServerLog::Parts {
  explicit Parts(int descriptor) : sink(std::make_shared<GatheringSink>(descriptor)), logger("computehub", sink) {}
  std::shared_ptr<GatheringSink> sink;
  spdlog::logger logger;
};

ServerLog::ServerLog(cli::LogFormat format, cli::LogLevel level, int descriptor)
    : format_(format), level_(level_of(level)), parts_(std::make_unique<Parts>(descriptor)) {
  auto& logger = parts_->logger;
  logger.set_level(spdlog::level::trace);
  logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == cli::LogFormat::json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc, "\n"));
  logging::set_sink(this);
}

ServerLog::~ServerLog() {
  logging::set_sink(nullptr);
}

void ServerLog::write(logging::Level level, std::string_view message, logging::Fields fields) {
  std::string line;
  line.reserve(256);
  if (format_ == cli::LogFormat::json)
    logging::append_json(line, message, fields);
  else
    logging::append_text(line, message, fields);
  parts_->logger.log(spdlog::source_loc{}, level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

void ServerLog::flush() {
  parts_->logger.flush();
}

}  // namespace hub::server
