#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/collections.hpp"
#include "actors/models/task_row.hpp"
#include "events/models/events.hpp"

namespace hub::models {

/// A call that has a slot.
struct Call {
  std::string task;
  std::int32_t attempt = 0;
  Duration timeout;
  bool unwanted = false;            ///< its task is cancelled; the slot is free when the call has ended
  std::optional<tasks::Loan> loan;  ///< the slot is another model's
  bool operator==(const Call&) const = default;
};
BOOST_DESCRIBE_STRUCT(Call, (), (task, attempt, timeout, unwanted, loan))

/// What this model asked another one for, and has not got.
struct Ask {
  std::string lender;
  std::uint64_t number = 0;
  bool operator==(const Ask&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ask, (), (lender, number))

/// Another model that stands in line for a slot of this one.
struct Guest {
  std::string borrower;
  std::uint64_t number = 0;
  std::int32_t priority = 2;
  std::uint64_t behind = 0;  ///< the last task that was submitted before it
  bool operator==(const Guest&) const = default;
};
BOOST_DESCRIBE_STRUCT(Guest, (), (borrower, number, priority, behind))

/// A slot of this model that another one has.
struct Lent {
  std::string borrower;
  std::uint64_t number = 0;
  bool operator==(const Lent&) const = default;
};
BOOST_DESCRIBE_STRUCT(Lent, (), (borrower, number))

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
  std::vector<std::int64_t> ready = std::vector<std::int64_t>(tasks::kPriorityMax + 1, 0);  ///< of them for a slot
  std::vector<Call> calls;
  Breaker breaker;
  std::uint64_t asked = 0;  ///< slots of other models; gives the next number
  std::vector<Ask> asks;
  std::vector<std::string> away;  ///< lenders that lend nothing for now
  std::vector<Guest> guests;      ///< in the order in which they came
  std::vector<Lent> lent;
  Duration per_end;  ///< between the ends of two calls, averaged; 0: not known
  Instant last_end;
  engine::Collections collections;  ///< of queue.hpp
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (exists, deleted, spec, spec_number, names, status, submissions, pending, ready, calls, breaker,
                       asked, asks, away, guests, lent, per_end, last_end))

}  // namespace hub::models
