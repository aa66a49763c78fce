#include "adapters/secrets/secret_file.hpp"

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/varint.hpp"

namespace hub::secrets {
namespace {

constexpr std::string_view kMagic = "computehub secret 1\n";

struct Parts {
  std::string_view info, key_id, head, sealed;
};

std::optional<Parts> split(std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  Parts parts;
  auto rest = bytes.substr(kMagic.size());
  if (!take_sized(rest, parts.info) || !take_sized(rest, parts.key_id)) return std::nullopt;
  parts.head = bytes.substr(0, bytes.size() - rest.size());
  parts.sealed = rest;
  return parts;
}

Failure tampered() {
  return internal_failure("secrets.tampered", "a stored value is damaged or was changed");
}

}  // namespace

std::string file_name_of(const Slot& slot) {
  std::string scope;
  for (const auto* part : {&slot.kind, &slot.organisation, &slot.project, &slot.name}) append_sized(scope, *part);
  return to_hex(sha256(scope));
}

std::string encode_secret_file(const SlotInfo& info, std::string_view plain, const Key& key) {
  std::string bytes(kMagic);
  append_sized(bytes, to_json(info));
  append_sized(bytes, key.id());
  return bytes + encrypt(key, plain, bytes);
}

std::optional<SlotInfo> read_info(std::string_view bytes) {
  const auto parts = split(bytes);
  if (!parts) return std::nullopt;
  auto info = from_json<SlotInfo>(parts->info, ReadMode::lenient);
  if (!info) return std::nullopt;
  return std::move(info).value();
}

std::string read_key_id(std::string_view bytes) {
  const auto parts = split(bytes);
  return parts ? std::string(parts->key_id) : std::string();
}

Result<SecretBytes> decode_secret_file(std::string_view bytes, const Slot& expected, const Key& key) {
  const auto parts = split(bytes);
  const auto info = read_info(bytes);
  if (!parts || !info || info->slot != expected || parts->key_id != key.id()) return tampered();
  SecretBytes plain;
  if (!decrypt(key, parts->sealed, parts->head, plain)) return tampered();
  return plain;
}

}  // namespace hub::secrets
