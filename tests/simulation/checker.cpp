#include "tests/simulation/checker.hpp"

#include <map>
#include <set>
#include <unordered_map>

#include "actors/deployments/deployment.hpp"
#include "actors/engine/batch_rows.hpp"
#include "events/log/audit.hpp"
#include "events/log/chain.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

using Outcome = Operation::Outcome;

/// The log as a reader has it.
struct Record {
  Position position;
  const log::Batch* batch = nullptr;
  const log::Record* record = nullptr;
};
struct Outcomes {
  int accepted = 0;
  int refused = 0;
  int repeats = 0;  ///< that say that it was decided earlier
  int expired = 0;
  int all() const { return accepted + refused + repeats + expired; }
  Version version = 0;
};

class Checker {
 public:
  explicit Checker(World& world) : world_(world), log_(world.storage().open()), fresh_(world, world.nodes().size()) {}

  std::vector<std::string> run(bool settled) {
    if (!settled) wrong("K10: not settled 60 s after healing");
    // Its claims bring what has no records to the readers.
    for (PartitionId partition = 0; partition < log_->partitions(); ++partition)
      if (const auto owned = fresh_.runner().own(partition); !owned)
        wrong("K5: a new node cannot take a partition: " + owned.error().detail);
    // One that has heard of everything.
    log_ = world_.storage().open();
    if (!read()) return std::move(wrong_);
    for (const auto& operation : world_.clients().operations()) check_operation(operation);
    for (const auto& [entity, records] : entities_) check_entity(entity, records);
    check_messages();
    check_rows();
    if (world_.options().by_log) check_commands_by_log();
    if (world_.options().by_log) check_standbys();
    check_provider();
    for (const auto& node : world_.nodes())
      for (const auto& alarm : node->alarms()) wrong("an alarm without a cause: " + alarm.detail);
    return std::move(wrong_);
  }

 private:
  void wrong(std::string what) { wrong_.push_back(std::move(what)); }

  bool read() {
    const auto report = log::verify(*log_, World::signer().public_key(), {}, log::Unsigned::allowed);
    if (report.fault) {
      wrong("K4/K8: " + to_text(report.fault->position) + ": " + report.fault->reason);
      return false;
    }
    for (PartitionId partition = 0; partition < log_->partitions(); ++partition) {
      for (Seq from = 1;;) {
        const auto batches = log_->read(partition, from, 1 << 20);
        if (!batches || batches.value().empty()) break;
        from = batches.value().back()->end.last + 1;
        for (const auto& batch : batches.value()) add(batch);
      }
    }
    return true;
  }

  void add(const log::BatchPtr& batch) {
    held_.push_back(batch);
    for (const auto& outcome : batch->end.outcomes) {
      auto& outcomes = outcomes_[outcome.command_id];
      if (outcome.status == log::kDecidedEarlier) {
        ++outcomes.repeats;
      } else if (!engine::is_final(outcome)) {
        ++outcomes.expired;
      } else {
        ++(outcome.accepted() ? outcomes.accepted : outcomes.refused);
        outcomes.version = outcome.version;
      }
    }
    for (const auto& record : batch->records) {
      if (record.kind != log::RecordKind::event) continue;
      const Record placed{{batch->partition, record.seq}, batch.get(), &record};
      entities_[record.entity].push_back(placed);
      if (!record.command_id.empty()) caused_[record.command_id].push_back(placed);
    }
  }

