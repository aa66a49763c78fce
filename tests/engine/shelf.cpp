#include "tests/engine/shelf.hpp"

#include <fmt/format.h>

#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"

namespace hub::test {
namespace {

constexpr char kBooks = 'b';

std::string key_of(std::int64_t rank, std::uint64_t number) {
  return fmt::format("{}{}{:08}", kBooks, rank, number);
}

}  // namespace

Result<std::vector<Shelf::Event>> Shelf::decide(const State& state, const Command& command, const engine::Context&) {
  std::vector<Event> events;
  if (const auto* put = std::get_if<PutBooks>(&command)) {
    for (const auto& book : put->books) events.emplace_back(BookPut{put->rank, {book, 1}});
    return events;
  }
  const auto count = std::get<TakeBooks>(command).count;
  const auto first = state.collections.head(kBooks, count);
  if (first.size() < count) return conflict("shelf.empty", "not so many books are there");
  for (const auto& [key, book] : first) events.emplace_back(BookTaken{key, {book, 2}});
  return events;
}

void Shelf::evolve(State& state, const Event& event) {
  std::visit(overloaded{[&](const BookPut& e) { state.collections.put(key_of(e.rank, ++state.put), e.book.entity); },
                        [&](const BookTaken& e) {
                          HUB_ASSERT(state.collections.has(e.key));
                          state.collections.erase(e.key);
                          ++state.taken;
                        }},
             event);
}

/// The first book is read, whichever that is.
engine::Agenda Shelf::agenda(const State& state) {
  const auto first = state.collections.head(kBooks, 1);
  if (first.empty()) return {};
  return {{engine::Due::Kind::effect, "read", first.front().second, {}, "{}", {}}};
}

engine::Part Shelf::part_of(const Event& event) {
  return std::visit([](const auto& e) { return e.book; }, event);
}

Result<Shelf::Command> Shelf::decode_command(std::string_view type, std::string_view json) {
  return decode_variant<Command>(type, json);
}

Result<Shelf::Event> Shelf::decode_event(std::string_view type, std::string_view json, const engine::Part& part) {
  HUB_TRY(auto event, decode_variant<Event>(type, json));
  std::visit([&](auto& e) { e.book = part; }, event);
  return event;
}

std::string_view Shelf::event_type(const Event& event) {
  return type_of(event);
}
std::string Shelf::encode_event(const Event& event) {
  return encode_variant(event);
}
std::string Shelf::encode_state(const State& state) {
  return to_json(state);
}
Result<ShelfState> Shelf::decode_state(std::string_view json) {
  return from_json<State>(json, ReadMode::lenient);
}

}  // namespace hub::test
