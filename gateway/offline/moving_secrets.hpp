#pragma once
#include <cstddef>

#include "gateway/offline/moving.hpp"

namespace hub::offline {

/// Stores what is kept encrypted in the folder, secrets and the data keys of sealed values, in the namespace under the
/// same key, and destroys it in the folder: what is erased there later must not live on here. Nobody else writes to
/// either. Safe to repeat. Answers how many values. Fails: unavailable `secrets.no_key` when there are some and no key;
/// as secrets::SlotStore::open and secrets::SharedSlots::open do.
Result<std::size_t> move_secrets_to_kafka(const MoveOptions& options);
/// The same back; what the folder still has of earlier and the namespace has not is removed. The namespace keeps its
/// own.
Result<std::size_t> move_secrets_to_folder(const MoveOptions& options);

}  // namespace hub::offline