  void check_operation(const Operation& operation) {
    const auto name = operation.command_id + " (" + operation.type + " to " + operation.entity + ")";
    if (!operation.contradicts.empty()) wrong("K1: " + name + " was " + operation.contradicts);
    const auto& outcomes = outcomes_[operation.command_id];
    const auto& caused = caused_[operation.command_id];
    std::vector<Record> own;
    for (const auto& record : caused)
      if (record.record->entity == operation.entity) own.push_back(record);
    for (const auto& record : own)
      if (record.batch != own.front().batch) wrong("K1: " + name + " has events in two batches");
    if (outcomes.accepted + outcomes.refused > 1) wrong("K1: " + name + " was decided more than once");
    const bool simple = operation.type == "Add" || operation.type == "Pass" || operation.type == "Arm";
    if (simple && own.size() != static_cast<std::size_t>(outcomes.accepted))
      wrong("K3: " + name + " was accepted " + std::to_string(outcomes.accepted) + " times and has " +
            std::to_string(own.size()) + " events");
    if (operation.outcome == Outcome::open) wrong("K10: " + name + " has no answer");
    if (operation.outcome == Outcome::ok) {
      if (outcomes.accepted != 1) wrong("K1: " + name + " was acknowledged and is not in the log");
      if (outcomes.version != operation.version) wrong("K1: " + name + " was answered with another version");
      if (!own.empty() && !(own.back().position == operation.position))
        wrong("K1: " + name + " was answered with another position");
    }
    if (operation.outcome == Outcome::refused) {
      if (!caused.empty()) wrong("K2: " + name + " was refused (" + operation.code + ") and has events");
      if (outcomes.accepted != 0) wrong("K2: " + name + " was refused and is accepted in the log");
    }
  }

  void check_entity(const std::string& id, const std::vector<Record>& records) {
    Version version = 0;
    for (const auto& record : records)
      if (record.record->version != ++version) wrong("K4: versions of " + id + " are not contiguous");
    if (id.starts_with(test::Counter::prefix))
      check_fold<test::Counter>(id, records);
    else
      check_fold<deployments::Deployment>(id, records);
  }

  template <class Aggregate>
  void check_fold(const std::string& id, const std::vector<Record>& records) {
    typename Aggregate::State state;
    std::set<std::pair<std::string, std::string>> owed;
    for (const auto& record : records) {
      const auto event = Aggregate::decode_event(record.record->type, record.record->data);
      if (!event) return wrong("K5: an event of " + id + " does not decode");
      if constexpr (std::is_same_v<Aggregate, test::Counter>)
        check_timer(id, state, event.value());
      else
        check_host(id, event.value());
      Aggregate::evolve(state, event.value());
      for (const auto& due : Aggregate::agenda(state))
        if (due.kind == engine::Due::Kind::effect) owed.emplace(due.name, due.key);
    }
    if constexpr (std::is_same_v<Aggregate, test::Counter>) {
      if (state.armed_for.is_set()) wrong("K7: a timer of " + id + " never fired");
    } else {
      check_deployment(id, state);
    }
    const auto calls = world_.provider().calls().find(id);
    if (calls != world_.provider().calls().end())
      for (const auto& call : calls->second)
        if (owed.count(call) == 0)
          wrong("K6: effect " + call.first + " " + call.second + " of " + id + " was started and is owed by no event");
    auto* owner = world_.owner_of(partition_of(id, log_->partitions()));
    if (owner == nullptr) return wrong("K10: nobody owns " + id);
    const auto row = owner->store().entity(id);
    if (!row) return;  // damaged on disk; made anew when it is next loaded
    if (!row.value()) return wrong("K5: " + id + " has no row");
    if (row.value()->version != records.size() || row.value()->state != Aggregate::encode_state(state))
      wrong("K5: the row of " + id + " at version " + std::to_string(row.value()->version) + " is " +
            row.value()->state + " and its " + std::to_string(records.size()) + " events give " +
            Aggregate::encode_state(state));
  }

  void check_timer(const std::string& id, const test::CounterState& before, const test::Counter::Event& event) {
    const auto* fired = std::get_if<test::Fired>(&event);
    if (fired == nullptr) return;
    if (!before.armed_for.is_set()) wrong("K7: a timer of " + id + " fired twice");
    if (fired->at < before.armed_for) wrong("K7: a timer of " + id + " fired early");
  }

