#pragma once
// A model on its own: commands go through JSON as in the engine, and its rows lie in memory.
#include <gtest/gtest.h>

#include "actors/models/model.hpp"
#include "actors/models/queue.hpp"

namespace hub::test {

class Modelling {
 public:
  explicit Modelling(models::Spec spec = {}, models::Status status = models::Status::online) {
    state.collections.attach(&rows);
    EXPECT_TRUE(decide(models::CreateModel{std::move(spec), status, {}}));
    commit();
  }

  /// Decides and evolves; the events as a reader of the record gets them.
  Result<std::vector<models::Event>> decide(const models::Command& command) {
    const auto read = models::Model::decode_command(type_of_command(command), encode_command(command));
    EXPECT_TRUE(read);
    engine::Context context;
    context.now = now;
    context.entity = id;
    HUB_TRY(const auto decided, models::Model::decide(state, read.value(), context));
    std::vector<models::Event> events;
    for (const auto& event : decided) {
      auto again = models::Model::decode_event(models::Model::event_type(event), models::Model::encode_event(event),
                                               models::Model::part_of(event));
      EXPECT_TRUE(again);
      EXPECT_EQ(again.value(), event);
      models::Model::evolve(state, again.value());
      events.push_back(std::move(again).value());
    }
    return events;
  }
  /// What was decided lies in the rows from now on.
  void commit() {
    rows.apply(state.collections.changes());
    state.collections.settled();
  }
  /// Everything in memory is lost.
  void reload() {
    commit();
    auto loaded = models::Model::decode_state(models::Model::encode_state(state));
    ASSERT_TRUE(loaded);
    state = std::move(loaded).value();
    state.collections.attach(&rows);
  }

  std::string task(int number) const {
    return derive_id_on_shard(tasks::kTaskPrefix, shard_of(id), "task", static_cast<std::uint32_t>(number));
  }
  models::NewTask new_task(int number, std::int32_t priority = 2) const {
    models::NewTask made;
    made.task = task(number);
    made.task_type = "text-generation";
    made.input.text = "\"hello\"";
    made.priority = priority;
    return made;
  }
  models::ReportCallEnded ended(int number, std::int32_t attempt, models::Verdict verdict) const {
    models::ReportCallEnded report;
    report.task = task(number);
    report.verdict = verdict;
    report.end.attempt = attempt;
    report.end.outcome = verdict == models::Verdict::completed ? "completed" : "failed";
    return report;
  }

  const std::string id = derive_id(models::kModelPrefix, "model", 0);
  Instant now{1'772'366'400'000'000};
  models::State state;
  engine::CollectionRowsInMemory rows;
};

}  // namespace hub::test
