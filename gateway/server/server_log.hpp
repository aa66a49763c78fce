#pragma once
#include <memory>

#include "events/core/logging.hpp"
#include "gateway/cli/config.hpp"

namespace hub::server {

/// The server's log: lines to standard error as text or JSON, by spdlog. While it lives it is the sink of the process.
///
/// Lines are gathered and go out within 50 ms from a thread of their own, so that neither many lines nor a reader that
/// does not read hold up a request; warnings and errors go out at once. When 4 MiB wait unread, further lines are
/// left out, and a line says how many.
class ServerLog final : public logging::Sink {
 public:
  ServerLog(cli::LogFormat format, cli::LogLevel level, int descriptor = 2);
  ~ServerLog() override;
  ServerLog(const ServerLog&) = delete;
  ServerLog& operator=(const ServerLog&) = delete;

  bool wants(logging::Level level) const override { return level >= level_; }
  void write(logging::Level level, std::string_view message, logging::Fields fields) override;
  void flush() override;

 private:
  struct Parts;
  const cli::LogFormat format_;
  const logging::Level level_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hub::server