  void check_deployment(const std::string& id, const deployments::State& state) {
    const bool runs = world_.provider().is_running(id);
    if (runs != (state.status == deployments::Status::running))
      wrong("K6: " + id + (runs ? " runs and the log says " : " does not run and the log says ") +
            deployments::status_name(state.status));
  }

  void check_provider() {
    for (const auto& [id, times] : world_.provider().prepared())
      if (times != 1) wrong("K6: " + id + " was prepared " + std::to_string(times) + " times");
    for (const auto& [run, times] : world_.provider().started())
      if (times != 1) wrong("K6: run " + std::to_string(run.second) + " of " + run.first + " was started twice");
  }

  /// What was passed on came to its target once.
  void check_messages() {
    for (const auto& operation : world_.clients().operations()) {
      if (operation.to.empty()) continue;
      const auto& outcomes = outcomes_[operation.command_id];
      int came = 0;
      for (const auto& record : caused_[operation.command_id]) came += record.record->entity == operation.to ? 1 : 0;
      if (came != outcomes.accepted)
        wrong("messages: what " + operation.command_id + " passed on came " + std::to_string(came) +
              " times and was sent " + std::to_string(outcomes.accepted) + " times");
    }
  }

  /// A node that has nothing folds everything, and has the rows that are served.
  void check_rows() {
    for (PartitionId partition = 0; partition < log_->partitions(); ++partition) {
      auto* owner = world_.owner_of(partition);
      if (owner == nullptr) continue;
      if (fresh_.store().consumed(partition, log_->partitions()) !=
          owner->store().consumed(partition, log_->partitions()))
        wrong("K5: another position of messages after a replay of partition " + std::to_string(partition));
    }
    for (const auto& [id, records] : entities_) compare_entity(id);
    for (const auto& operation : world_.clients().operations()) compare_command(operation);
    compare_agendas();
  }

  /// Whatever was read from the log has an outcome in it, and one alone decided it.
  void check_commands_by_log() {
    std::unordered_map<std::string, int> read;
    for (PartitionId partition = 0; partition < log_->partitions(); ++partition)
      for (const auto& command : world_.storage().group().commands(partition))
        if (command.source == log::Command::Source::command) ++read[command.command_id];
    for (const auto& operation : world_.clients().operations()) {
      const auto& outcomes = outcomes_[operation.command_id];
      const auto times = read[operation.command_id];
      const auto name = operation.command_id + " (" + operation.type + " to " + operation.entity + ")";
      if (times > 0 && outcomes.all() == 0) wrong("K1: " + name + " was read and has no outcome");
      if (times > 0 && outcomes.accepted + outcomes.refused == 0 && !operation.deadline.is_set())
        wrong("K1: " + name + " was read and never decided");
      if (outcomes.all() > times)
        wrong("K1: " + name + " was read " + std::to_string(times) + " times and has " +
              std::to_string(outcomes.all()) + " outcomes");
    }
  }

  /// Every node could take over any partition: what it folded of others' is what their owners have.
  void check_standbys() {
    for (const auto& node : world_.nodes()) {
      const auto name = Node::name_of(node->number());
      for (const auto& [id, records] : entities_) {
        const auto there = node->store().entity(id), again = fresh_.store().entity(id);
        if (!there) continue;  // damaged on disk; made anew when it is next loaded
        if (!again || !again.value() || !there.value() || there.value()->version != again.value()->version ||
            there.value()->state != again.value()->state)
          wrong("K5: " + name + " has another row of " + id);
      }
      for (const auto& operation : world_.clients().operations()) {
        const auto there = node->store().command(operation.command_id, world_.now());
        const auto again = fresh_.store().command(operation.command_id, world_.now());
        if (there.has_value() != again.has_value() || (there && !(there->outcome == again->outcome)))
          wrong("K5: " + name + " remembers " + operation.command_id + " otherwise");
      }
      if (agendas_of(node->store()) != agendas_of(fresh_.store())) wrong("K5: " + name + " has another agenda");
    }
  }

