#include "projections/accounts/access_table.hpp"

#include <algorithm>

#include "events/accounts/token.hpp"

namespace hub::accounts {
namespace {

constexpr std::string_view kUser = "user:";
constexpr std::string_view kKey = "key:";

std::string joined(std::string_view a, std::string_view b) {
  std::string both(a);
  both += b;
  return both;
}

bool is_open(const ApiKeyRow& row) {
  return !row.broken && !row.item.revoked_at.is_set() && row.item.role != Role::none;
}

Digest digest_of(const ApiKeyRow& row) {
  Digest digest{};
  const auto bytes = from_hex(row.token_hash);
  if (bytes && bytes.value().size() == digest.size())
    std::copy(bytes.value().begin(), bytes.value().end(), digest.begin());
  return digest;
}

std::pair<std::int64_t, std::string> creation_key(Instant created_at, const std::string& id) {
  return {created_at.micros, id};
}

const std::map<std::string, Role>& members_of(const ProjectRow& row) {
  static const std::map<std::string, Role> nobody;
  return row.broken ? nobody : row.item.members;
}

Role role_of_member(const std::map<std::string, Role>& members, const std::string& user) {
  const auto member = members.find(user);
  return member == members.end() ? Role::none : member->second;
}

/// The page of `rows` that `ids` names from `offset` on.
template <class Rows>
AccessTable::Page page_of(const std::map<std::pair<std::int64_t, std::string>, std::string>& ids, const Rows& rows,
                          std::size_t offset, std::size_t limit) {
  AccessTable::Page page;
  page.total = ids.size();
  if (offset >= ids.size()) return page;
  auto next = std::next(ids.begin(), static_cast<std::ptrdiff_t>(offset));
  for (; next != ids.end() && page.items.size() < limit; ++next)
    page.items.push_back(encode_item(rows.find(next->second)->second.item));
  return page;
}

}  // namespace

AccessTable::AccessTable() : sessions_([this](std::string_view owner) { return holder(owner); }) {
  const auto row = default_project_row();
  News news;
  index(ProjectRow{}, row, news);
  projects_.emplace(row.item.id, row);
}

// --- asking ---

AccessTable::PrincipalPtr AccessTable::find(std::string_view token, Instant now) const {
  if (token.empty() || token.size() > kTokenSizeMax) return nullptr;
  return tokens_.find(token_digest(token), now);
}

Instant AccessTable::end_of_session(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  return sessions_.end_of(id);
}

AccessTable::PrincipalPtr AccessTable::user(std::string_view organisation, std::string_view name) const {
  auto principal = std::make_shared<Principal>();
  principal->id = joined(kUser, name);
  principal->organisation = organisation;
  {
    const std::shared_lock lock(mutex_);
    const auto found = roles_.find(Pair(organisation, name));
    if (found != roles_.end()) principal->roles = found->second;
  }
  const bool elsewhere = principal->roles.count(kDefaultProject) == 0 && !principal->roles.empty();
  principal->project = elsewhere ? principal->roles.begin()->first : std::string(kDefaultProject);
  return principal;
}

bool AccessTable::has_project(std::string_view organisation, std::string_view name) const {
  return project(organisation, name).has_value();
}

bool AccessTable::has_key(Instant now) const {
  const std::shared_lock lock(mutex_);
  return std::any_of(open_.begin(), open_.end(),
                     [&](const auto& key) { return !key.second.is_set() || key.second > now; });
}

AccessTable::Page AccessTable::api_keys(std::string_view organisation, std::string_view project, std::size_t offset,
                                        std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  const auto ids = keys_by_project_.find(Pair(organisation, project));
  return ids == keys_by_project_.end() ? Page{} : page_of(ids->second, keys_, offset, limit);
}

AccessTable::Page AccessTable::projects(std::string_view organisation, std::size_t offset, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  const auto ids = projects_by_organisation_.find(organisation);
  return ids == projects_by_organisation_.end() ? Page{} : page_of(ids->second, projects_, offset, limit);
}

std::optional<ApiKeyItem> AccessTable::api_key(std::string_view organisation, std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end() || found->second.item.organisation != organisation) return std::nullopt;
  return found->second.item;
}

std::optional<ProjectItem> AccessTable::project(std::string_view organisation, std::string_view name) const {
  const auto id = project_id(organisation, name);
  const std::shared_lock lock(mutex_);
  const auto found = projects_.find(id);
  if (found == projects_.end()) return std::nullopt;
  return found->second.item;
}

// --- telling when a right has gone ---

std::uint64_t AccessTable::observe(Observer revoked, ChangeObserver changed) {
  const std::lock_guard lock(observers_mutex_);
  observers_.emplace(++observers_made_, Observers{std::move(revoked), std::move(changed)});
  return observers_made_;
}

