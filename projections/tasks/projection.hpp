#pragma once
#include <memory>

#include "projections/core/projection.hpp"

namespace hub::task_rows {

/// The projection "tasks": models, their tasks, and the figures of both. Its changes have no JSON: whoever follows them
/// reads the row when somebody watches.
std::shared_ptr<const projections::Projection> make_projection();

}  // namespace hub::task_rows
