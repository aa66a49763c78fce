#include "gateway/server/open_slots.hpp"

#include "adapters/secrets/key_file.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/server/topic_medium.hpp"

namespace hub::server {

Result<std::unique_ptr<secrets::SharedSlots>> open_shared_slots(const cli::ServeOptions& options,
                                                                std::optional<secrets::Key> key) {
  kafka::Brokers brokers{options.kafka_brokers, {}};
  HUB_TRY(brokers.conf, cli::kafka_properties(options));
  std::vector<secrets::Key> keys;
  if (key) keys.push_back(std::move(*key));
  if (!options.encryption_key_next_file.empty()) {
    HUB_TRY(auto next, secrets::load_key({{}, options.encryption_key_next_file, false, {}}));
    keys.push_back(std::move(*next));
  }
  return secrets::SharedSlots::open(make_topic_medium(std::move(brokers), options.kafka_namespace), std::move(keys));
}

Result<std::unique_ptr<secrets::Slots>> open_slots(const cli::ServeOptions& options, const DataFolder& folder,
                                                   bool is_shared) {
  std::optional<secrets::Key> key;
  // Without a key secrets can be listed, and no value can be read: a server that starts nothing needs none.
  if (!options.read_only) {
    HUB_TRY(key, secrets::load_key({options.encryption_key, options.encryption_key_file, options.dev, folder.keys()}));
  }
  if (is_shared) {
    HUB_TRY(auto shared, open_shared_slots(options, std::move(key)));
    return std::unique_ptr<secrets::Slots>(std::move(shared));
  }
  HUB_TRY(auto slots, secrets::SlotStore::open(secrets::secrets_folder(folder.keys()), std::move(key)));
  return std::unique_ptr<secrets::Slots>(std::move(slots));
}

}  // namespace hub::server