void AccessTable::forget(std::uint64_t observer) {
  const std::lock_guard lock(observers_mutex_);
  observers_.erase(observer);
}

void AccessTable::tell(const News& news) {
  const auto& sessions = news.sessions;
  if (news.lost.empty() && news.changed.empty() && sessions.ended.empty() && sessions.changed.empty()) return;
  const std::lock_guard lock(observers_mutex_);
  for (const auto& [number, observer] : observers_) {
    for (const auto& principal : news.lost) observer.revoked(principal);
    for (const auto& session : sessions.ended) observer.revoked(session);
    if (!observer.changed) continue;
    for (const auto& principal : news.changed) observer.changed(principal);
    for (const auto& principal : sessions.changed) observer.changed(principal);
  }
}

void AccessTable::expire(Instant now) {
  News news;
  {
    const std::unique_lock lock(mutex_);
    while (!expiries_.empty() && expiries_.begin()->first <= now)
      close_key(keys_.find(expiries_.begin()->second)->second, news);
    sessions_.expire(now, news.sessions);
  }
  tell(news);
}

// --- feeding ---

bool AccessTable::concerns(const log::Record& record) {
  if (record.kind != log::RecordKind::event || !is_id(record.entity)) return false;
  const auto prefix = prefix_of(record.entity);
  return prefix == kProjectPrefix || prefix == kApiKeyPrefix || prefix == kSessionPrefix;
}

bool AccessTable::apply(PartitionId partition, const log::Record& record) {
  std::set<std::string> touched;
  return apply(partition, record, touched);
}

bool AccessTable::apply(PartitionId partition, const log::Record& record, std::set<std::string>& touched) {
  if (!concerns(record)) return false;
  News news;
  bool changed = false;
  {
    const std::unique_lock lock(mutex_);
    changed = fold_into_row(partition, record, touched, news);
  }
  tell(news);
  return changed;
}

bool AccessTable::fold_into_row(PartitionId partition, const log::Record& record, std::set<std::string>& touched,
                                News& news) {
  const auto prefix = prefix_of(record.entity);
  if (prefix == kSessionPrefix) return sessions_.apply(partition, record, touched, news.sessions);
  bool changed = false;
  if (prefix == kApiKeyPrefix) {
    auto& row = keys_[record.entity];
    changed = fold(row, partition, record);
    if (changed) index(row, news);
  } else {
    auto& row = projects_[record.entity];
    const auto before = row;
    changed = fold(row, partition, record);
    if (changed) index(before, row, news);
  }
  if (changed) touched.insert(record.entity);
  return changed;
}

void AccessTable::made_at(Instant time) {
  const std::unique_lock lock(mutex_);
  auto& row = projects_.find(project_id(kDefaultOrganisation, kDefaultProject))->second;
  const auto before = row;
  row.item.created_at = time;
  News news;
  index(before, row, news);
}

void AccessTable::index(const ApiKeyRow& row, News& news) {
  const auto& item = row.item;
  if (is_open(row) && open_.count(item.id) == 0) {
    open_key(row);
    // Of another partition, and so perhaps read before it.
    sessions_.refresh(joined(kKey, item.id), news.sessions);
  }
  if (!is_open(row) && open_.count(item.id) > 0) close_key(row, news);
  if (item.organisation.empty()) return;  // broken from its first event on: nobody's
  keys_by_project_[Pair(item.organisation, item.project)].emplace(creation_key(item.created_at, item.id), item.id);
}

AccessTable::PrincipalPtr AccessTable::principal_of(const ApiKeyRow& row) const {
  const auto& item = row.item;
  auto principal = std::make_shared<Principal>();
  principal->id = joined(kKey, item.id);
  principal->organisation = item.organisation;
  principal->project = item.project;
  const auto member = roles_.find(Pair(item.organisation, item.id));
  if (member != roles_.end()) principal->roles = member->second;
  auto& own = principal->roles.emplace(item.project, item.role).first->second;
  own = std::max(own, item.role);
  principal->host = item.host.value_or("");
  return principal;
}

void AccessTable::open_key(const ApiKeyRow& row) {
  const auto& item = row.item;
  tokens_.put(digest_of(row), principal_of(row), item.expires_at);
  open_.emplace(item.id, item.expires_at);
  if (item.expires_at.is_set()) expiries_.emplace(item.expires_at, item.id);
}

void AccessTable::close_key(const ApiKeyRow& row, News& news) {
  tokens_.erase(digest_of(row));
  open_.erase(row.item.id);
  expiries_.erase({row.item.expires_at, row.item.id});
  news.lost.insert(joined(kKey, row.item.id));
  sessions_.refresh(joined(kKey, row.item.id), news.sessions);
}

