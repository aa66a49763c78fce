#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/engine/runner.hpp"
#include "events/log/simulated_log.hpp"
#include "tests/engine/counter.hpp"
#include "tests/simulation/forwarding_log.hpp"

namespace hub::simulation {

/// Runners on one simulated log that are driven by hand, for what is gone through systematically.
class Rig final : public engine::EffectSink {
 public:
  static constexpr std::uint32_t kPartitions = 4;

  explicit Rig(std::size_t nodes, std::uint64_t seed = 1);
  ~Rig() override;
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  struct Answer {
    std::string code;  ///< "ok", or of the refusal
    Version version = 0;
    bool operator==(const Answer&) const = default;
  };

  /// Node `to` claims every partition; the others are not told.
  void give_all(std::size_t to);
  /// To one node; the answer is kept under the command's id.
  void submit(std::size_t node, const std::string& entity, const test::Counter::Command& command,
              const std::string& command_id);
  /// Steps until nobody has anything to do.
  void run();
  void run(std::size_t node);
  /// Ends a node and starts it again, without rows.
  void restart(std::size_t node);

  /// Called before each append of the node, between decision and commit.
  void before_append(std::size_t node, std::function<void()> hook) { seats_[node].hook = std::move(hook); }
  void behind_append(std::size_t node, std::function<void()> hook) { seats_[node].hook_behind = std::move(hook); }

  void start(engine::EffectRequest) override {}
  log::SimulatedLog& storage() { return storage_; }
  log::Log& log() { return *reader_; }
  engine::Runner& runner(std::size_t node) { return *seats_[node].runner; }
  engine::StateStore& store(std::size_t node) { return *seats_[node].store; }
  const std::vector<std::string>& alarms(std::size_t node) const { return seats_[node].alarms; }
  /// Every answer to a command, in order.
  const std::map<std::string, std::vector<Answer>>& answers() const { return answers_; }
  /// Type and data of each event of an entity.
  std::vector<std::string> history(const std::string& entity);

  static std::string id_in(PartitionId partition, int number);

 private:
  struct Seat {
    std::function<void()> hook;
    std::function<void()> hook_behind;
    std::unique_ptr<log::Log> log;
    std::unique_ptr<engine::StateStore> store;
    std::unique_ptr<engine::Runner> runner;
    std::vector<std::string> alarms;
  };
  class HookedLog;
  void open(Seat& seat, std::size_t number);

  log::SimulatedLog storage_;
  std::unique_ptr<log::Log> reader_;
  std::deque<Seat> seats_;
  std::map<std::string, std::vector<Answer>> answers_;
};

}  // namespace hub::simulation
