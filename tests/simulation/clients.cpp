#include "tests/simulation/clients.hpp"

#include "actors/deployments/commands.hpp"
#include "events/deployments/events.hpp"
#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

using Outcome = Operation::Outcome;

constexpr Duration kPatience = milliseconds(400);
constexpr Duration kAskAgainMax = milliseconds(300);
constexpr Duration kArmedMax = milliseconds(1'500);

/// These say "not now"; the same command may be sent again.
bool may_come_later(const Failure& failure) {
  return failure.kind == FailureKind::unavailable || failure.kind == FailureKind::too_many ||
         failure.kind == FailureKind::expired;
}

}  // namespace

std::string Clients::counter_id(std::uint64_t seed, int number) {
  return derive_id("cnt_", "counter-" + std::to_string(seed) + "-" + std::to_string(number), 0);
}
std::string Clients::deployment_id(std::uint64_t seed, int number) {
  return derive_id("dep_", "deployment-" + std::to_string(seed) + "-" + std::to_string(number), 0);
}

void Clients::begin() {
  const auto& options = world_.options();
  for (std::size_t number = 0; number < options.workload.commands; ++number) {
    operations_.push_back(draw(number));
    ++open_;
    auto& operation = operations_.back();
    world_.after(world_.random().between({}, options.active), [this, &operation] {
      operation.begun = world_.now();
      send(operation);
    });
  }
}

Operation Clients::draw(std::size_t number) {
  auto& random = world_.random();
  Operation operation;
  operation.command_id = "c" + std::to_string(number);
  operation.gives_up = random.chance(0.1);
  if (random.chance(0.05)) operation.deadline = world_.now() + random.between({}, world_.options().active);
  const auto& workload = world_.options().workload;
  if (workload.deployments > 0 && random.chance(0.35))
    draw_deployment(operation);
  else
    draw_counter(operation);
  return operation;
}

void Clients::set(Operation& operation, const test::Counter::Command& command) {
  operation.type = test::type_of_command(command);
  operation.data = test::encode_command(command);
}

void Clients::draw_counter(Operation& operation) {
  auto& random = world_.random();
  const auto& options = world_.options();
  const auto any = [&] {
    return counter_id(options.seed,
                      static_cast<int>(random.below(static_cast<std::uint64_t>(options.workload.counters))));
  };
  operation.entity = any();
  const auto which = random.below(100);
  if (which < 40) {
    set(operation, test::Add{static_cast<std::int64_t>(1 + random.below(9))});
  } else if (which < 55) {
    set(operation, test::Add{-static_cast<std::int64_t>(1 + random.below(9))});
  } else if (which < 80) {
    do operation.to = any();
    while (operation.to == operation.entity);
    set(operation, test::Pass{operation.to, static_cast<std::int64_t>(1 + random.below(9))});
  } else if (which < 97) {
    set(operation, test::Arm{world_.now() + random.between({}, options.active) + random.between({}, kArmedMax)});
  } else {
    set(operation, test::ThrowInDecide{"as asked"});
  }
}

void Clients::draw_deployment(Operation& operation) {
  using namespace deployments;
  auto& random = world_.random();
  const auto& options = world_.options();
  operation.entity = deployment_id(
      options.seed, static_cast<int>(random.below(static_cast<std::uint64_t>(options.workload.deployments))));
  Command command;
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      RequestDeployment request;
      request.spec.name = "name";
      request.spec.provider = "fake";
      request.spec.command = {"run"};
      request.spec.restart_policy.policy = random.chance(0.4) ? Policy::on_failure : Policy::never;
      request.spec.restart_policy.max_restarts = 3;
      request.spec.restart_policy.backoff_initial = milliseconds(50);
      request.owner = "user:ann";
      if (options.by_log) request.spec.host = Node::name_of(random.below(options.nodes));
      command = std::move(request);
      break;
    }
    case 4:
    case 5:
      command = StartDeployment{};
      break;
    case 6:
      command = StopDeployment{};
      break;
    case 7:
      command = RestartDeployment{};
      break;
    case 8:
      command = ChangeDeployment{"other", {}, {}, {}, {}};
      break;
    default:
      if (random.chance(0.5))
        command = DeleteDeployment{};
      else
        command = StopDeployment{};
  }
  operation.type = type_of_command(command);
  operation.data = encode_command(command);
}

