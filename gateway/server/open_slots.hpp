#pragma once
#include <memory>

#include "adapters/secrets/shared_slots.hpp"
#include "gateway/cli/config.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::server {

/// The secrets of a server: those in its folder, or on a shared log those of the namespace. Whoever only reads opens
/// the folder's without a key. Fails: as secrets::load_key(), secrets::SlotStore::open() and
/// secrets::SharedSlots::open() do.
Result<std::unique_ptr<secrets::Slots>> open_slots(const cli::ServeOptions& options, const DataFolder& folder,
                                                   bool is_shared);

/// Those of the namespace, with `key` and, when there is one, that of `--encryption-key-next-file`. Fails: invalid
/// `kafka.conf`; as secrets::load_key() and secrets::SharedSlots::open() do.
Result<std::unique_ptr<secrets::SharedSlots>> open_shared_slots(const cli::ServeOptions& options,
                                                                std::optional<secrets::Key> key);

}  // namespace hub::server
