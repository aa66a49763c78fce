#pragma once
#include <filesystem>

#include "projections/core/projection.hpp"
#include "projections/core/store.hpp"

namespace hub::projections {

/// The store in force below `root` (DIR/projections), to write to. One that is absent, of another log or not
/// readable is begun anew. Fails: unavailable `projection.locked`, and as Log::read does.
Result<std::shared_ptr<Store>> open_current(log::Log& log, const std::filesystem::path& root,
                                            const Projection& projection, const StoreResources& resources);

/// On the folder of a stopped server: builds the next generation from the whole log and names it. Answers how far.
/// Fails: unavailable `projection.locked`, and as Log::read does; then what was there stays in force.
Result<Cursor> rebuild(log::Log& log, const std::filesystem::path& root, const Projection& projection,
                       const StoreResources& resources);

struct Verified {
  bool equal = false;
  Cursor cursor;    ///< how far the rows that were compared are folded
  Digest found{};   ///< content hash of the folder
  Digest wanted{};  ///< of the same events folded anew
};

/// On the folder of a stopped server, which is not written to: folds the same events into `scratch` (removed again)
/// and compares. Fails: not_found `projection.absent`, internal `projection.corrupt`, invalid `projection.other_log`
/// when the rows are not of this log, and as Log::read does.
Result<Verified> verify(log::Log& log, const std::filesystem::path& root, const Projection& projection,
                        const StoreResources& resources, const std::filesystem::path& scratch);

}  // namespace hub::projections
