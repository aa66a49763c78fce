#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/live_load.hpp"

namespace hub::bench {

/// Behind each task: the same text in every queue that is compared.
inline constexpr std::string_view kTaskInput = "Say in one sentence what a queue promises.";
inline constexpr std::string_view kTasksPath = "/api/v1/tasks";

/// What stands behind `label` in JSON, up to the end of that value.
std::string text_in(std::string_view json, std::string_view label);

/// A server on a data folder of its own that takes models which answer at once.
class TaskSite {
 public:
  explicit TaskSite(const Options& options);

  const Server& server() const { return *server_; }
  /// One that answers at once; its id. The queue has room for whatever is sent to it.
  std::string add_model(std::string_view name, bool online, std::size_t slots);
  /// One that is called by OpenAI's API at this port of loopback; its id.
  std::string add_endpoint(std::string_view name, std::uint16_t port, std::size_t slots);
  void set_online(const std::string& model);
  /// How many of its tasks have this status.
  std::size_t count(const std::string& model, std::string_view status);
  /// Returns when as many of its tasks wait; for what was answered before it is in the lists.
  void await_pending(const std::string& model, std::size_t tasks);
  /// Returns when exactly `tasks` of the model are completed, and no others are there; hears of it by the stream.
  void await_completed(const std::string& model, std::size_t tasks);
  /// Stops the server in good order, starts it again, and waits until it is quiet.
  void restart();

 private:
  void start();
  std::string ask(std::string_view method, std::string_view target, std::string_view body, int status);

  const std::filesystem::path binary_;
  Folder folder_;
  std::optional<Server> server_;
};

/// Of one task, as JSON. `more` are further members, each with a comma before it.
std::string task_json(std::string_view model, std::string_view more = {});
/// Of one task, as bytes to be sent.
std::string task_request(std::string_view model);
/// Of one batch.
std::string task_batch_request(const std::vector<std::string>& tasks);
std::string task_batch_request(std::string_view model, std::size_t tasks);

}  // namespace hub::bench
