// What tasks are compared with: other queues, each on a Redis of its own that syncs always or every second.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events/core/json_codec.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/queues/redis.hpp"

namespace hub::bench {

/// A figure as the program of a queue tells it, a line each.
struct QueueFigure {
  static constexpr std::string_view required[] = {"name", "value", "unit", "n"};
  std::string name;
  double value = 0;
  std::string unit;
  std::int64_t n = 0;
  std::optional<double> p50_ms;
  std::optional<double> p99_ms;
};
BOOST_DESCRIBE_STRUCT(QueueFigure, (), (name, value, unit, n, p50_ms, p99_ms))

namespace {

constexpr std::string_view kFsyncs[] = {"always", "everysec"};
constexpr std::chrono::seconds kPatience{180};

/// A program that measures a queue, as a child process.
class QueueProgram {
 public:
  explicit QueueProgram(std::vector<std::string> words) {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "no pipe");
    pid_ = ::fork();
    require(pid_ >= 0, "no process");
    if (pid_ == 0) become(words, ends[1]);
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~QueueProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
  }
  QueueProgram(const QueueProgram&) = delete;
  QueueProgram& operator=(const QueueProgram&) = delete;

  /// Its next line; none behind the last.
  std::optional<std::string> next_line() {
    for (;;) {
      if (const auto end = read_.find('\n'); end != std::string::npos) {
        auto line = read_.substr(0, end);
        read_.erase(0, end + 1);
        return line;
      }
      pollfd readable{out_, POLLIN, 0};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      require(left > 0 && ::poll(&readable, 1, static_cast<int>(left)) == 1,
              "a queue's program does not come to an end");
      char piece[4'096];
      const auto got = ::read(out_, piece, sizeof piece);
      if (got <= 0) {
        await_end();
        return std::nullopt;
      }
      read_.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  [[noreturn]] static void become(std::vector<std::string>& words, int out) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(out, STDOUT_FILENO);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }

  void await_end() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a queue's program fails");
  }

  pid_t pid_ = 0;
  int out_ = -1;
  std::string read_;
  const Clock::time_point deadline_ = Clock::now() + kPatience;
};

void measure(Bench& bench, std::string_view queue, const std::vector<std::string>& program) {
  require(!bench.options.queues.empty(), "--queues names the folder with the programs of the other queues");
  bench.rest();
  for (const auto fsync : kFsyncs) {
    const Redis redis(bench.options.folder, fsync);
    auto words = program;
    words.push_back(redis.socket());
    QueueProgram running(std::move(words));
    std::size_t figures = 0;
    while (const auto line = running.next_line()) {
      auto told = from_json<QueueFigure>(*line, ReadMode::strict);
      require(told.has_value(), fmt::format("a queue's program says {}", *line));
      auto& [name, value, unit, n, p50_ms, p99_ms] = told.value();
      bench.report.add(
          {fmt::format("{}_{}.{}", queue, fsync, name), value, unit, static_cast<std::size_t>(n), p50_ms, p99_ms});
      ++figures;
    }
    require(figures > 0, fmt::format("the program of {} gives no figures", queue));
  }
}

}  // namespace

void measure_asynq(Bench& bench) {
  measure(bench, "asynq", {bench.options.queues / "asynq"});
}

void measure_bullmq(Bench& bench) {
  measure(bench, "bullmq", {"node", bench.options.queues / "bullmq" / "main.js"});
}

}  // namespace hub::bench
