#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/core/result.hpp"
#include "events/models/spec.hpp"
#include "events/tasks/events.hpp"

namespace hub::models {

// Facts about one model, entity "mdl_…", and about its tasks, of which it is the parent.

inline constexpr std::string_view kModelPrefix = "mdl_";

struct ModelCreated {
  static constexpr std::string_view type = "computehub.model.created.v1";
  Spec spec;
  Status status = Status::offline;
  std::string names;  ///< the entity that decided its name
  bool operator==(const ModelCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelCreated, (), (spec, status, names))

/// The whole description as it is from now on.
struct ModelChanged {
  static constexpr std::string_view type = "computehub.model.changed.v1";
  Spec spec;
  bool operator==(const ModelChanged&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelChanged, (), (spec))

struct ModelStatusSet {
  static constexpr std::string_view type = "computehub.model.status_set.v1";
  Status status = Status::offline;
  bool operator==(const ModelStatusSet&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelStatusSet, (), (status))

/// It fails, or asks to be called less: nothing is started until then, and then one call alone until one succeeds.
struct ModelCooledDown {
  static constexpr std::string_view type = "computehub.model.cooled_down.v1";
  Instant until;
  std::string code;  ///< of the failure that was the last straw
  bool operator==(const ModelCooledDown&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelCooledDown, (), (until, code))

/// The time has come that tasks waited for, or that a cool-down lasted to.
struct ModelWoken {
  static constexpr std::string_view type = "computehub.model.woken.v1";
  Instant at;
  bool operator==(const ModelWoken&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelWoken, (), (at))

// Slots that models lend each other. The borrower's tasks stay where they are; a message asks for a slot, one brings
// it, and one gives it back. All that a borrower asks for is numbered.

/// Of the borrower: a task of it might be called at another model.
struct ModelSlotAsked {
  static constexpr std::string_view type = "computehub.model.slot_asked.v1";
  std::string lender;
  std::uint64_t number = 0;
  std::int32_t priority = 2;  ///< among those that wait for the lender
  bool operator==(const ModelSlotAsked&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelSlotAsked, (), (lender, number, priority))

/// Of the lender: the other model stands in line, behind those of its priority.
struct ModelSlotBooked {
  static constexpr std::string_view type = "computehub.model.slot_booked.v1";
  std::string borrower;
  std::uint64_t number = 0;
  std::int32_t priority = 2;
  bool operator==(const ModelSlotBooked&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelSlotBooked, (), (borrower, number, priority))

/// Of the lender: it was first in line.
struct ModelSlotLent {
  static constexpr std::string_view type = "computehub.model.slot_lent.v1";
  std::string borrower;
  std::uint64_t number = 0;
  bool operator==(const ModelSlotLent&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelSlotLent, (), (borrower, number))

/// Of the borrower: the lender lends nothing for now; what was asked of it stands.
struct ModelLenderAway {
  static constexpr std::string_view type = "computehub.model.lender_away.v1";
  std::string lender;
  bool operator==(const ModelLenderAway&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelLenderAway, (), (lender))

/// What became of a slot that was lent. `slowed`: the endpoint asked for less; `ended`: it says nothing of the lender.
enum class SlotUse { unused, completed, failed, slowed, ended };
BOOST_DESCRIBE_ENUM(SlotUse, unused, completed, failed, slowed, ended)

/// Of the borrower. One that was not used takes back all that the lender was asked for up to `last`.
struct ModelSlotGivenBack {
  static constexpr std::string_view type = "computehub.model.slot_given_back.v1";
  std::string lender;
  std::uint64_t number = 0;
  std::uint64_t last = 0;  ///< of what was asked for when it was given back
  SlotUse use = SlotUse::unused;
  std::string code;      ///< of the failure
  Duration retry_after;  ///< the endpoint's own wish; 0: none
  bool operator==(const ModelSlotGivenBack&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelSlotGivenBack, (), (lender, number, last, use, code, retry_after))

/// Of the lender.
struct ModelSlotReturned {
  static constexpr std::string_view type = "computehub.model.slot_returned.v1";
  std::string borrower;
  std::uint64_t number = 0;
  std::uint64_t last = 0;  ///< what stands in line up to it is not wanted any longer; 0: all is
  SlotUse use = SlotUse::unused;
  std::int32_t failures_in_a_row = 0;  ///< of the lender, behind this one
  bool operator==(const ModelSlotReturned&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelSlotReturned, (), (borrower, number, last, use, failures_in_a_row))

/// The id stays spent.
struct ModelDeleted {
  static constexpr std::string_view type = "computehub.model.deleted.v1";
  bool operator==(const ModelDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelDeleted, (), ())

using Event =
    std::variant<tasks::TaskSubmitted, tasks::TaskStarted, tasks::TaskCompleted, tasks::TaskAttemptFailed,
                 tasks::TaskFailed, tasks::TaskCancelled, tasks::TaskCallEnded, tasks::TaskRequeued, ModelCreated,
                 ModelChanged, ModelStatusSet, ModelCooledDown, ModelWoken, ModelSlotAsked, ModelSlotBooked,
                 ModelSlotLent, ModelLenderAway, ModelSlotGivenBack, ModelSlotReturned, ModelDeleted>;

std::string_view type_of_event(const Event& event);
std::string encode_event(const Event& event);
/// `task`: whose fact it is, where it is a task's. Fails: invalid `type.unknown` for a type of a newer release; what
/// from_json fails with.
Result<Event> decode_event(std::string_view type, std::string_view json, const tasks::OfTask& task);
/// Null when it is about the model itself.
const tasks::OfTask* task_of(const Event& event);

}  // namespace hub::models
