#pragma once
// A runner on a bench: driven step by step on the test's thread, with a clock of the test's own.
#include <caf/actor_system.hpp>
#include <memory>

#include "actors/engine/entity_actor.hpp"
#include "actors/engine/runner.hpp"
#include "actors/engine/unscheduled.hpp"
#include "events/core/json_codec.hpp"
#include "events/log/embedded_log.hpp"
#include "tests/engine/counter.hpp"
#include "tests/engine/shelf.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::test {

struct HeldEffects final : engine::EffectSink {
  void start(engine::EffectRequest request) override { requests.push_back(std::move(request)); }
  void withdraw(const std::string&, const std::string&, const std::string& key) override { withdrawn.push_back(key); }
  std::vector<engine::EffectRequest> requests;
  std::vector<std::string> withdrawn;  ///< their keys
};

class Bench {
 public:
  explicit Bench(engine::RunnerOptions options = {}) : options_(std::move(options)) {
    options_.clock = [this] {
      const auto seen = now;
      now = now - set_back_each_look;
      return seen;
    };
    kinds_.add(engine::host<Counter>());
    kinds_.add(engine::host<Shelf>());
    store = engine::make_memory_state_store();
    open();
  }

  ~Bench() { runner.reset(); }  // before the actor system that its actors live in
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// Ends the process, as it were: what is not in the log or in `store` is gone.
  void restart() {
    runner.reset();
    log.reset();
    open();
  }
  /// The rows are lost too.
  void restart_without_rows() {
    store = engine::make_memory_state_store();
    restart();
  }

  /// Sends a command and runs until it is answered.
  template <class Command>
  engine::Reply send(const std::string& entity, const Command& command, const std::string& command_id = {}) {
    std::optional<engine::Reply> reply;
    EXPECT_TRUE(submit(entity, command, command_id, [&](const engine::Reply& given) { reply = given; }));
    run();
    EXPECT_TRUE(reply.has_value());
    return reply.value_or(engine::Reply{});
  }
  template <class Command>
  Result<void> submit(const std::string& entity, const Command& command, const std::string& command_id = {},
                      engine::Completion done = {}) {
    engine::Input input;
    input.entity = entity;
    input.type = Command::type;
    input.data = to_json(command);
    input.command_id = command_id.empty() ? "command-" + std::to_string(++commands_) : command_id;
    input.body_hash = std::string(hub::as_bytes(sha256(input.type + input.data)));
    input.actor = "user:ann";
    input.organisation = "default";
    input.project = "default";
    return runner->submit({std::move(input), std::move(done), std::nullopt});
  }
  void run() {
    while (runner->step()) {
    }
  }
  std::int64_t total(const std::string& entity) {
    const auto row = store->entity(entity);
    return row && row.value() ? Counter::decode_state(row.value()->state).value().total : 0;
  }
  std::vector<std::string> history(const std::string& entity) {
    std::vector<std::string> types;
    const auto events = log->history(entity, 1, 1'000);
    for (const auto& event : events.value()) types.push_back(event.record.type + " " + event.record.data);
    return types;
  }
  static std::string id(int number) { return derive_id("cnt_", "counter-" + std::to_string(number), 0); }
  static std::string id_on(std::uint32_t shard, int number) {
    return derive_id_on_shard("cnt_", shard, "counter-" + std::to_string(number), 0);
  }

  TempFolder folder;
  Instant now{1'772'366'400'000'000};
  Duration set_back_each_look;  ///< for a clock that is going back
  HeldEffects effects;
  std::unique_ptr<engine::StateStore> store;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<engine::Runner> runner;

 private:
  void open() {
    log = log::open_embedded_log({folder.path() / "log", 4, false, true, 4 << 20, nullptr}).value();
    runner = std::make_unique<engine::Runner>(options_, *log, *store, kinds_, system_, effects);
    for (PartitionId partition = 0; partition < log->partitions(); ++partition) EXPECT_TRUE(runner->own(partition));
    run();
  }

  engine::RunnerOptions options_;
  engine::Kinds kinds_;
  engine::UnscheduledConfig config_;
  caf::actor_system system_{config_};
  int commands_ = 0;
};

}  // namespace hub::test