void AccessTable::index(const ProjectRow& before, const ProjectRow& after, News& news) {
  const auto& item = after.item;
  if (item.organisation.empty()) return;  // broken from its first event on: nobody's
  auto& ids = projects_by_organisation_[item.organisation];
  ids.erase(creation_key(before.item.created_at, before.item.id));
  ids.emplace(creation_key(item.created_at, item.id), item.id);
  index_members(before, after, news);
  if (before.item.name != item.name) refresh_admins(item.organisation, news);
}

void AccessTable::index_members(const ProjectRow& before, const ProjectRow& after, News& news) {
  const auto& item = after.item;
  for (const auto& [user, role] : members_of(before)) {
    // A key that is a member of more than its own project keeps the rest: it is told its new rights below.
    if (role_of_member(members_of(after), user) < role && keys_.count(user) == 0) news.lost.insert(joined(kUser, user));
    roles_[Pair(item.organisation, user)].erase(item.name);
  }
  for (const auto& [user, role] : members_of(after)) roles_[Pair(item.organisation, user)][item.name] = role;
  for (const auto& [user, role] : members_of(before)) refresh_key(user, news);
  for (const auto& [user, role] : members_of(after)) refresh_key(user, news);
}

void AccessTable::refresh_key(const std::string& id, News& news) {
  if (open_.count(id) == 0) return;
  const auto& row = keys_.find(id)->second;
  auto principal = principal_of(row);
  const auto known = tokens_.find(digest_of(row), Instant{});
  if (known != nullptr && known->roles == principal->roles) return;
  news.changed.push_back(principal);
  tokens_.put(digest_of(row), std::move(principal), row.item.expires_at);
  sessions_.refresh(joined(kKey, id), news.sessions);
}

void AccessTable::admit_admin(std::string_view token, std::string_view organisation, std::string_view user) {
  const std::unique_lock lock(mutex_);
  admins_.push_back({token_digest(token), std::string(organisation), std::string(user)});
  tokens_.put(admins_.back().token, admin_of_all(admins_.back()), Instant{});
  SessionTable::News news;  // nobody listens to what was before the start
  sessions_.refresh(joined(kUser, user), news);
}

void AccessTable::refresh_admins(std::string_view organisation, News& news) {
  for (const auto& admin : admins_) {
    if (admin.organisation != organisation) continue;
    news.changed.push_back(admin_of_all(admin));
    tokens_.put(admin.token, news.changed.back(), Instant{});
    sessions_.refresh(joined(kUser, admin.user), news.sessions);
  }
}

/// Who a session's owner is; only what opens something by a token of its own can own one.
SessionTable::Holder AccessTable::holder(std::string_view principal) const {
  if (principal.substr(0, kKey.size()) == kKey) {
    const auto open = open_.find(principal.substr(kKey.size()));
    if (open == open_.end()) return {};
    return {principal_of(keys_.find(open->first)->second), open->second};
  }
  for (const auto& admin : admins_)
    if (principal == joined(kUser, admin.user)) return {admin_of_all(admin), {}};
  return {};
}

AccessTable::PrincipalPtr AccessTable::admin_of_all(const Admin& admin) const {
  auto principal = std::make_shared<Principal>();
  principal->id = joined(kUser, admin.user);
  principal->organisation = admin.organisation;
  principal->project = kDefaultProject;
  const auto ids = projects_by_organisation_.find(admin.organisation);
  if (ids != projects_by_organisation_.end())
    for (const auto& id : ids->second) principal->roles[projects_.find(id.second)->second.item.name] = Role::admin;
  return principal;
}

// --- rows, to keep and load ---

std::string AccessTable::row(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  if (const auto key = keys_.find(id); key != keys_.end()) return encode_row(key->second);
  if (const auto project = projects_.find(id); project != projects_.end()) return encode_row(project->second);
  return sessions_.row(id);
}

Result<void> AccessTable::load(std::string_view id, std::string_view bytes) {
  const std::unique_lock lock(mutex_);
  News news;  // nobody listens to what was before the start
  if (prefix_of(id) == kApiKeyPrefix) {
    HUB_TRY(auto loaded, decode_api_key_row(bytes));
    const auto& row = keys_.insert_or_assign(std::string(id), std::move(loaded)).first->second;
    index(row, news);
    return success();
  }
  if (prefix_of(id) == kSessionPrefix) return sessions_.load(bytes);
  HUB_TRY(auto loaded, decode_project_row(bytes));
  auto& row = projects_[std::string(id)];
  const auto before = std::exchange(row, std::move(loaded));
  index(before, row, news);
  return success();
}

std::size_t AccessTable::broken() const {
  const std::shared_lock lock(mutex_);
  const auto is_broken = [](const auto& row) { return row.second.broken; };
  return static_cast<std::size_t>(std::count_if(keys_.begin(), keys_.end(), is_broken) +
                                  std::count_if(projects_.begin(), projects_.end(), is_broken)) +
         sessions_.broken();
}

}  // namespace hub::accounts
