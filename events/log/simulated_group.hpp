#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "events/log/inputs.hpp"

namespace hub::log {

/// What goes wrong with commands on their way, drawn from the seed: chances of 0 to 1 for each.
struct SimulatedInputFaults {
  double publish_lost = 0;     ///< is never there; its sender is told so, or that nobody knows
  double publish_unknown = 0;  ///< is there, and its sender is told that nobody knows
  double publish_twice = 0;    ///< lies there twice
  Duration delay_max{};        ///< until it is there, and until its sender is told
};

class SimulatedInputs;

/// The group of the nodes that open a simulated log under a name, and the commands that they send each other. It works
/// as Kafka's does with static members: shares are ranges of the names in order; a member of which nothing is heard for
/// a session is out, and comes back under another id; one that starts again under its name within the session has what
/// it had, and nobody else is asked; while a share-out is under way each member first gives up what it has. Who writes
/// must have been told of the last share-out. One thread.
class SimulatedGroup {
 public:
  using Clock = std::function<Instant()>;
  SimulatedGroup(std::uint64_t seed, std::uint32_t partitions, Clock now);
  SimulatedGroup(const SimulatedGroup&) = delete;
  SimulatedGroup& operator=(const SimulatedGroup&) = delete;

  void set_session(Duration session) { session_ = session; }
  void set_faults(const SimulatedInputFaults& faults) { faults_ = faults; }

  /// False: what anybody writes is taken, for a test that is to notice it.
  void set_fencing(bool fences) { fences_ = fences; }
  bool fences() const { return fences_; }

  /// One look around of each live node of this name, as its thread for inputs takes it: the group hears that it lives,
  /// and its handler is told what there is. A node that never looks around is paused.
  void hear(std::string_view instance);
  /// Whose a partition is by the last share-out; empty: nobody's, or one is under way.
  std::string owner(PartitionId partition) const;
  /// What was sent to a partition so far, in the order in which it is read.
  const std::deque<Command>& commands(PartitionId partition) const { return commands_[partition]; }
  /// Nothing is on its way, no share-out is under way, and every partition is read to its end by its owner.
  bool is_quiet() const;
  /// Share-outs so far.
  std::uint64_t generation() const { return generation_; }

  std::unique_ptr<SimulatedInputs> open(std::string instance);

 private:
  friend class SimulatedInputs;
  struct Member {
    std::uint64_t id = 0;
    Instant heard;
    bool joined = false;                 ///< the share-out that is under way
    SimulatedInputs* process = nullptr;  ///< null: it has ended, and its place waits for its session's end
    std::vector<PartitionId> given;
  };
  struct UnderWay {
    PartitionId partition = 0;
    Command command;
  };

  bool chance(double probability);
  Duration delay();
  void look_around(SimulatedInputs& process);
  /// Lets time do its work: what was sent arrives, and members whose session is over are out.
  void catch_up();
  void take_part(const std::string& instance, SimulatedInputs& process);
  void share_anew();
  void share_out_when_all_joined();
  bool may_write(const SimulatedInputs& process);
  void publish(SimulatedInputs& sender, PartitionId partition, const Command& command, Inputs::Delivered delivered);
  Instant send(SimulatedInputs& sender, PartitionId partition, const Command& command);

  std::mt19937_64 random_;
  const Clock now_;
  Duration session_ = seconds(10);
  SimulatedInputFaults faults_;
  std::vector<std::deque<Command>> commands_;
  std::multimap<Instant, UnderWay> under_way_;
  std::map<std::string, Member, std::less<>> members_;
  std::vector<SimulatedInputs*> processes_;
  std::uint64_t generation_ = 0;
  std::uint64_t last_id_ = 0;
  bool sharing_ = false;
  bool fences_ = true;
};

/// One node's end of it.
class SimulatedInputs final : public Inputs {
 public:
  SimulatedInputs(SimulatedGroup& group, std::string instance) : group_(group), instance_(std::move(instance)) {}
  ~SimulatedInputs() override;

  Result<void> start(Handler handler) override;
  void stop() override;
  std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) override {
    beginnings_[partition] = {session, offset};
    return offset;
  }
  void publish(PartitionId partition, const Command& command, Delivered delivered) override;

  bool started() const { return started_; }
  /// Between a share-out and the next one: it knows what is its own, as far as it has heard.
  bool has_place() const { return has_place_; }
  /// The group takes what it writes now.
  bool may_write() { return group_.may_write(*this); }

 private:
  friend class SimulatedGroup;
  struct Reading {
    std::uint64_t session = 0;
    std::uint64_t next = 0;
  };
  void revoke();
  void assign(const SimulatedGroup::Member& member, std::uint64_t generation);
  void expel();
  void read_on();
  void tell_senders();

  SimulatedGroup& group_;
  const std::string instance_;
  Handler handler_;
  bool started_ = false;
  bool listens_ = false;
  bool has_place_ = false;
  std::uint64_t member_id_ = 0;
  std::uint64_t generation_ = 0;
  std::map<PartitionId, std::optional<Reading>> assigned_;
  std::map<PartitionId, Reading> beginnings_;
  std::map<PartitionId, Instant> sent_until_;  ///< what one node sends to one partition stays in order
  std::multimap<Instant, std::pair<Delivered, Delivery>> senders_;
};

}  // namespace hub::log
