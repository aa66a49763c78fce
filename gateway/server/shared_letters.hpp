#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "actors/engine/state_store.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/kafka/letter_topic.hpp"
#include "gateway/cli/config.hpp"

namespace hub::server {

/// The dead letters of all nodes of a namespace: each tells the others of its own by the topic, and keeps what it reads
/// there beside them. What a node could not tell before it ended it tells at its next start.
class SharedLetters {
 public:
  /// `store` outlives it. Until connect() letters are only kept.
  SharedLetters(engine::StateStore& store, std::string node) : store_(store), node_(std::move(node)) {}

  /// Reads what others tell from now on, and tells them what the topic did not show yet. Once. Fails: invalid
  /// `kafka.conf`.
  Result<void> connect(const cli::ServeOptions& options);
  /// Keeps a record that is not ours; one that is kept already is left as it is. Blocks until it is durable.
  void keep_foreign(kafka::ForeignRecord record);
  /// From any thread; does not wait for the brokers.
  void changed(const engine::DeadLetter& letter, engine::LetterChange change);

 private:
  void take(const kafka::ForeignRecord& record);

  engine::StateStore& store_;
  const std::string node_;
  std::unique_ptr<kafka::LetterTopic> topic_;
  std::atomic<kafka::LetterTopic*> connected_{nullptr};
};

}  // namespace hub::server
