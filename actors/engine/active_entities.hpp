#pragma once
#include <caf/actor.hpp>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "actors/engine/kind.hpp"
#include "actors/engine/state_store.hpp"
#include "events/log/log.hpp"

namespace hub::engine {

/// An entity with a CAF actor of its own.
struct Active {
  const Kind* kind = nullptr;
  caf::actor actor;
  Version version = 0;
  std::string organisation;  ///< whose it is; its events carry it, whoever caused them
  std::string project;
  std::list<std::string>::iterator used;  ///< place in the order of use
};

/// The entities of a runner that are in memory: loaded on first use, the least used ones are let go. One thread.
class ActiveEntities {
 public:
  struct Limits {
    std::size_t actors_max = 20'000;  ///< about 2 KiB and the state each
  };
  ActiveEntities(caf::actor_system& system, RunnerUnit& unit, StateStore& store, log::Log& log, const Kinds& kinds,
                 Limits limits)
      : system_(system), unit_(unit), store_(store), log_(log), kinds_(kinds), limits_(limits) {}
  ~ActiveEntities() { drop_all(); }
  ActiveEntities(const ActiveEntities&) = delete;
  ActiveEntities& operator=(const ActiveEntities&) = delete;

  /// The pointer holds until the next call of drop or trim. Fails: not_found `entity.kind_unknown`; unavailable
  /// `entity.quarantined` for one that cannot be loaded or that failed before.
  Result<Active*> get(const std::string& id);
  void drop(const std::string& id);
  void drop_those(const std::function<bool(const std::string& id)>& which);
  void drop_all();
  /// Lets the least used go until no more than the limit are there.
  void trim();

  /// The row as the log alone gives it; those of its collections are stored, and then the row too. Fails as
  /// Log::history and Kind::fold do.
  Result<EntityRow> rebuild(const Kind& kind, const std::string& id);

  /// No input is decided for it until the process starts again. Why is kept for operators.
  void quarantine(const std::string& id, std::string reason);
  const std::unordered_map<std::string, std::string>& quarantined() const { return quarantined_; }
  std::size_t size() const { return active_.size(); }

 private:
  Result<EntityRow> load(const Kind& kind, const std::string& id);
  void begin_collections_anew(const std::string& id);
  void store_row(const std::string& id, EntityRow row);
  void store_rows(const std::string& id, RowChanges rows);
  void end(const caf::actor& actor);

  caf::actor_system& system_;
  RunnerUnit& unit_;
  StateStore& store_;
  log::Log& log_;
  const Kinds& kinds_;
  Limits limits_;
  std::unordered_map<std::string, Active> active_;
  std::list<std::string> order_;  ///< least used first
  std::unordered_map<std::string, std::string> quarantined_;
};

}  // namespace hub::engine
