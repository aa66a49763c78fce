#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "events/core/result.hpp"
#include "events/deployments/spec.hpp"

namespace hub::providers::local {

/// Writes the files of a deployment below `folder`, which exists. No path leaves it: not by "..", not by "/", not by a
/// symbolic link on the way. A file that begins with "#!" can be executed.
/// Fails: invalid provider.invalid with the field.
Result<void> write_files(const std::string& folder, const std::vector<deployments::File>& files);

/// Removes a folder with all that is in it, also folders that were made read-only. Links are removed, not followed.
/// True when it is gone. Gives up at `until`: a command may go on making files in it.
bool remove_tree(const std::string& folder,
                 std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());

}  // namespace hub::providers::local
