#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/collections.hpp"
#include "events/models/events.hpp"

namespace hub::models {

/// What decisions need to know of one task. Its input and result stay in its events.
struct TaskRow {
  tasks::Status status = tasks::Status::pending;
  Version version = 0;
  std::int32_t priority = 2;
  std::uint64_t order = 0;    ///< of its submission: what is ready goes by priority, then by this
  std::int32_t attempts = 0;  ///< begun
  std::int32_t retries = 0;   ///< used up
  std::int32_t max_retries = 0;
  Duration timeout;
  Duration retry_delay;
  std::optional<Instant> due;  ///< pending, and not before
  bool operator==(const TaskRow&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskRow, (),
                      (status, version, priority, order, attempts, retries, max_retries, timeout, retry_delay, due))

/// A call that has a slot.
struct Call {
  std::string task;
  std::int32_t attempt = 0;
  Duration timeout;
  bool unwanted = false;  ///< its task is cancelled; the slot is free when the call has ended
  bool operator==(const Call&) const = default;
};
BOOST_DESCRIBE_STRUCT(Call, (), (task, attempt, timeout, unwanted))

/// Against endpoints that fail.
struct Breaker {
  std::int32_t failures = 0;    ///< in a row
  std::int32_t cool_downs = 0;  ///< in a row, without a success in between
  std::optional<Instant> until;
  bool operator==(const Breaker&) const = default;
};
BOOST_DESCRIBE_STRUCT(Breaker, (), (failures, cool_downs, until))

struct State {
  bool exists = false;
  bool deleted = false;
  Spec spec;
  std::uint64_t spec_number = 0;  ///< of its descriptions, from 1
  std::string names;              ///< the entity that decides its name
  Status status = Status::offline;
  std::uint64_t submissions = 0;  ///< gives the next order
  std::int64_t pending = 0;       ///< tasks that wait, for a slot or for a time
  std::vector<Call> calls;
  Breaker breaker;
  Duration per_end;  ///< between the ends of two calls, averaged; 0: not known
  Instant last_end;
  engine::Collections collections;  ///< of queue.hpp
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (exists, deleted, spec, spec_number, names, status, submissions, pending, calls, breaker, per_end,
                       last_end))

}  // namespace hub::models
