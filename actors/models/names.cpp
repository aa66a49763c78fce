#include "actors/models/names.hpp"

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::models {
namespace {

using Events = std::vector<NameEvent>;

// Names of the collections.
constexpr char kByName = 'n';   ///< name → model
constexpr char kByModel = 'm';  ///< model → name

std::string key(char collection, std::string_view rest) {
  return collection + std::string(rest);
}

Failure name_taken() {
  return conflict("model.name_taken", "a model of this project has the name already");
}

Result<Events> decide_claim(const NamesState& state, const ClaimModelName& c) {
  if (!is_id(c.model) || prefix_of(c.model) != kModelPrefix)
    return invalid("model.id", "must be the id of a model", "model");
  const auto holder = state.collections.get(key(kByName, c.spec.name));
  if (holder == c.model) return Events{};
  if (holder || state.collections.has(key(kByModel, c.model))) return name_taken();
  if (state.count >= kModelsMax) return conflict("model.too_many", "the project has as many models as it may have");
  return Events{ModelNameTaken{c.model, c.spec, c.status}};
}

Result<Events> decide_rename(const NamesState& state, const RenameModel& c) {
  const auto name = state.collections.get(key(kByModel, c.model));
  if (!name || !c.change.name) return not_found("model.not_found", "no such model");
  const auto holder = state.collections.get(key(kByName, *c.change.name));
  if (holder && *holder != c.model) return name_taken();
  return Events{ModelNameChanged{c.model, c.change}};
}

Result<Events> decide_free(const NamesState& state, const FreeModelName& c) {
  if (!state.collections.has(key(kByModel, c.model))) return Events{};
  return Events{ModelNameFreed{c.model}};
}

void give(NamesState& state, const std::string& model, const std::string& name) {
  state.collections.put(key(kByName, name), model);
  state.collections.put(key(kByModel, model), name);
  ++state.count;
}

void take_back(NamesState& state, const std::string& model) {
  const auto name = state.collections.get(key(kByModel, model));
  if (!name) return;
  state.collections.erase(key(kByName, *name));
  state.collections.erase(key(kByModel, model));
  --state.count;
}

template <class Command>
std::vector<engine::Message> tell(const std::string& model, const Command& command) {
  return {{model, std::string(Command::type), to_json(command)}};
}

}  // namespace

Result<Events> Names::decide(const State& state, const Command& command, const engine::Context&) {
  return std::visit(overloaded{[&](const ClaimModelName& c) { return decide_claim(state, c); },
                               [&](const RenameModel& c) { return decide_rename(state, c); },
                               [&](const FreeModelName& c) { return decide_free(state, c); }},
                    command);
}

void Names::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const ModelNameTaken& e) { give(state, e.model, e.spec.name); },
                        [&](const ModelNameChanged& e) {
                          take_back(state, e.model);
                          give(state, e.model, e.change.name.value_or(""));
                        },
                        [&](const ModelNameFreed& e) { take_back(state, e.model); }},
             event);
}

std::vector<engine::Message> Names::react(const State&, const Event& event, std::string_view entity) {
  return std::visit(overloaded{[&](const ModelNameTaken& e) {
                                 return tell(e.model, CreateModel{e.spec, e.status, std::string(entity)});
                               },
                               [](const ModelNameChanged& e) { return tell(e.model, ChangeModel{e.change}); },
                               [](const ModelNameFreed&) { return std::vector<engine::Message>{}; }},
                    event);
}

Result<Names::Command> Names::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}
std::string Names::encode_state(const State& state) {
  return to_json(state);
}
Result<NamesState> Names::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}
std::string encode_command(const Names::Command& command) {
  return encode_variant(command);
}

}  // namespace hub::models
