#pragma once
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/reply.hpp"
#include "tests/engine/counter.hpp"

namespace hub::simulation {

class World;

struct Workload {
  std::size_t commands = 150;
  int counters = 10;
  int deployments = 6;
};

/// One operation of a client, as the recorder keeps it.
struct Operation {
  enum class Outcome { open, ok, refused, unknown };
  std::string command_id;
  std::string entity;
  std::string type;
  std::string data;
  std::string to;  ///< of a Pass
  Instant deadline;
  bool gives_up = false;  ///< does not ask again when it hears nothing
  Instant begun;
  Instant ended;
  Outcome outcome = Outcome::open;
  int sent = 0;
  Version version = 0;  ///< of the answer
  Position position;
  std::string code;         ///< of a refusal
  std::string contradicts;  ///< two answers that cannot both be true
};

/// Clients send commands over a bad network, and ask again with the same id until they know, or give up.
class Clients {
 public:
  explicit Clients(World& world) : world_(world) {}

  /// Plans every command within the active time.
  void begin();
  bool are_done() const;
  const std::deque<Operation>& operations() const { return operations_; }
  std::size_t duplicates() const { return repeated_; }

  static std::string counter_id(std::uint64_t seed, int number);
  static std::string deployment_id(std::uint64_t seed, int number);

 private:
  Operation draw(std::size_t number);
  void draw_counter(Operation& operation);
  void draw_deployment(Operation& operation);
  void set(Operation& operation, const test::Counter::Command& command);
  void send(Operation& operation);
  void arrive(Operation& operation, std::size_t node);
  void hear(Operation& operation, const engine::Reply& reply);
  void ask_again_later(Operation& operation);
  void end(Operation& operation, Operation::Outcome outcome);

  World& world_;
  std::deque<Operation> operations_;
  std::size_t open_ = 0;
  std::size_t repeated_ = 0;
};

}  // namespace hub::simulation
