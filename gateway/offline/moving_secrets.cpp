#include "gateway/offline/moving_secrets.hpp"

#include "adapters/secrets/key_file.hpp"
#include "adapters/secrets/shared_slots.hpp"
#include "adapters/secrets/slot_store.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/server/topic_medium.hpp"

namespace hub::offline {
namespace {

/// Makes `to` hold what `from` does, and nothing else.
Result<std::size_t> copy(const secrets::Slots& from, secrets::Slots& to) {
  const auto now = wall_now();
  const auto wanted = from.all();
  for (const auto& info : wanted) {
    HUB_TRY(const auto value, from.get(info.slot));
    if (to.has(info.slot)) {
      HUB_TRY(const auto there, to.get(info.slot));
      if (there.view() == value.view()) continue;
    }
    HUB_TRY(to.put(info.slot, value.view(), now));
  }
  for (const auto& info : to.all()) {
    if (from.has(info.slot)) continue;
    HUB_TRY(to.remove(info.slot));
  }
  return wanted.size();
}

/// Read anew for each store: a key is in no memory twice.
Result<std::optional<secrets::Key>> key_of(const MoveOptions& options) {
  return secrets::load_key(key_source(options.encryption, options.folder));
}

Result<std::unique_ptr<secrets::SharedSlots>> open_shared(const MoveOptions& options) {
  HUB_TRY(auto key, key_of(options));
  std::vector<secrets::Key> keys;
  if (key) keys.push_back(std::move(*key));
  return secrets::SharedSlots::open(server::make_topic_medium(options.brokers, options.name), std::move(keys));
}

}  // namespace

Result<std::size_t> move_secrets_to_kafka(const MoveOptions& options) {
  const auto folder = secrets::secrets_folder(options.folder.keys());
  HUB_TRY(const auto stored, secrets::stored_key_id(folder));
  if (stored.empty()) {
    // An earlier run may have been cut off while it destroyed them; what names the key goes first.
    HUB_TRY(secrets::destroy_folder(folder));
    return 0;
  }
  HUB_TRY(auto key, key_of(options));
  if (!key) return no_encryption_key();
  std::size_t count = 0;
  {
    HUB_TRY(const auto shared, open_shared(options));
    HUB_TRY(const auto store, secrets::SlotStore::open(folder, std::move(key)));
    HUB_TRY(count, copy(*store, *shared));
  }
  HUB_TRY(secrets::destroy_folder(folder));
  return count;
}

Result<std::size_t> move_secrets_to_folder(const MoveOptions& options) {
  HUB_TRY(const auto shared, open_shared(options));
  if (shared->all().empty()) return 0;
  HUB_TRY(auto key, key_of(options));
  if (!key) return no_encryption_key();
  HUB_TRY(const auto store, secrets::SlotStore::open(secrets::secrets_folder(options.folder.keys()), std::move(key)));
  return copy(*shared, *store);
}

}  // namespace hub::offline