void Clients::send(Operation& operation) {
  if (operation.outcome != Outcome::open) return;
  ++operation.sent;
  const auto partition = partition_of(operation.entity, world_.options().partitions);
  const bool by_log = world_.options().by_log;
  auto target = by_log ? world_.random().below(world_.nodes().size()) : world_.coordinator().owner(partition);
  if (!by_log && !world_.is_healed() && world_.random().chance(0.05))
    target = world_.random().below(world_.nodes().size());
  const auto travels = world_.travel();
  if (travels.size() > 1) ++repeated_;
  for (const auto delay : travels) world_.after(delay, [this, &operation, target] { arrive(operation, target); });
  world_.after(kPatience, [this, &operation, sent = operation.sent] {
    if (operation.outcome != Outcome::open || operation.sent != sent) return;
    if (operation.gives_up)
      end(operation, Outcome::unknown);
    else
      send(operation);
  });
}

void Clients::arrive(Operation& operation, std::size_t number) {
  auto& node = *world_.nodes()[number];
  if (!node.is_alive()) return;
  engine::Submission submission;
  auto& input = submission.input;
  input.entity = operation.entity;
  input.type = operation.type;
  input.data = operation.data;
  input.command_id = operation.command_id;
  input.body_hash = std::string(as_bytes(sha256(operation.type + operation.data)));
  input.actor = "user:ann";
  input.organisation = "default";
  input.project = "default";
  input.deadline = operation.deadline;
  submission.done = [this, &operation](const engine::Reply& reply) {
    for (const auto delay : world_.travel()) world_.after(delay, [this, &operation, reply] { hear(operation, reply); });
  };
  static_cast<void>(node.submit(std::move(submission)));
}

void Clients::hear(Operation& operation, const engine::Reply& reply) {
  if (reply.pending || (reply.refusal && may_come_later(*reply.refusal))) {
    if (operation.outcome == Outcome::open) ask_again_later(operation);
    return;
  }
  const auto outcome = reply.refusal ? Outcome::refused : Outcome::ok;
  const auto code = reply.refusal ? reply.refusal->code : std::string();
  if (operation.outcome == Outcome::ok || operation.outcome == Outcome::refused) {
    // Whoever answers, and however often: it is one answer.
    if (operation.outcome != outcome || operation.code != code)
      operation.contradicts = "answered both '" + operation.code + "' and '" + code + "'";
    else if (outcome == Outcome::ok && (operation.version != reply.version || !(operation.position == reply.position)))
      operation.contradicts = "answered version " + std::to_string(operation.version) + " at " +
                              to_text(operation.position) + " and " + std::to_string(reply.version) + " at " +
                              to_text(reply.position);
    return;
  }
  operation.version = reply.version;
  operation.position = reply.position;
  operation.code = code;
  if (operation.outcome == Outcome::unknown)
    operation.outcome = outcome;  // it knows after all
  else
    end(operation, outcome);
}

void Clients::ask_again_later(Operation& operation) {
  // What has passed its deadline stays refused; whether an earlier copy was in time, the client does not know.
  if (operation.gives_up || (operation.deadline.is_set() && operation.deadline < world_.now())) {
    end(operation, Outcome::unknown);
    return;
  }
  const auto sent = operation.sent;
  world_.after(world_.random().between(milliseconds(10), kAskAgainMax), [this, &operation, sent] {
    if (operation.outcome == Outcome::open && operation.sent == sent) send(operation);
  });
}

void Clients::end(Operation& operation, Outcome outcome) {
  operation.outcome = outcome;
  operation.ended = world_.now();
  --open_;
}

bool Clients::are_done() const {
  return open_ == 0;
}

}  // namespace hub::simulation
