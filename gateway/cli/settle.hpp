#pragma once
#include "gateway/cli/session.hpp"

namespace hub::cli {

/// What became of a command that was answered later: of what it was decided, and where in the log.
struct Decided {
  std::string entity;
  std::string position;
};

/// One call that changes something, answered as if it had been decided at once: where the node that decides had not
/// done so in time (202 with a status_url), asks what became of it until that is known, and then for what `after`
/// gives. Fails: as change_deployment().
Result<HttpAnswer> change(Session& session, const HttpRequest& request,
                          const std::function<HttpRequest(const Decided&)>& after);

/// One call that changes a deployment, answered with the deployment. Where the node that decides had not done so in
/// time (202 with a status_url), asks what became of it until that is known. Fails: as Session::call(); as the command
/// itself when it was refused or has expired; unavailable `cli.pending` when half a minute later nobody has decided it.
Result<HttpAnswer> change_deployment(Session& session, const HttpRequest& request);

}  // namespace hub::cli
