#include "ops/bench/kafka/tally.hpp"

#include <unordered_map>

#include "events/core/variant_codec.hpp"
#include "projections/core/rows.hpp"

namespace hub::bench {

Result<std::vector<Tally::Event>> Tally::decide(const State&, const Command& command, const engine::Context&) {
  const auto& count = std::get<Count>(command);
  return std::vector<Event>(static_cast<std::size_t>(count.events), Counted{count.note});
}

void Tally::evolve(State& state, const Event&) {
  ++state.counted;
}

engine::Agenda Tally::agenda(const State&) {
  return {};
}
Result<Tally::Command> Tally::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
Result<Tally::Event> Tally::decode_event(std::string_view type, std::string_view json) {
  return decode_variant<Event>(type, json);
}
std::string_view Tally::event_type(const Event& event) {
  return type_of(event);
}
std::string Tally::encode_event(const Event& event) {
  return encode_variant(event);
}
std::string Tally::encode_state(const State& state) {
  return to_json(state);
}
Result<TallyState> Tally::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

namespace {

class TallyFolding final : public projections::Folding {
 public:
  Result<void> apply(const projections::Recorded& recorded) override {
    ++counts_[recorded.record.entity];
    return success();
  }
  void finish(projections::Rows& rows) override {
    for (const auto& [entity, count] : counts_) rows.add("t" + entity, count);
  }

 private:
  std::unordered_map<std::string, std::int64_t> counts_;
};

class TallyProjection final : public projections::Projection {
 public:
  std::string_view name() const override { return "tallies"; }
  std::uint32_t version() const override { return 1; }
  bool concerns(const log::Record& record) const override { return record.type == Counted::type; }
  std::unique_ptr<projections::Folding> fold(const projections::Store&) const override {
    return std::make_unique<TallyFolding>();
  }
};

}  // namespace

std::shared_ptr<const projections::Projection> make_tally_projection() {
  return std::make_shared<TallyProjection>();
}

}  // namespace hub::bench
