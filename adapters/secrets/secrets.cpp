#include "adapters/secrets/secrets.hpp"

#include <algorithm>

#include "events/core/json_codec.hpp"

namespace hub::secrets {

BOOST_DESCRIBE_STRUCT(SecretItem, (), (name, project, created_at, updated_at, version))

namespace {

bool is_secret_name(std::string_view name) {
  if (name.empty() || name.size() > kNameSizeMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

Slot slot_of(std::string_view organisation, std::string_view project, std::string_view name) {
  return {"secret", std::string(organisation), std::string(project), std::string(name)};
}

SecretItem item_of(const SlotInfo& info) {
  return {info.slot.name, info.slot.project, info.created_at, info.updated_at, info.version};
}

}  // namespace

Result<SecretItem> Secrets::put(std::string_view organisation, std::string_view project, std::string_view name,
                                std::string_view value, Instant now) {
  if (!is_secret_name(name))
    return invalid("secrets.name", "a name is 1 to 128 letters, digits, '_', '.' or '-'", "name");
  if (value.size() > kValueSizeMax)
    return Failure{FailureKind::too_large, "secrets.too_large", "a secret is at most 64 KiB", "value", 0};
  const auto slot = slot_of(organisation, project, name);
  if (!store_.has(slot) && store_.count(slot.kind, organisation, project) >= kSecretsMax)
    return conflict("secrets.too_many", "a project keeps at most 1,000 secrets");
  HUB_TRY(const auto info, store_.put(slot, value, now));
  return item_of(info);
}

Result<SecretBytes> Secrets::get(std::string_view organisation, std::string_view project, std::string_view name) const {
  const auto slot = slot_of(organisation, project, name);
  auto value = store_.get(slot);
  if (value || value.error().code != "secrets.unknown") return value;
  // Another node may have stored it a moment ago.
  HUB_TRY(store_.refresh());
  return store_.get(slot);
}

bool Secrets::has(std::string_view organisation, std::string_view project, std::string_view name) const {
  return store_.has(slot_of(organisation, project, name));
}

std::vector<SecretItem> Secrets::list(std::string_view organisation, std::string_view project) const {
  std::vector<SecretItem> items;
  for (const auto& info : store_.list("secret", organisation, project)) items.push_back(item_of(info));
  return items;
}

Result<void> Secrets::remove(std::string_view organisation, std::string_view project, std::string_view name) {
  return store_.remove(slot_of(organisation, project, name));
}

std::string encode_item(const SecretItem& item) {
  return to_json(item);
}

}  // namespace hub::secrets
