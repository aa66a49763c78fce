#include "gateway/server/shared_keys.hpp"

#include "events/core/logging.hpp"
#include "events/kafka/node_keys.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/server/public_key_file.hpp"

namespace hub::server {
namespace {

/// How long the watch tries at a time: a server that stops waits for it.
constexpr Duration kWatchPatience = seconds(5);

/// Says when the node begins to sign with a key; `before`: what was announced until then.
void say_new_key(const kafka::AnnouncedKeys& before, const std::string& node, const log::PublicKey& key) {
  log::PublicKeys earlier;
  for (const auto& each : before.keys)
    if (each.node == node) earlier.add(each.key);
  if (earlier.find(key.id()) != nullptr) return;
  if (earlier.size() == 0)
    logging::write(logging::Level::info, "the signing key of this node is announced",
                   {{"node", node}, {"key_id", key.id()}});
  else
    logging::write(logging::Level::warning,
                   "this node signs with a new key: the one before is not in its folder of keys",
                   {{"node", node}, {"key_id", key.id()}, {"before", earlier.ids()}});
}

void say_refused(const kafka::AnnouncedKeys& announced) {
  for (const auto& failure : announced.refused)
    logging::write(logging::Level::warning, "a record of the control topic announces no signing key",
                   {{"text", failure.detail}});
}

/// Those that the file has and nobody has announced: kept, for what they signed must stay verifiable, and named, for
/// somebody may have put one there.
void say_unannounced(const log::PublicKeys& kept, const log::PublicKeys& announced) {
  for (const auto& [id, key] : kept.all())
    if (announced.find(id) == nullptr)
      logging::write(logging::Level::warning, "a public key beside the log is announced by no node", {{"key_id", id}});
}

/// What the file has. One that cannot be read is made anew of what is announced.
log::PublicKeys kept_keys(const DataFolder& folder) {
  auto kept = log::PublicKeys::load(folder.log() / kPublicKeyFile);
  if (kept) return std::move(kept).value();
  if (kept.error().code != "key.absent")
    logging::write(logging::Level::warning, "the public keys beside the log are made anew",
                   {{"code", kept.error().code}, {"text", kept.error().detail}});
  return {};
}

}  // namespace

Result<SigningKeys> open_keys(const cli::ServeOptions& options, const DataFolder& folder, log::Log& log,
                              const std::string& node) {
  if (log.is_shared()) return open_shared_keys(options, folder, log, node);
  HUB_TRY(auto signer, open_signer(folder, log));
  return SigningKeys{std::move(signer), nullptr};
}

Result<SigningKeys> open_shared_keys(const cli::ServeOptions& options, const DataFolder& folder, log::Log& log,
                                     const std::string& node) {
  kafka::Brokers brokers{options.kafka_brokers, {}};
  HUB_TRY(brokers.conf, cli::kafka_properties(options));
  const kafka::NodeKeys keys(std::move(brokers), options.kafka_namespace, log.incarnation());
  HUB_TRY(auto signer, log::Signer::open(folder.keys()));
  HUB_TRY(const auto before, keys.announce(node, signer, wall_now(), kafka::Patience(kafka::kPatience)));
  say_refused(before);
  say_new_key(before, node, signer.public_key());
  auto known = kept_keys(folder);
  known.add(signer.public_key());
  auto announced = before.all();
  announced.add(signer.public_key());
  say_unannounced(known, announced);
  KeyWatch::Options watch;
  watch.announced = [keys]() -> Result<log::PublicKeys> {
    HUB_TRY(const auto read, keys.read(kafka::Patience(kWatchPatience)));
    return read.all();
  };
  watch.keep = [folder](const log::PublicKeys& all) { return write_public_keys(folder, all); };
  SigningKeys opened{std::move(signer), std::make_unique<KeyWatch>(log, std::move(known), std::move(watch))};
  HUB_TRY(opened.watch->update());
  return opened;
}

}  // namespace hub::server
