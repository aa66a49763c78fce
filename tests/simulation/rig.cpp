#include "tests/simulation/rig.hpp"

#include "tests/simulation/world.hpp"

namespace hub::simulation {

class Rig::HookedLog final : public ForwardingLog {
 public:
  HookedLog(std::unique_ptr<log::Log> inner, Seat& seat) : ForwardingLog(std::move(inner)), seat_(seat) {}
  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    // Copies: a hook may replace itself.
    if (const auto hook = seat_.hook) hook();
    const auto answer = inner().append(batches);
    if (const auto hook = seat_.hook_behind) hook();
    return answer;
  }

 private:
  Seat& seat_;
};

Rig::Rig(std::size_t nodes, std::uint64_t seed) : storage_(seed, kPartitions), reader_(storage_.open()) {
  for (std::size_t number = 0; number < nodes; ++number) open(seats_.emplace_back(), number);
}

Rig::~Rig() {
  for (auto& seat : seats_) seat.runner.reset();
}

void Rig::open(Seat& seat, std::size_t number) {
  seat.log = std::make_unique<HookedLog>(storage_.open(), seat);
  seat.store = engine::make_memory_state_store();
  engine::RunnerOptions options;
  options.node = "node-" + std::to_string(number);
  options.clock = [this] { return storage_.now(); };
  options.alarm = [&seat](PartitionId, const Failure& failure) {
    seat.alarms.push_back(failure.code + " " + failure.detail);
  };
  seat.runner = std::make_unique<engine::Runner>(std::move(options), *seat.log, *seat.store, World::kinds(),
                                                 World::actors(), *this);
}

void Rig::restart(std::size_t node) {
  auto& seat = seats_[node];
  seat.runner.reset();
  open(seat, node);
}

void Rig::give_all(std::size_t to) {
  for (PartitionId partition = 0; partition < kPartitions; ++partition) HUB_ASSERT(seats_[to].runner->own(partition));
}

void Rig::submit(std::size_t node, const std::string& entity, const test::Counter::Command& command,
                 const std::string& command_id) {
  engine::Submission submission;
  auto& input = submission.input;
  input.entity = entity;
  input.type = test::type_of_command(command);
  input.data = test::encode_command(command);
  input.command_id = command_id;
  input.body_hash = std::string(as_bytes(sha256(input.type + input.data)));
  input.actor = "user:ann";
  input.organisation = input.project = "default";
  submission.done = [this, command_id](const engine::Reply& reply) {
    answers_[command_id].push_back({reply.refusal ? reply.refusal->code : "ok", reply.version});
  };
  HUB_ASSERT(seats_[node].runner->submit(std::move(submission)));
}

void Rig::run(std::size_t node) {
  while (seats_[node].runner->step()) {
  }
}

void Rig::run() {
  for (bool busy = true; busy;) {
    busy = false;
    for (auto& seat : seats_) busy = seat.runner->step() || busy;
  }
}

std::vector<std::string> Rig::history(const std::string& entity) {
  std::vector<std::string> lines;
  const auto events = reader_->history(entity, 1, 100'000);
  HUB_ASSERT(events);
  for (const auto& event : events.value()) lines.push_back(event.record.type + " " + event.record.data);
  return lines;
}

std::string Rig::id_in(PartitionId partition, int number) {
  return derive_id_on_shard("cnt_", partition * kShards / kPartitions, "rig-" + std::to_string(number), 0);
}

}  // namespace hub::simulation
