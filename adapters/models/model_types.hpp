#pragma once
#include <string>
#include <string_view>

#include "adapters/models/request.hpp"
#include "adapters/models/task_types.hpp"

namespace hub::calls {

/// What a model type must be able to do.
struct ModelRow {
  ModelType type;
  std::string_view name;
  Result<void> (*check)(const ModelSettings& settings);
  /// What the paths of its API are put behind; the whole URL where it has one only.
  std::string (*endpoint)(const ModelSettings& settings);
  Result<Request> (*request)(const ModelSettings& settings, std::string_view api_key, const Prompt& prompt,
                             std::string_view input);
};

const ModelRow& row_of(ModelType type);

}  // namespace hub::calls
