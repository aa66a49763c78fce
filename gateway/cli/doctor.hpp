#pragma once
#include <functional>
#include <vector>

#include "gateway/cli/cli.hpp"
#include "gateway/cli/session.hpp"

namespace hub::cli {

/// Prints what is well and what is not; Exit::failed when something is bad. `more` are checks of the folder's insides.
Exit run_doctor(Session& session, const ServeOptions& options,
                const std::function<std::vector<Check>(const ServeOptions&)>& more);

// The checks one by one. None of them writes anything.
Check check_address(Session& session, const ServeOptions& options);  ///< the server answers, or its port is free
/// What a server says of the nodes of its log: partitions, lag, transactions, dead letters; nothing when it does not
/// answer. Sets `node` to its name where several nodes share the log.
std::vector<Check> check_cluster(Session& session, std::string& node);
Check check_clock(Instant now);
Check check_disk(const std::filesystem::path& data, Instant now);  ///< room, and how long it lasts at the log's growth
Check check_keys(const std::filesystem::path& data);               ///< nobody else may read them
Check check_podman(const std::string& search_path);
Check check_cgroups(const std::filesystem::path& root);  ///< "/sys/fs/cgroup"
Check check_gpu();

}  // namespace hub::cli
