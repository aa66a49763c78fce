#include "gateway/server/server_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <thread>

namespace hub::server {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// A pipe in place of standard error.
class Pipe {
 public:
  Pipe() { HUB_ASSERT(::pipe2(ends_, O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  /// What comes until `word` is in it, for up to 10 s.
  std::string read_until(std::string_view word) {
    std::string got;
    pollfd ready{ends_[0], POLLIN, 0};
    while (got.find(word) == std::string::npos && ::poll(&ready, 1, 10'000) > 0) {
      char buffer[65'536];
      const auto count = ::read(ends_[0], buffer, sizeof buffer);
      if (count <= 0) break;
      got.append(buffer, static_cast<std::size_t>(count));
    }
    return got;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(ServerLog, WritesTextWithTimeAndLevel) {
  Pipe pipe;
  const ServerLog log(cli::LogFormat::text, cli::LogLevel::info, pipe.writer());
  logging::write(logging::Level::debug, "hidden");
  logging::write(logging::Level::info, "shown", {{"why", "two words"}});
  EXPECT_THAT(pipe.read_until("\n"), ContainsRegex("^[0-9-]+T[0-9:]+\\.[0-9]+Z info shown why=\"two words\"\n$"));
}

TEST(ServerLog, WritesOneJsonObjectALine) {
  Pipe pipe;
  const ServerLog log(cli::LogFormat::json, cli::LogLevel::trace, pipe.writer());
  logging::write(logging::Level::warning, "shown", {{"count", 3}});
  EXPECT_THAT(pipe.read_until("\n"),
              ContainsRegex("^\\{\"time\":\"[^\"]+Z\",\"level\":\"warning\",\"message\":\"shown\",\"count\":3\\}\n$"));
}

TEST(ServerLog, TheLastLineIsOutWhenItReturns) {
  Pipe pipe;
  const ServerLog log(cli::LogFormat::text, cli::LogLevel::info, pipe.writer());
  logging::write(logging::Level::info, "before");
  logging::write_last("the end");
  const auto text = pipe.read_until("the end");
  EXPECT_LT(text.find("before"), text.find("the end"));
}

TEST(ServerLog, AReaderThatDoesNotReadHoldsUpNobodyAndLearnsWhatItMissed) {
  Pipe pipe;
  {
    const ServerLog log(cli::LogFormat::text, cli::LogLevel::info, pipe.writer());
    const std::string long_text(1'000, 'x');
    // More than the pipe and all that may wait hold; were one write to block, this would not end.
    for (int i = 0; i < 10'000; ++i) logging::write(logging::Level::info, "line", {{"text", long_text}});
    std::string got;
    while (got.find("lines were left out") == std::string::npos) {
      const auto more = pipe.read_until("\n");
      ASSERT_FALSE(more.empty());
      got = got.substr(got.size() > 100 ? got.size() - 100 : 0) + more;
    }
    EXPECT_THAT(got, HasSubstr("lines were left out count="));
  }
}

TEST(ServerLog, LinesOfManyThreadsStayWhole) {
  Pipe pipe;
  std::string got;
  std::thread reader([&] { got = pipe.read_until("that is all"); });
  {
    const ServerLog log(cli::LogFormat::text, cli::LogLevel::info, pipe.writer());
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
      writers.emplace_back([i] {
        for (int n = 0; n < 500; ++n) logging::write(logging::Level::info, "line", {{"thread", i}, {"end", "yes"}});
      });
    for (auto& writer : writers) writer.join();
    logging::write(logging::Level::info, "that is all");
  }
  reader.join();
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = got.find(" end=yes\n", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, 2'000U);
}

}  // namespace
}  // namespace hub::server
