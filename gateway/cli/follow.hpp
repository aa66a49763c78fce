#pragma once
#include <optional>
#include <string>

#include "gateway/cli/live_client.hpp"
#include "gateway/cli/session.hpp"

namespace hub::cli {

/// Which lines of a deployment, and how they are printed.
struct LogOptions {
  bool follow = false;
  bool timestamps = false;
  std::string tail, since, until, contains, stream, after;  ///< as given; empty: not
};

/// Prints what is kept, and with `follow` what comes, until the deployment has ended or the user has had enough. Lines
/// of standard error go to standard error. With -o json one document, or with `follow` one line a document.
Exit print_logs(Session& session, const std::string& id, const LogOptions& options);

/// Prints status changes on standard error and log lines until the deployment has ended. `done` when it stopped or the
/// user left it, `failed` when it failed.
Exit follow_to_the_end(Session& session, const std::string& id);

}  // namespace hub::cli
