#pragma once
#include <string>
#include <string_view>

#include "ops/bench/bench.hpp"
#include "ops/bench/http_client.hpp"
#include "ops/bench/live_load.hpp"

namespace hub::bench {

/// Behind each task: the same text in every queue that is compared.
inline constexpr std::string_view kTaskInput = "Say in one sentence what a queue promises.";
inline constexpr std::string_view kTasksPath = "/api/v1/tasks";

/// What stands behind `label` in JSON, up to the end of that value.
std::string text_in(std::string_view json, std::string_view label);

/// A server on an empty data folder that takes models which answer at once.
class TaskSite {
 public:
  explicit TaskSite(const Options& options);

  const Server& server() const { return server_; }
  /// Its id. The queue has room for whatever is sent to it.
  std::string add_model(std::string_view name, bool online, std::size_t slots);
  void set_online(const std::string& model);
  /// How many of its tasks have this status.
  std::size_t count(const std::string& model, std::string_view status);
  /// Returns when exactly `tasks` of the model are completed, and no others are there; hears of it by the stream.
  void await_completed(const std::string& model, std::size_t tasks);

 private:
  std::string ask(std::string_view method, std::string_view target, std::string_view body, int status);

  Folder folder_;
  Server server_;
  HttpClient client_;
  Subscribers models_;
};

/// Of one task, as bytes to be sent.
std::string task_request(std::string_view model, std::string_view query = {});
/// Of `tasks` in one batch.
std::string task_batch_request(std::string_view model, std::size_t tasks);

}  // namespace hub::bench
