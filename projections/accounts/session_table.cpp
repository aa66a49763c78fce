#include "projections/accounts/session_table.hpp"

#include <algorithm>

#include "events/accounts/token.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"

namespace hub::accounts {
namespace {

Digest digest_of(const SessionRow& row) {
  Digest digest{};
  const auto bytes = from_hex(row.secret_hash);
  if (bytes && bytes.value().size() == digest.size())
    std::copy(bytes.value().begin(), bytes.value().end(), digest.begin());
  return digest;
}

void fold(SessionRow& row, PartitionId partition, const log::Record& record) {
  auto event = decode_session_event(record.type, record.data);
  row.broken = !event || record.version != row.version + 1;
  if (!row.broken)
    std::visit(overloaded{[&](const SessionOpened& e) {
                            row.owner = e.owner, row.organisation = e.organisation;
                            row.secret_hash = e.secret_hash, row.expires_at = e.expires_at;
                          },
                          [&](const SessionEnded&) { row.ended = true; }},
               event.value());
  row.id = record.entity;
  row.version = record.version;
  row.partition = partition;
}

/// The earlier of two ends, of which the second may be none.
Instant earlier(Instant end, Instant other) {
  return other.is_set() ? std::min(end, other) : end;
}

}  // namespace

SessionTable::PrincipalPtr SessionTable::find(std::string_view secret, Instant now) const {
  if (secret.empty() || secret.size() > kTokenSizeMax) return nullptr;
  return secrets_.find(token_digest(secret), now);
}

Instant SessionTable::end_of(std::string_view id) const {
  const auto open = open_.find(id);
  return open == open_.end() ? Instant{} : open->second;
}

bool SessionTable::apply(PartitionId partition, const log::Record& record, std::set<std::string>& touched, News& news) {
  forget_older(partition, record.time, touched, news);
  auto found = rows_.find(record.entity);
  // The end of a session that was forgotten changes nothing any more.
  if (found == rows_.end() && record.type != SessionOpened::type) return false;
  if (found == rows_.end()) found = rows_.try_emplace(record.entity).first;
  auto& row = found->second;
  if (row.broken || record.version <= row.version) return false;
  fold(row, partition, record);
  touched.insert(row.id);
  index(row, news);
  return true;
}

void SessionTable::index(const SessionRow& row, News& news) {
  forget_[row.partition].emplace(row.expires_at, row.id);
  if (!row.broken && !row.ended) {
    by_owner_[row.owner].insert(row.id);
    return open(row, holder_of_(row.owner), news);
  }
  close(row, news);
  leave_owner(row);
}

void SessionTable::close(const SessionRow& row, News& news) {
  const auto open = open_.find(row.id);
  if (open == open_.end()) return;
  secrets_.erase(digest_of(row));
  ends_.erase({open->second, row.id});
  open_.erase(open);
  news.ended.push_back(row.id);
}

void SessionTable::leave_owner(const SessionRow& row) {
  const auto ids = by_owner_.find(row.owner);
  if (ids == by_owner_.end()) return;
  ids->second.erase(row.id);
  if (ids->second.empty()) by_owner_.erase(ids);
}

void SessionTable::open(const SessionRow& row, const Holder& holder, News& news) {
  if (!holder.principal || holder.principal->organisation != row.organisation) return close(row, news);
  auto principal = std::make_shared<Principal>(*holder.principal);
  principal->session = row.id;
  // A browser attaches no machine.
  principal->host.clear();
  const auto end = earlier(row.expires_at, holder.expires_at);
  if (const auto known = open_.find(row.id); known != open_.end()) {
    ends_.erase({known->second, row.id});
    news.changed.push_back(principal);
  }
  open_.insert_or_assign(row.id, end);
  ends_.emplace(end, row.id);
  secrets_.put(digest_of(row), std::move(principal), end);
}

void SessionTable::refresh(std::string_view owner, News& news) {
  const auto ids = by_owner_.find(owner);
  if (ids == by_owner_.end()) return;
  const auto holder = holder_of_(owner);
  for (const auto& id : ids->second) open(rows_.find(id)->second, holder, news);
}

void SessionTable::expire(Instant now, News& news) {
  while (!ends_.empty() && ends_.begin()->first <= now) close(rows_.find(ends_.begin()->second)->second, news);
}

void SessionTable::forget_older(PartitionId partition, Instant than, std::set<std::string>& touched, News& news) {
  auto& ends = forget_[partition];
  while (!ends.empty() && ends.begin()->first + kKept <= than) {
    const auto id = ends.begin()->second;
    ends.erase(ends.begin());
    const auto found = rows_.find(id);
    close(found->second, news);
    leave_owner(found->second);
    rows_.erase(found);
    touched.insert(id);
  }
}

std::string SessionTable::row(std::string_view id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? std::string() : to_json(found->second);
}

Result<void> SessionTable::load(std::string_view bytes) {
  HUB_TRY(auto loaded, from_json<SessionRow>(bytes, ReadMode::lenient));
  const auto id = loaded.id;
  const auto& row = rows_.insert_or_assign(id, std::move(loaded)).first->second;
  News news;  // nobody listens to what was before the start
  index(row, news);
  return success();
}

std::size_t SessionTable::broken() const {
  return static_cast<std::size_t>(
      std::count_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.broken; }));
}

}  // namespace hub::accounts
