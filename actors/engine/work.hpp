#pragma once
#include <deque>
#include <map>
#include <unordered_map>

#include "actors/engine/runner.hpp"

namespace hub::engine {

/// One input on its way through a batch.
struct WorkItem {
  Submission submission;
  Decision decision;
  std::optional<Reply> known;    ///< answered without a decision: a repeat, an expired one
  std::vector<Completion> also;  ///< of repeats within this batch
  Position position;             ///< of its last event
  Version version = 0;
};

/// What a batch does to one entity.
struct Touched {
  Version version = 0;
  std::string organisation;
  std::string project;
  bool changed = false;
  std::string state;
  Agenda agenda;
  RowChanges rows;    ///< of its collections
  bool owes = false;  ///< has or had an agenda: its row changes
};

/// Decides the inputs of one batch in rounds, and builds the batches to append. Lives for one step of a runner.
class Work {
 public:
  /// `now`: the time that every input is decided at.
  Work(Runner& runner, std::vector<Submission> inputs, Instant now);

  /// `marks`: partitions that write how far they consumed, whatever else they write.
  void decide(const std::vector<PartitionId>& marks);
  /// The batches to append, sealed behind `heads`, which move along. Empty when there is nothing to write.
  std::vector<log::BatchPtr> seal(std::map<PartitionId, log::Head>& heads);

  std::deque<WorkItem> items;  ///< in order of round, input, message number
  std::unordered_map<std::string, Touched> touched;
  std::vector<DeadLetter> dead_letters;
  std::vector<log::Outcome> unwritten;  ///< of batches that held refusals alone

 private:
  struct Group {
    Active* active = nullptr;
    Turn turn;
    std::vector<WorkItem*> items;
  };
  using Groups = std::vector<std::pair<std::string, Group>>;

  bool settle_early(WorkItem& item);
  bool settle_repeat(WorkItem& item);
  std::vector<WorkItem*> run_round(const std::vector<WorkItem*>& round, bool last);
  Groups group(const std::vector<WorkItem*>& round);
  void run_turns(Groups& groups);
  void finish_turn(const std::string& entity, Group& group);
  static void adopt_owner(Active& active, const std::vector<WorkItem*>& items_of_entity);
  void record(WorkItem& item, bool last_round, std::vector<WorkItem*>& next);
  void send(WorkItem& item, const Message& message, bool last_round, std::vector<WorkItem*>& next);
  void bury(const WorkItem& item, std::string reason);
  log::Batch& batch_of(const std::string& entity);
  log::Batch& batch_of(PartitionId partition);
  void bury_undecided_messages();
  void add_outcome(WorkItem& item);

  Runner& runner_;
  std::uint64_t number_;  ///< of this runner's
  Instant now_;
  std::unordered_map<std::string_view, WorkItem*> by_command_;
  std::map<PartitionId, log::Batch> batches_;
};

}  // namespace hub::engine
