#include "adapters/models/model_types.hpp"

#include <algorithm>

#include "adapters/models/custom_request.hpp"
#include "adapters/models/openai_request.hpp"

namespace hub::calls {
namespace {

/// The one place where a model type is added.
constexpr ModelRow kRows[] = {
    {ModelType::openai, "openai", check_openai, openai_endpoint, openai_request},
    {ModelType::local, "local", check_local, local_endpoint, openai_request},
    {ModelType::custom, "custom", check_custom, custom_endpoint, custom_request},
};

}  // namespace

const ModelRow& row_of(ModelType type) {
  const auto found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const ModelRow& row) { return row.type == type; });
  HUB_ASSERT(found != std::end(kRows));
  return *found;
}

std::string_view name_of(ModelType type) {
  return row_of(type).name;
}

std::optional<ModelType> model_type_of(std::string_view name) {
  for (const auto& row : kRows)
    if (row.name == name) return row.type;
  return std::nullopt;
}

}  // namespace hub::calls
