#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "actors/engine/reply.hpp"
#include "actors/engine/state_store.hpp"
#include "events/log/inputs.hpp"
#include "events/log/log.hpp"

namespace hub::engine {

/// What came by the log's inputs, as a runner takes it.
Input input_of(log::Command command);

/// Sends commands to the nodes that own their entities, by the log's inputs, and tells whoever sent them what became of
/// them, out of the batches that the log tells of. Calls are safe from any thread.
class CommandPost {
 public:
  struct Options {
    std::size_t waiting_max = 4'096;  ///< unanswered ones of a partition; above it 429 `queue.full`
    std::chrono::milliseconds patience{5'000};
    std::function<Instant()> clock = wall_now;
  };
  CommandPost(Options options, log::Log& log, log::Inputs& inputs, StateStore& store);
  ~CommandPost();
  CommandPost(const CommandPost&) = delete;
  CommandPost& operator=(const CommandPost&) = delete;

  /// `done` is called once: with what became of it; after `patience` with Reply::pending; with `log.unavailable` when
  /// it could not be sent, `command.outcome_unknown` when nobody knows whether it was. Not when this fails: too_many
  /// `queue.full`, unavailable `log.unavailable` (the brokers have not answered for a while).
  Result<void> send(const Input& input, Completion done);
  /// Sends what an effect came to to whoever owns the entity; again until it has arrived.
  void forward(Input result);
  /// Answers those whose time is over; sends again what did not arrive.
  void sweep();
  /// Answers all that wait; they are decided all the same.
  void stop();
  std::size_t waiting() const;

 private:
  struct Waiting {
    std::uint64_t ticket = 0;
    PartitionId partition = 0;
    std::string body_hash;
    std::string entity;
    Completion done;
    std::chrono::steady_clock::time_point until;
    bool is_there = false;     ///< it lies where its owner reads it
    bool was_decided = false;  ///< earlier; its row says what became of it
  };
  /// By command_id; a repeat waits beside the first.
  using Waiters = std::unordered_multimap<std::string, Waiting>;
  using Answers = std::vector<std::pair<Completion, Reply>>;

  void heard(const std::vector<log::BatchPtr>& batches);
  void hear(const log::Outcome& outcome, const log::BatchPtr& batch, Answers& answers);
  void delivered(const std::string& command_id, std::uint64_t ticket, log::Delivery delivery);
  Waiters::iterator take(Waiters::iterator place, Answers& answers, Reply reply);
  static void tell(Answers& answers);
  void answer_those_over(std::chrono::steady_clock::time_point now);
  /// Nothing: it waits on.
  std::optional<Reply> reply_now(const std::string& command_id, const Waiting& waiter,
                                 std::chrono::steady_clock::time_point now) const;

  const Options options_;
  log::Log& log_;
  log::Inputs& inputs_;
  StateStore& store_;
  mutable std::mutex mutex_;  ///< guards what follows
  Waiters waiters_;
  std::map<PartitionId, std::size_t> counts_;
  std::uint64_t tickets_ = 0;
  bool away_ = false;  ///< the last one could not be sent
  std::size_t under_way_ = 0;
  std::vector<Input> unsent_;  ///< results of effects
  std::uint64_t watcher_ = 0;
};

}  // namespace hub::engine
