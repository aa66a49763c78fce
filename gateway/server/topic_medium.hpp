#pragma once
#include <memory>
#include <string_view>

#include "adapters/secrets/medium.hpp"
#include "events/kafka/client.hpp"

namespace hub::server {

/// `<ns>.secrets` as the medium of the secrets that the nodes of namespace `name` share. Connects when it is followed:
/// that fails as kafka::SharedTopic::open(). What it is asked later takes at most 5 s, but for settle(), which takes as
/// long as a write may be under way.
std::unique_ptr<secrets::Medium> make_topic_medium(kafka::Brokers brokers, std::string_view name);

}  // namespace hub::server
