#include <pthread.h>

#include <csignal>
#include <cstdio>

#include "gateway/cli/cli.hpp"
#include "gateway/offline/offline.hpp"
#include "gateway/server/server.hpp"

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
Result<cli::Exit> serve(const cli::ServeOptions& options) {
  HUB_TRY(cli::check_serve(options));
  const auto signals = stop_signals();
  // Before the first thread is made: each of them inherits it, and sigwait() below is the only one to hear.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  HUB_TRY(auto server, Server::start(options));
  if (options.dev)
    std::fprintf(stderr, "data in %s; the dev token is in %s\n", options.data.c_str(),
                 (options.data / "keys" / "dev-token").c_str());
  std::printf("listening on %s\n", server->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  std::fprintf(stderr, "stopping\n");
  server.reset();
  return cli::Exit::done;
}

}  // namespace
}  // namespace hub::server

int main(int argc, char** argv) {
  hub::cli::Commands commands;
  commands.serve = hub::server::serve;
  hub::offline::add_commands(commands);
  return hub::cli::run_cli(argc, argv, std::move(commands));
}
