#pragma once
#include <boost/describe.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "events/accounts/session_events.hpp"
#include "events/log/record.hpp"
#include "projections/accounts/token_index.hpp"

namespace hub::accounts {

/// What is known of a session.
struct SessionRow {
  std::string id;
  std::string owner;  ///< principal
  std::string organisation;
  std::string secret_hash;  ///< 64 hexadecimal digits
  Instant expires_at;
  bool ended = false;
  bool broken = false;  ///< an event could not be read; such a session opens nothing
  Version version = 0;
  std::uint32_t partition = 0;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (),
                      (id, owner, organisation, secret_hash, expires_at, ended, broken, version, partition))

/// Sessions of browsers, in memory: a fold of their records. A session has the rights that its owner has at the time,
/// and none when its owner has none. A part of AccessTable, whose lock every call but find() needs.
class SessionTable {
 public:
  using PrincipalPtr = TokenIndex::PrincipalPtr;
  /// Rows are forgotten when a record of their partition is younger than their end by this: by the record's own time,
  /// so that every fold of the same records forgets the same.
  static constexpr Duration kKept = seconds(86'400);

  /// Who a principal is now, and until when that holds at most (unset: no end is known); null when it opens nothing.
  struct Holder {
    PrincipalPtr principal;
    Instant expires_at;
  };
  using HolderOf = std::function<Holder(std::string_view owner)>;

  struct News {
    std::vector<std::string> ended;     ///< ids of sessions that open nothing any more
    std::vector<PrincipalPtr> changed;  ///< of sessions, with other rights than before
  };

  explicit SessionTable(HolderOf holder_of) : holder_of_(std::move(holder_of)) {}

  /// Who holds the cookie with this secret; Principal::session names the session. Safe from any thread, without a lock.
  PrincipalPtr find(std::string_view secret, Instant now) const;

  /// Until when a session is good, its owner's own end counted in; unset when it opens nothing.
  Instant end_of(std::string_view id) const;

  /// Folds a record of a session. Entities whose rows are other than before are added to `touched`: this one, and those
  /// that were forgotten. False: nothing changed.
  bool apply(PartitionId partition, const log::Record& record, std::set<std::string>& touched, News& news);
  /// The owner has other rights than before, has come, or has gone.
  void refresh(std::string_view owner, News& news);
  /// Closes sessions whose time has passed.
  void expire(Instant now, News& news);

  /// Bytes of a row; empty when there is none.
  std::string row(std::string_view id) const;
  /// Fails with what from_json fails with.
  Result<void> load(std::string_view bytes);
  std::size_t broken() const;

 private:
  using Ends = std::set<std::pair<Instant, std::string>>;

  void index(const SessionRow& row, News& news);
  void open(const SessionRow& row, const Holder& holder, News& news);
  void close(const SessionRow& row, News& news);
  void leave_owner(const SessionRow& row);
  void forget_older(PartitionId partition, Instant than, std::set<std::string>& touched, News& news);

  const HolderOf holder_of_;
  TokenIndex secrets_;
  std::map<std::string, SessionRow, std::less<>> rows_;
  std::map<std::string, std::set<std::string>, std::less<>> by_owner_;  ///< those that have not ended
  std::map<std::string, Instant, std::less<>> open_;                    ///< those that open something, and until when
  Ends ends_;                                                           ///< of those
  std::map<PartitionId, Ends> forget_;                                  ///< all, by SessionRow::expires_at
};

}  // namespace hub::accounts
