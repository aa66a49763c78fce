// Models and their tasks: what the configuration says of them, and their calls.
#include "adapters/tasks/task_seals.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/json.hpp"
#include "gateway/server/server_parts.hpp"

namespace hub::server {

Result<void> Server::Parts::open_models() {
  HUB_TRY(model_rules.guard, calls::OutboundGuard::make(options.outbound_allow, options.dev));
  model_rules.default_workers = static_cast<std::int32_t>(std::min(options.default_workers, options.max_workers));
  model_rules.max_workers = static_cast<std::int32_t>(options.max_workers);
  model_rules.max_queue_size = options.max_queue_size;
  model_rules.task_defaults = {options.task_timeout, static_cast<std::int32_t>(options.max_retries),
                               options.retry_delay};
  model_rules.noop = options.noop_models;
  return success();
}

void Server::Parts::add_task_calls() {
  const auto open_key = [this](const std::string& organisation, const std::string& project,
                               const std::string& name) -> Result<std::string> {
    HUB_TRY(const auto key, secret_values->get(organisation, project, name));
    return std::string(key.view());
  };
  const auto open_input = [this](const std::string& task, const std::string& sealed) {
    return models::open_part(*sealer, task, models::kInputPart, sealed);
  };
  const auto seal_result = [this](const models::CallTarget& target, const std::string& task,
                                  const std::string& result) {
    return models::seal_part(*sealer, accounts::project_id(target.organisation, target.project), task,
                             models::kResultPart, result);
  };
  call_orders = std::make_unique<models::CallOrders>(*state, *log, open_key, open_input);
  models::TaskCallsOptions call_options;
  call_options.node = node;
  call_options.piece = [this](const models::Piece& piece) {
    auto* streams = partials.load();
    if (streams == nullptr || !streams->is_watched(piece.task)) return;
    streams->publish_partial(piece.task, piece.project,
                             "{\"partial\":{\"attempt\":" + std::to_string(piece.attempt) + ",\"offset\":" +
                                 std::to_string(piece.offset) + ",\"text\":" + json_string(piece.text) + "}}");
  };
  call_options.lease = log_lease;
  call_options.caller.guard = model_rules.guard;
  call_options.caller.proxy = options.outbound_proxy;
  call_options.caller.ca_file = options.outbound_ca_file.string();
  task_calls = std::make_unique<models::TaskCalls>(
      std::move(call_options), *call_orders, seal_result,
      // What is refused while the server stops is owed by the agenda, and counts as interrupted at the next start.
      [this](engine::Input input) { static_cast<void>(engine->submit(std::move(input))); });
  engine->hand_over_effects(std::string(models::kModelPrefix), *task_calls);
}

}  // namespace hub::server
