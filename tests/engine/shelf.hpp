#pragma once
// An aggregate with a collection and parts: books on a shelf, each with a history of its own, taken in order of rank.
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "actors/engine/collections.hpp"

namespace hub::test {

struct PutBooks {
  static constexpr std::string_view type = "PutBooks";
  std::vector<std::string> books;  ///< their ids
  std::int64_t rank = 0;           ///< the least is taken first; 0 to 9
};
BOOST_DESCRIBE_STRUCT(PutBooks, (), (books, rank))
/// Refused `shelf.empty` when there are fewer.
struct TakeBooks {
  static constexpr std::string_view type = "TakeBooks";
  std::uint64_t count = 1;
};
BOOST_DESCRIBE_STRUCT(TakeBooks, (), (count))

struct BookPut {
  static constexpr std::string_view type = "computehub.shelf.book_put.v1";
  std::int64_t rank = 0;
  engine::Part book = {};
};
BOOST_DESCRIBE_STRUCT(BookPut, (), (rank))
struct BookTaken {
  static constexpr std::string_view type = "computehub.shelf.book_taken.v1";
  std::string key;
  engine::Part book = {};
};
BOOST_DESCRIBE_STRUCT(BookTaken, (), (key))

struct ShelfState {
  std::uint64_t put = 0;
  std::uint64_t taken = 0;
  engine::Collections collections;
};
BOOST_DESCRIBE_STRUCT(ShelfState, (), (put, taken))

struct Shelf {
  static constexpr std::string_view kind = "shelf";
  static constexpr std::string_view prefix = "shf_";
  static constexpr std::uint32_t state_version = 1;
  using State = ShelfState;
  using Command = std::variant<PutBooks, TakeBooks>;
  using Event = std::variant<BookPut, BookTaken>;

  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static engine::Agenda agenda(const State& state);
  static engine::Part part_of(const Event& event);
  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json, const engine::Part& part);
  static std::string_view event_type(const Event& event);
  static std::string encode_event(const Event& event);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

}  // namespace hub::test