  static std::map<std::string, engine::Agenda> agendas_of(engine::StateStore& store) {
    std::map<std::string, engine::Agenda> agendas;
    store.agendas([&](const std::string& id, engine::Agenda agenda) { agendas.emplace(id, std::move(agenda)); });
    return agendas;
  }

  /// What a deployment owes is done where it was asked for, and nowhere else.
  void check_host(const std::string& id, const deployments::Deployment::Event& requested) {
    const auto* event = std::get_if<deployments::DeploymentRequested>(&requested);
    const auto callers = world_.provider().callers().find(id);
    if (event == nullptr || !event->spec.host || callers == world_.provider().callers().end()) return;
    for (const auto number : callers->second)
      if (Node::name_of(number) != *event->spec.host)
        wrong("K6: an effect of " + id + " was carried out at " + Node::name_of(number) + ", and its host is " +
              *event->spec.host);
  }

  void compare_entity(const std::string& id) {
    auto* owner = world_.owner_of(partition_of(id, log_->partitions()));
    if (owner == nullptr) return;
    const auto live = owner->store().entity(id), again = fresh_.store().entity(id);
    if (!live) return;
    if (!again || !live.value() || !again.value()) return wrong("K5: " + id + " has no row after a replay");
    if (live.value()->state != again.value()->state || live.value()->version != again.value()->version ||
        live.value()->organisation != again.value()->organisation || live.value()->project != again.value()->project)
      wrong("K5: a replay gives another row of " + id);
  }

  void compare_command(const Operation& operation) {
    auto* owner = world_.owner_of(partition_of(operation.entity, log_->partitions()));
    if (owner == nullptr) return;
    const auto live = owner->store().command(operation.command_id, world_.now());
    const auto again = fresh_.store().command(operation.command_id, world_.now());
    if (live.has_value() != again.has_value())
      wrong("K5: " + operation.command_id + " is remembered " + (live ? "only live" : "only after a replay"));
    if (live && again && (!(live->outcome == again->outcome) || !(live->position == again->position)))
      wrong("K5: a replay remembers " + operation.command_id + " otherwise");
  }

  void compare_agendas() {
    std::map<std::string, engine::Agenda> live, again;
    for (const auto& node : world_.nodes())
      node->store().agendas([&](const std::string& id, engine::Agenda agenda) {
        if (world_.owner_of(partition_of(id, log_->partitions())) == node.get()) live.emplace(id, std::move(agenda));
      });
    fresh_.store().agendas([&](const std::string& id, engine::Agenda agenda) { again.emplace(id, std::move(agenda)); });
    if (live != again) wrong("K5: a replay gives another agenda");
  }

  World& world_;
  std::unique_ptr<log::Log> log_;
  Node fresh_;  ///< folds everything from zero
  std::vector<log::BatchPtr> held_;
  std::unordered_map<std::string, Outcomes> outcomes_;
  std::unordered_map<std::string, std::vector<Record>> caused_;
  std::map<std::string, std::vector<Record>> entities_;
  std::vector<std::string> wrong_;
};

}  // namespace

std::vector<std::string> check(World& world, bool settled) {
  return Checker(world).run(settled);
}

std::string fingerprint(World& world) {
  const auto log = world.storage().open();
  std::string bytes;
  for (PartitionId partition = 0; partition < log->partitions(); ++partition) {
    for (Seq from = 1;;) {
      const auto batches = log->read(partition, from, 1 << 20);
      if (!batches || batches.value().empty()) break;
      from = batches.value().back()->end.last + 1;
      for (const auto& batch : batches.value()) bytes += log::encode_batch(*batch);
    }
    bytes += as_bytes(log->head(partition).hash);
  }
  for (const auto& node : world.nodes())
    for (const auto& operation : world.clients().operations())
      if (const auto row = node->store().entity(operation.entity); row && row.value())
        bytes += std::to_string(row.value()->version) + row.value()->state;
  return to_hex(sha256(bytes));
}

}  // namespace hub::simulation
