#pragma once
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

/// The id stays spent.
struct ModelDeleted {
  static constexpr std::string_view type = "computehub.model.deleted.v1";
  bool operator==(const ModelDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelDeleted, (), ())

using Event = std::variant<tasks::TaskSubmitted, tasks::TaskStarted, tasks::TaskCompleted, tasks::TaskAttemptFailed,
                           tasks::TaskFailed, tasks::TaskCancelled, tasks::TaskCallEnded, tasks::TaskRequeued,
                           ModelCreated, ModelChanged, ModelStatusSet, ModelCooledDown, ModelWoken, ModelDeleted>;

std::string_view type_of_event(const Event& event);
std::string encode_event(const Event& event);
/// `task`: whose fact it is, where it is a task's. Fails: invalid `type.unknown` for a type of a newer release; what
/// from_json fails with.
Result<Event> decode_event(std::string_view type, std::string_view json, const tasks::OfTask& task);
/// Null when it is about the model itself.
const tasks::OfTask* task_of(const Event& event);

}  // namespace hub::models
