#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/record.hpp"
#include "projections/accounts/access_rows.hpp"
#include "projections/accounts/principal.hpp"
#include "projections/accounts/session_table.hpp"
#include "projections/accounts/token_index.hpp"

namespace hub::accounts {

/// Who may what, in memory: a fold of the records of projects, API keys and sessions. Safe from any thread.
class AccessTable {
 public:
  using PrincipalPtr = std::shared_ptr<const Principal>;

  AccessTable();

  // --- asking ---

  /// Who holds this bearer token at `now`; null for unknown, expired and revoked ones. A key has its own role in its
  /// own project, and in others where it is a member (under its id) the role of a member. Well below a microsecond.
  PrincipalPtr find(std::string_view token, Instant now) const;
  /// The same for what a browser's cookie holds. Neither opens what the other does.
  PrincipalPtr find_session(std::string_view secret, Instant now) const { return sessions_.find(secret, now); }
  /// Until when a session is good, also by what it was opened with; unset when it is not.
  Instant end_of_session(std::string_view id) const;
  /// A user with the roles that the projects of the organisation give; never null, without roles when there are none.
  PrincipalPtr user(std::string_view organisation, std::string_view name) const;
  bool has_project(std::string_view organisation, std::string_view name) const;
  /// True when some key opens something at `now`.
  bool has_key(Instant now) const;

  /// Items as JSON, by creation; `total` counts those of other pages too.
  struct Page {
    std::vector<std::string> items;
    std::size_t total = 0;
  };
  /// Keys of one project, revoked and expired ones too; never a hash.
  Page api_keys(std::string_view organisation, std::string_view project, std::size_t offset, std::size_t limit) const;
  Page projects(std::string_view organisation, std::size_t offset, std::size_t limit) const;
  /// None when there is no such thing in this organisation.
  std::optional<ApiKeyItem> api_key(std::string_view organisation, std::string_view id) const;
  std::optional<ProjectItem> project(std::string_view organisation, std::string_view name) const;

  // --- telling when a right has gone ---

  /// Called with the id of a principal ("key:key_…", "user:ann") that has just lost a right, or of a session ("ses_…")
  /// that has ended, on the thread that brought the news, behind the change: find() and user() answer by the new
  /// rights. Must not block.
  using Observer = std::function<void(std::string_view id)>;
  std::uint64_t on_revoked(Observer observer) { return observe(std::move(observer), {}); }
  /// The same, and `changed` is called with the new rights of a principal that is in more projects than before, or (a
  /// key that is a member of several) in fewer, but whose token still opens something. What was opened under its older
  /// rights is to be looked at again.
  using ChangeObserver = std::function<void(const PrincipalPtr&)>;
  std::uint64_t observe(Observer revoked, ChangeObserver changed);
  /// After it returns, the observer is not running and will not be called again. Not from an observer.
  void forget(std::uint64_t observer);
  /// Tells of keys and sessions whose time has passed. find() needs no such call; live subscriptions do, once a second
  /// or so.
  void expire(Instant now);

  // --- feeding ---

  /// True for records that this table folds: events of projects, API keys and sessions.
  static bool concerns(const log::Record& record);
  /// Records of an entity come in order; one that was applied already changes nothing and gives false. One that cannot
  /// be read makes its key or project give no rights any more (`broken()` counts those).
  bool apply(PartitionId partition, const log::Record& record);
  /// The same, and adds the entities whose rows are other than before: of a session that was long over there is none
  /// any more.
  bool apply(PartitionId partition, const log::Record& record, std::set<std::string>& touched);
  /// When the system was made: the creation of what is there without a record.
  void made_at(Instant time);
  /// Lets a token in as a user who is admin of every project of the organisation, now and later.
  void admit_admin(std::string_view token, std::string_view organisation, std::string_view user);

  // --- rows, to keep and load ---

  /// Bytes of one entity's row, empty when there is none.
  std::string row(std::string_view id) const;
  /// Puts a row back. Fails with what from_json fails with.
  Result<void> load(std::string_view id, std::string_view bytes);
  std::size_t broken() const;

 private:
  using ByCreation = std::map<std::pair<std::int64_t, std::string>, std::string>;  ///< (created_at, id) → id
  using Pair = std::pair<std::string, std::string>;
  struct Admin {
    Digest token;
    std::string organisation, user;
  };
  struct News {
    std::set<std::string> lost;         ///< principals with fewer rights than before, or none
    std::vector<PrincipalPtr> changed;  ///< with other rights than before
    SessionTable::News sessions;
  };
  struct Observers {
    Observer revoked;
    ChangeObserver changed;
  };

  void index(const ApiKeyRow& row, News& news);
  void open_key(const ApiKeyRow& row);
  void close_key(const ApiKeyRow& row, News& news);
  void index(const ProjectRow& before, const ProjectRow& after, News& news);
  void index_members(const ProjectRow& before, const ProjectRow& after, News& news);
  void refresh_admins(std::string_view organisation, News& news);
  void refresh_key(const std::string& id, News& news);
  bool fold_into_row(PartitionId partition, const log::Record& record, std::set<std::string>& touched, News& news);
  SessionTable::Holder holder(std::string_view principal) const;
  PrincipalPtr principal_of(const ApiKeyRow& row) const;
  PrincipalPtr admin_of_all(const Admin& admin) const;
  void tell(const News& news);

  TokenIndex tokens_;
  mutable std::shared_mutex mutex_;  ///< of all below but the observers
  std::map<std::string, ApiKeyRow, std::less<>> keys_;
  std::map<std::string, ProjectRow, std::less<>> projects_;
  std::map<Pair, ByCreation> keys_by_project_;
  std::map<std::string, ByCreation, std::less<>> projects_by_organisation_;
  std::map<Pair, std::map<std::string, Role, std::less<>>> roles_;  ///< (organisation, user) → by project
  std::map<std::string, Instant, std::less<>> open_;    ///< keys that open something, with their expiry or none
  std::set<std::pair<Instant, std::string>> expiries_;  ///< those of them that expire
  std::vector<Admin> admins_;
  SessionTable sessions_;

  std::mutex observers_mutex_;
  std::map<std::uint64_t, Observers> observers_;
  std::uint64_t observers_made_ = 0;
};

}  // namespace hub::accounts
