#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "actors/engine/collections.hpp"
#include "actors/engine/dead_letter.hpp"
#include "events/log/record.hpp"

namespace hub::engine {

/// `state_version` of an entity whose events do not fold; no release has it.
inline constexpr std::uint32_t kNotFolded = 0;

/// State of one entity at the store's position.
struct EntityRow {
  std::uint32_t state_version = 0;
  Version version = 0;
  std::string organisation;  ///< whose it is, from its first event
  std::string project;
  std::string state;  ///< as the aggregate encodes it
};

/// What became of a command, kept for those who ask again.
struct CommandRow {
  Instant expires;  ///< unset: kept as long as the entity it created
  Position position;
  log::Outcome outcome;
};

/// In place of a source partition: the commands that came by the log's inputs.
inline constexpr PartitionId kCommands = 0xffff;

/// Changes that belong together; applied as one.
struct StateChanges {
  std::vector<std::pair<std::string, EntityRow>> entities;
  std::vector<std::pair<std::string, CommandRow>> commands;
  std::vector<std::pair<std::string, Agenda>> agendas;          ///< empty: nothing owed any more
  std::vector<std::pair<std::string, RowChanges>> collections;  ///< by entity
  struct ConsumedUpTo {
    PartitionId target = 0;
    PartitionId source = 0;  ///< or kCommands
    Seq seq = 0;
  };
  std::vector<ConsumedUpTo> consumed;  ///< how far `target` has got with the messages in `source`, or with its commands
  std::vector<std::pair<PartitionId, log::Head>> heads;
};

/// Rows derived from the log: entities, commands, agendas, how far messages are consumed and how far they go. Not
/// durable by itself: what a crash takes is folded again from the log, behind the partition's head row. Safe from any
/// thread.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Fails: internal `state.corrupt` for a row that does not verify; rebuild it from the log.
  virtual Result<std::optional<EntityRow>> entity(std::string_view id) = 0;
  /// Not found when expired at `now`.
  virtual std::optional<CommandRow> command(std::string_view command_id, Instant now) = 0;
  virtual log::Head head(PartitionId partition) = 0;
  virtual void apply(const StateChanges& changes) = 0;

  using EntityVisitor = std::function<void(const std::string& id, const EntityRow& row)>;
  /// Entities whose id begins with `prefix` ("hst_"); what does not verify is left out.
  virtual void entities(std::string_view prefix, const EntityVisitor& visitor) = 0;

  /// The rows of the entity's collections, as they are at each call; must not outlive the store.
  virtual std::unique_ptr<CollectionRows> collections_of(std::string_view id) = 0;
  virtual void drop_collections_of(std::string_view id) = 0;

  using AgendaVisitor = std::function<void(const std::string& entity, Agenda agenda)>;
  virtual void agendas(const AgendaVisitor& visitor) = 0;
  /// By source partition: seq up to which `target` has consumed the messages in it.
  virtual std::vector<Seq> consumed(PartitionId target, std::uint32_t partitions) = 0;
  /// Offset behind the last command that came by the log's inputs and is decided; 0: none.
  virtual std::uint64_t commands_consumed(PartitionId target) = 0;

  // Dead letters, which nothing could make anew: they are durable when these return.

  /// Takes those whose id it has not yet, and answers them.
  virtual std::vector<DeadLetter> keep(std::vector<DeadLetter> letters) = 0;
  virtual std::optional<DeadLetter> dead_letter(std::string_view id) = 0;
  /// Changes one that is there; false when it is not.
  virtual bool change_dead_letter(std::string_view id, const std::function<void(DeadLetter&)>& change) = 0;
  /// False when it is not there.
  virtual bool drop_dead_letter(std::string_view id) = 0;
  /// How far those of other nodes are read: the offset behind the last one; behind a crash perhaps one before it.
  virtual std::uint64_t letters_read() = 0;
  virtual void set_letters_read(std::uint64_t offset) = 0;
  /// The newest first.
  virtual std::vector<DeadLetter> dead_letters(std::size_t count_max) = 0;

  /// Drops every row of entities whose partition it is (of `partitions`), so that they are folded anew.
  virtual void drop_partition(PartitionId partition, std::uint32_t partitions) = 0;
  /// Makes all that was applied durable; for a stop in good order.
  virtual void flush() = 0;
};

/// Rows in RocksDB without a write-ahead log. Fails: internal `state.unusable`.
Result<std::unique_ptr<StateStore>> open_state_store(const std::filesystem::path& folder);
/// Rows in memory, for simulations.
std::unique_ptr<StateStore> make_memory_state_store();
std::unique_ptr<StateStore> make_state_store(std::unique_ptr<Rows> rows);

}  // namespace hub::engine
