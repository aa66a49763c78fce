#pragma once
// Given past facts, when a command, then new facts; for any aggregate (actors/engine/aggregate.hpp).
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "actors/engine/aggregate.hpp"

namespace hub::test {

/// test::Spec<Project>().at(noon).given({created}).when(SetMember{…}).then({ProjectMemberSet{…}});
/// What was decided counts as given for the next `when`. Facts and states go through their codecs on the way.
template <class Aggregate>
class Spec {
 public:
  using State = typename Aggregate::State;
  using Event = typename Aggregate::Event;
  using Command = typename Aggregate::Command;

  Spec& at(Instant now) { return context_.now = now, *this; }
  Spec& by(std::string actor) { return actor_ = std::move(actor), *this; }
  Spec& in(std::string organisation, std::string project) {
    return organisation_ = std::move(organisation), project_ = std::move(project), *this;
  }
  Spec& on(std::string entity) { return entity_ = std::move(entity), *this; }

  Spec& given(const std::vector<Event>& events) {
    for (const auto& event : events) {
      Aggregate::evolve(state_, through_codec(event));
      state_ = through_codec(state_);
    }
    return *this;
  }

  Spec& when(const Command& command) {
    context_.entity = entity_, context_.actor = actor_, context_.command_id = command_id_;
    context_.organisation = organisation_, context_.project = project_;
    decided_.emplace(Aggregate::decide(state_, command, context_));
    if (*decided_) given(decided_->value());
    return *this;
  }

  Spec& then(const std::vector<Event>& expected) {
    if (*decided_)
      EXPECT_EQ(texts(decided_->value()), texts(expected));
    else
      ADD_FAILURE() << "refused with " << decided_->error().code << ": " << decided_->error().detail;
    return *this;
  }
  Spec& then_refused(std::string_view code) {
    if (*decided_)
      ADD_FAILURE() << "was accepted";
    else
      EXPECT_EQ(decided_->error().code, code) << decided_->error().detail;
    return *this;
  }

  const State& state() const { return state_; }
  engine::Agenda agenda() const { return Aggregate::agenda(state_); }

 private:
  static std::string text(const Event& event) {
    return std::string(Aggregate::event_type(event)) + " " + Aggregate::encode_event(event);
  }
  static std::vector<std::string> texts(const std::vector<Event>& events) {
    std::vector<std::string> all;
    for (const auto& event : events) all.push_back(text(event));
    return all;
  }
  static Event through_codec(const Event& event) {
    auto read = Aggregate::decode_event(Aggregate::event_type(event), Aggregate::encode_event(event));
    EXPECT_TRUE(read && read.value() == event) << text(event);
    return event;
  }
  static State through_codec(const State& state) {
    auto read = Aggregate::decode_state(Aggregate::encode_state(state));
    EXPECT_TRUE(read) << Aggregate::encode_state(state);
    return read ? std::move(read).value() : state;
  }

  State state_{};
  engine::Context context_;
  std::string entity_, actor_ = "user:ann", command_id_ = "command-1", organisation_ = "default", project_ = "default";
  std::optional<Result<std::vector<Event>>> decided_;
};

}  // namespace hub::test
