#include "projections/accounts/access_rows.hpp"

#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"

namespace hub::accounts {
namespace {

void apply(ApiKeyItem& item, std::string& token_hash, const ApiKeyEvent& event, Instant at) {
  std::visit(overloaded{[&](const ApiKeyCreated& e) {
                          item.name = e.name, item.organisation = e.organisation, item.project = e.project;
                          item.role = e.role, item.created_by = e.owner, item.created_at = at;
                          item.expires_at = e.expires_at.value_or(Instant{});
                          token_hash = e.token_hash, item.host = e.host;
                        },
                        [&](const ApiKeyRevoked&) { item.revoked_at = at; }},
             event);
}

void apply(ProjectItem& item, const ProjectEvent& event, Instant at) {
  std::visit(
      overloaded{[&](const ProjectCreated& e) {
                   item.name = e.name, item.organisation = e.organisation;
                   item.created_by = e.owner, item.created_at = at;
                 },
                 [&](const ProjectMemberSet& e) { item.members[e.user] = e.role; },
                 [&](const ProjectMemberRemoved& e) { item.members.erase(e.user); }, [](const ProjectKeyErased&) {}},
      event);
}

/// Folds what `decode` makes of the record; `apply_event` does the kind's own part.
template <class Row, class Decode, class Apply>
bool fold_row(Row& row, PartitionId partition, const log::Record& record, Decode decode, Apply apply_event) {
  if (row.broken || record.version <= row.item.version) return false;
  auto event = decode(record.type, record.data);
  row.broken = !event || record.version != row.item.version + 1;
  if (!row.broken) apply_event(event.value());
  row.item.id = record.entity;
  row.item.version = record.version;
  row.item.position = to_text(Position{partition, record.seq});
  return true;
}

}  // namespace

bool fold(ApiKeyRow& row, PartitionId partition, const log::Record& record) {
  return fold_row(row, partition, record, decode_api_key_event,
                  [&](const ApiKeyEvent& event) { apply(row.item, row.token_hash, event, record.time); });
}

bool fold(ProjectRow& row, PartitionId partition, const log::Record& record) {
  return fold_row(row, partition, record, decode_project_event,
                  [&](const ProjectEvent& event) { apply(row.item, event, record.time); });
}

ProjectRow default_project_row() {
  ProjectRow row;
  row.item.id = project_id(kDefaultOrganisation, kDefaultProject);
  row.item.name = kDefaultProject;
  row.item.organisation = kDefaultOrganisation;
  row.item.created_by = "system";
  return row;
}

std::string encode_item(const ApiKeyItem& item) {
  return to_json(item);
}

std::string encode_item(const ProjectItem& item) {
  std::string json = to_json(item);
  if (item.version > 0) return json;
  json.erase(json.rfind(",\"version\""));
  return json + "}";
}

std::string encode_row(const ApiKeyRow& row) {
  return to_json(row);
}
std::string encode_row(const ProjectRow& row) {
  return to_json(row);
}
Result<ApiKeyRow> decode_api_key_row(std::string_view bytes) {
  return from_json<ApiKeyRow>(bytes, ReadMode::lenient);
}
Result<ProjectRow> decode_project_row(std::string_view bytes) {
  return from_json<ProjectRow>(bytes, ReadMode::lenient);
}

}  // namespace hub::accounts
