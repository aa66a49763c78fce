#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "gateway/agent/agent_program.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/offline/offline.hpp"
#include "gateway/server/server.hpp"
#include "gateway/server/server_log.hpp"

namespace hub::server {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

/// Runs until it is told to stop. Standard output is exactly the line with the address.
Result<cli::Exit> serve(const cli::Config& config) {
  const auto& options = config.options;
  HUB_TRY(cli::check_serve(options));
  const auto signals = stop_signals();
  // Before the first thread is made: each of them inherits it, and sigwait() below is the only one to hear.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const ServerLog log(options.log_format, options.log_level);
  const auto data = options.data.string();
  logging::write(logging::Level::info, "starting", {{"version", HUB_VERSION}, {"data", data}, {"pid", ::getpid()}});
  auto started = Server::start(options, config.settings);
  if (!started) {
    const auto& failure = started.error();
    logging::write(logging::Level::error, "cannot start", {{"code", failure.code}, {"detail", failure.detail}});
    return failure;
  }
  auto server = std::move(started).value();
  logging::write(logging::Level::info, "ready", {{"url", server->url()}});
  if (options.dev && options.dev_token.empty())
    logging::write(logging::Level::info, "development mode: one admin, whose token is in a file",
                   {{"token_file", (options.data / "keys" / "dev-token").string()}});
  std::printf("listening on %s\n", server->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  logging::write(logging::Level::info, "stopping", {{"signal", strsignal(signal)}});
  server.reset();
  logging::write(logging::Level::info, "stopped");
  return cli::Exit::done;
}

Result<cli::Exit> agent(const cli::AgentOptions& options) {
  const ServerLog log(options.log_format, options.log_level);
  return agents::run_agent(options);
}

}  // namespace
}  // namespace hub::server

int main(int argc, char** argv) {
  hub::cli::Commands commands;
  commands.serve = hub::server::serve;
  commands.agent = hub::server::agent;
  hub::offline::add_commands(commands);
  return hub::cli::run_cli(argc, argv, std::move(commands));
}
