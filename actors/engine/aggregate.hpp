#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/json.hpp"
#include "events/core/result.hpp"

namespace hub::engine {

/// What an aggregate may know besides its state. The same for every decision of a batch but for the caller.
struct Context {
  Instant now;                  ///< of the batch; the only clock there is
  std::string_view entity;      ///< the deciding entity's id
  std::string_view command_id;  ///< of the input being decided; fresh ids are derived from it
  std::string_view actor;       ///< principal who asked, "system" for timers and effects
  std::string_view organisation;
  std::string_view project;
};

/// A wish from one entity to another. `data` is the JSON of a command of the target's kind.
struct Message {
  std::string to;
  std::string type;
  std::string data;
};

/// A second entity of the same shard that an event is about: a task, when its model decides. It has no state of its
/// own, but a history and versions.
struct Part {
  std::string entity;   ///< empty: the event is about the deciding entity
  Version version = 0;  ///< contiguous in the part, from 1
};

/// One thing an entity still owes.
struct Due {
  enum class Kind : std::uint8_t { timer, effect };
  Kind kind = Kind::timer;
  std::string name;  ///< timer or effect name; with `key` unique within the entity
  std::string key;   ///< changes with each attempt or run, so that an old firing is not taken for a new one
  Instant at;        ///< timers: when it fires; effects: not before (unset: at once)
  std::string data;  ///< effects: JSON for the adapter; timers: JSON of the command that fires
  std::string type;  ///< timers: type of the command that fires
  /// Effects: the host that carries it out, whoever owns the entity; empty: the owner.
  std::string place = {};
  bool operator==(const Due&) const = default;
};
using Agenda = std::vector<Due>;

// An aggregate is a struct with types and four pure functions:
//
//   struct Deployment {
//     static constexpr std::string_view kind = "deployment";
//     static constexpr std::string_view prefix = "dep_";
//     using State = …;    // default-constructed: the entity that does not exist yet
//     using Command = std::variant<…>;  // each alternative: static constexpr std::string_view type
//     using Event = std::variant<…>;
//     static Result<std::vector<Event>> decide(const State&, const Command&, const Context&);
//     static void evolve(State&, const Event&);   // never refuses: what was logged, happened
//     static Agenda agenda(const State&);
//     // and the codecs, usually one line each:
//     static Result<Command> decode_command(std::string_view type, std::string_view json);
//     static Result<Event> decode_event(std::string_view type, std::string_view json);
//     static std::string_view event_type(const Event&);
//     static std::string encode_event(const Event&);
//     static std::string encode_state(const State&);
//     static Result<State> decode_state(std::string_view json);
//     static constexpr std::uint32_t state_version = 1;  // another one on disk: the row is rebuilt from the log
//   };
//
// One that sends messages has also, for the state behind the event:
//
//     static std::vector<Message> react(const State&, const Event&, std::string_view entity);
//
// What is unbounded in a state lies in its member `engine::Collections collections` (collections.hpp), which the codec
// of the state leaves out. One whose events can be about parts says of whom, and is told when one is read:
//
//     static engine::Part part_of(const Event&);
//     static Result<Event> decode_event(std::string_view type, std::string_view json, const engine::Part&);
//
// No clock, no I/O, no logging, no randomness inside. `engine::host<Deployment>()` makes a kind of it.

}  // namespace hub::engine
