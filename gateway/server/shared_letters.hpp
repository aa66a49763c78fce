#pragma once
#include <memory>
#include <string>

#include "actors/engine/state_store.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/kafka/letter_topic.hpp"

namespace hub::server {

/// The dead letters of all nodes of a namespace: each tells the others of its own by the topic, and keeps what it reads
/// there beside them. What a node could not tell before it ended it tells at its next start.
class SharedLetters {
 public:
  /// `store` outlives it. Fails: invalid `kafka.conf`.
  static Result<std::unique_ptr<SharedLetters>> open(const kafka::Brokers& brokers, const std::string& topic,
                                                     engine::StateStore& store);

  /// Tells of those that the topic did not show yet.
  void tell_untold();
  /// From any thread; does not wait for the brokers.
  void changed(const engine::DeadLetter& letter, engine::LetterChange change);

 private:
  explicit SharedLetters(engine::StateStore& store) : store_(store) {}
  void take(const kafka::ForeignRecord& record);

  engine::StateStore& store_;
  std::unique_ptr<kafka::LetterTopic> topic_;
};

/// The letter that keeps a record which is not ours, as `node` met it.
engine::DeadLetter letter_of(kafka::ForeignRecord record, const std::string& node);

}  // namespace hub::server
