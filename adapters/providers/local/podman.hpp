#pragma once
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// Whether podman can run containers here, found out by running one.
struct PodmanState {
  bool works = false;
  std::string because;               ///< podman's own words when it does not
  std::vector<std::string> command;  ///< "podman", and "--runtime runc" where its usual runtime refuses
};

/// Tries podman once, in the background: a container with nothing in it but one static program.
class Podman {
 public:
  /// `program` is that program; asked for "--version" it must end with 0. `folder` takes the container's files
  /// meanwhile.
  Podman(std::string executable, std::string program, std::string folder);
  /// Ends a trial that goes on.
  ~Podman();
  Podman(const Podman&) = delete;
  Podman& operator=(const Podman&) = delete;

  /// What is known now; while the trial goes on, that it does.
  PodmanState state_now() const;
  /// Waits for the trial: 40 s at most.
  PodmanState state() const { return state_.get(); }

  /// Removes the container of a deployment by force; none counts as done.
  void remove_container(const std::string& deployment_id) const;

 private:
  PodmanState probe(const std::string& program, const std::string& folder) const;

  std::string executable_;
  Fd cancel_;
  std::promise<PodmanState> promise_;
  std::shared_future<PodmanState> state_;
  std::thread thread_;
};

/// The command that runs `order` in a container, named after the deployment, with the workspace as its folder and the
/// ports on loopback. Values of variables are not in it: podman takes them from its own environment.
/// Fails: invalid provider.invalid for variables that podman itself goes by (HOME, PATH, XDG_RUNTIME_DIR).
Result<std::vector<std::string>> podman_run(const PodmanState& podman, const CreateOrder& order,
                                            const std::string& workspace);
/// What podman itself needs of the server's environment: "NAME=value".
std::vector<std::string> podman_environment();

}  // namespace hub::providers::local
