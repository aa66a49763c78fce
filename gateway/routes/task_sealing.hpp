#pragma once
#include <string>

#include "adapters/tasks/task_seals.hpp"
#include "gateway/routes/await.hpp"

namespace hub::routes {

/// A task's input as its event is to hold it; waits only where the project's key is not at hand yet. `subject`: id of
/// the project. Fails as Sealer::seal.
inline asio::awaitable<Result<std::string>> seal_input(Services& services, const std::string& subject,
                                                       const std::string& task, const std::string& plain) {
  if (auto sealed = models::seal_part_at_once(services.sealer, subject, task, models::kInputPart, plain))
    co_return std::move(*sealed);
  co_return co_await on_blocking(
      services, [&] { return models::seal_part(services.sealer, subject, task, models::kInputPart, plain); });
}

}  // namespace hub::routes
