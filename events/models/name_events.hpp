#pragma once
#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "events/core/result.hpp"
#include "events/models/spec.hpp"

namespace hub::models {

// Facts about which model of a project has which name: one entity "mdn_…" for each project.

inline constexpr std::string_view kNamesPrefix = "mdn_";

/// Where the names of a project's models are decided.
std::string names_id(std::string_view organisation, std::string_view project);

/// A model is to be made under this name, which is its own from now on.
struct ModelNameTaken {
  static constexpr std::string_view type = "computehub.model_name.taken.v1";
  std::string model;  ///< its id
  Spec spec;
  Status status = Status::offline;
  bool operator==(const ModelNameTaken&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelNameTaken, (), (model, spec, status))

/// The model has another name from now on; the one before is free.
struct ModelNameChanged {
  static constexpr std::string_view type = "computehub.model_name.changed.v1";
  std::string model;
  SpecChange change;  ///< with the new name, and what else is to change with it
  bool operator==(const ModelNameChanged&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelNameChanged, (), (model, change))

/// The model is deleted.
struct ModelNameFreed {
  static constexpr std::string_view type = "computehub.model_name.freed.v1";
  std::string model;
  bool operator==(const ModelNameFreed&) const = default;
};
BOOST_DESCRIBE_STRUCT(ModelNameFreed, (), (model))

using NameEvent = std::variant<ModelNameTaken, ModelNameChanged, ModelNameFreed>;

std::string_view type_of_event(const NameEvent& event);
std::string encode_event(const NameEvent& event);
/// Fails: as decode_event() of a model's.
Result<NameEvent> decode_name_event(std::string_view type, std::string_view json);

}  // namespace hub::models
