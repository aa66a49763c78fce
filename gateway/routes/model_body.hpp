#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "adapters/models/outbound_guard.hpp"
#include "events/core/result.hpp"
#include "events/models/spec.hpp"

namespace hub::routes {

/// What the server's configuration says of models.
struct ModelRules {
  std::int32_t default_workers = 5;
  std::int32_t max_workers = 50;
  std::int64_t max_queue_size = 10'000;  ///< of a model that does not say it
  models::TaskDefaults task_defaults;
  bool noop = false;  ///< models that answer at once, without a call
  calls::OutboundGuard guard;
};

inline constexpr std::int64_t kQueueSizeMax = 10'000'000;
inline constexpr std::int32_t kRetriesMax = 100;
inline constexpr Duration kTaskTimeoutMax = seconds(24 * 3'600);
inline constexpr Duration kRetryDelayMax = seconds(24 * 3'600);
/// Of a million tokens, in micro-USD.
inline constexpr std::int64_t kTokenPriceMax = std::int64_t{100'000} * 1'000'000;

inline constexpr std::size_t kFallbacksMax = 8;

/// A model that is to be made.
struct ModelBody {
  models::Spec spec;  ///< its fallbacks by id or name
  models::Status status = models::Status::offline;
  std::string api_key;  ///< plain; empty: none
};
/// Fails: as from_json; invalid `model.name`, `model.type`, `model.workers`, `model.queue_size`, `model.price`,
/// `model.labels`, `model.fallbacks`, `task.timeout`, `task.max_retries`, `task.retry_delay`, `model.invalid_settings`,
/// `model.invalid_url`, `model.refused_address`, each with the field.
Result<ModelBody> parse_model(std::string_view json, const ModelRules& rules);

struct ModelPatch {
  models::SpecChange change;           ///< without its key; fallbacks by id or name
  std::optional<std::string> api_key;  ///< plain; "": it is to have none; absent: it stays
};
/// `now`: what the model is described by. Fails as parse_model().
Result<ModelPatch> parse_model_patch(std::string_view json, const models::Spec& now, const ModelRules& rules);

/// {"status": …}. Fails as from_json.
Result<models::Status> parse_model_status(std::string_view json);

/// What a task may say of itself. Fails: invalid `task.timeout`, `task.max_retries`, `task.retry_delay`.
Result<void> check_task_limits(std::optional<Duration> timeout, std::optional<std::int32_t> max_retries,
                               std::optional<Duration> retry_delay);

}  // namespace hub::routes
