#pragma once
#include <map>
#include <string>

#include "actors/engine/kind.hpp"
#include "events/core/digest.hpp"

namespace hub::offline {

/// What all entities of one partition came to, folded anew from their events: two records have the same sum when every
/// entity has the same state. Takes the batches of a partition in order; keeps the states of that partition in memory.
class StateSum {
 public:
  explicit StateSum(const engine::Kinds& kinds) : kinds_(kinds) {}

  void add(const log::Batch& batch);
  /// SHA-256 over ids, states and rows of collections, in order of ids.
  Digest value() const;
  std::uint64_t entities() const { return states_.size(); }
  /// Entities whose events cannot be folded here (of a newer release, or quarantined): their events are summed instead.
  std::uint64_t unfolded() const { return unfolded_; }

 private:
  struct Entity {
    std::string state;
    engine::CollectionRowsInMemory rows;
    bool folds = true;
  };
  void fold(const std::string& id, const std::vector<const log::Record*>& events);

  const engine::Kinds& kinds_;
  std::map<std::string, Entity> states_;
  std::uint64_t unfolded_ = 0;
};

}  // namespace hub::offline
