#include "events/kafka/node_keys.hpp"

#include <algorithm>
#include <map>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/varint.hpp"
#include "events/kafka/control_topic.hpp"
#include "events/log/encoding.hpp"

namespace hub::kafka {
namespace {

constexpr std::string_view kPrefix = "signing-key:";

struct AnnouncementJson {
  std::string node;
  std::string key_id;
  std::string public_key;
  Instant since;
  std::string signature;
  static constexpr std::string_view required[] = {"node", "key_id", "public_key", "since", "signature"};
};
BOOST_DESCRIBE_STRUCT(AnnouncementJson, (), (node, key_id, public_key, since, signature))

/// What is signed: fixed in its own words, so that the same bytes mean nothing anywhere else.
std::string statement(std::string_view node, const std::string& pem, Instant since, std::uint64_t incarnation) {
  std::string out("computehub.signing-key.v1\n");
  append_sized(out, node);
  append_sized(out, pem);
  append_varint(out, log::zigzag(since.micros));
  append_varint(out, incarnation);
  return out;
}

std::string control_key(std::string_view node, std::string_view key_id) {
  return std::string(kPrefix) + std::string(node) + ":" + std::string(key_id);
}

}  // namespace

std::string control_key(const NodeKey& announced) {
  return control_key(announced.node, announced.key.id());
}

std::string announcement(const log::Signer& signer, std::string_view node, Instant since, std::uint64_t incarnation) {
  const auto& key = signer.public_key();
  const auto pem = key.pem();
  const auto signature = signer.sign(statement(node, pem, since, incarnation));
  return to_json(AnnouncementJson{std::string(node), key.id(), pem, since, to_base64(signature)});
}

Result<NodeKey> parse_announcement(std::string_view key, std::string_view value, std::uint64_t incarnation) {
  const auto bad = [key](std::string_view why) {
    return malformed("key.announcement", to_valid_utf8(std::string(key)) + ": " + std::string(why));
  };
  const auto json = from_json<AnnouncementJson>(value, ReadMode::lenient);
  if (!json) return bad("not the JSON of an announcement: " + json.error().field + " " + json.error().detail);
  const auto& read = json.value();
  auto public_key = log::PublicKey::parse(read.public_key);
  if (!public_key) return bad(public_key.error().detail);
  NodeKey announced{read.node, std::move(public_key).value(), read.since};
  if (read.key_id != announced.key.id() || key != control_key(announced))
    return bad("it speaks of another node or key than it is named after");
  const auto signature = from_base64(read.signature);
  const bool fits = signature && announced.key.verify(statement(read.node, read.public_key, read.since, incarnation),
                                                      signature.value());
  if (!fits) return bad("the signature is not by the key that it announces, or for another namespace");
  return announced;
}

log::PublicKeys AnnouncedKeys::all() const {
  log::PublicKeys found;
  for (const auto& each : keys) found.add(each.key);
  return found;
}

NodeKeys::NodeKeys(Brokers brokers, std::string name, std::uint64_t incarnation)
    : brokers_(std::move(brokers)), name_(std::move(name)), incarnation_(incarnation) {}

Result<AnnouncedKeys> NodeKeys::read(const Patience& patience) const {
  std::map<std::string, NodeKey> found;
  AnnouncedKeys announced;
  HUB_TRY(read_control(brokers_, name_, patience, [&](std::string_view key, std::optional<std::string_view> value) {
    if (key.substr(0, kPrefix.size()) != kPrefix || !value) return;
    auto parsed = parse_announcement(key, *value, incarnation_);
    if (parsed)
      found.insert_or_assign(std::string(key), std::move(parsed).value());
    else
      announced.refused.push_back(std::move(parsed).error());
  }));
  for (auto& [key, each] : found) announced.keys.push_back(std::move(each));
  return announced;
}

Result<AnnouncedKeys> NodeKeys::announce(std::string_view node, const log::Signer& signer, Instant now,
                                         const Patience& patience) const {
  const auto key = control_key(node, signer.public_key().id());
  HUB_TRY(auto before, read(patience));
  const bool is_there = std::any_of(before.keys.begin(), before.keys.end(),
                                    [&key](const NodeKey& each) { return control_key(each) == key; });
  if (!is_there) {
    HUB_TRY(write_control(brokers_, name_, key, announcement(signer, node, now, incarnation_), patience));
  }
  return before;
}

}  // namespace hub::kafka
