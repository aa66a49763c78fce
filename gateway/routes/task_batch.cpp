// POST /api/v1/tasks/batch: many tasks, each taken or refused on its own.
#include <unordered_set>

#include "adapters/tasks/task_seals.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/model_access.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/routes/send_all.hpp"
#include "gateway/routes/task_body.hpp"
#include "gateway/routes/task_lines.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

/// Of one command: so many tasks, or so many bytes of them.
constexpr std::size_t kChunkTasksMax = 500;
constexpr std::size_t kChunkBytesMax = std::size_t{1} << 20U;

struct Item {
  std::size_t index = 0;
  std::optional<std::string> id;
  std::optional<std::string> code;
  std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(Item, (), (index, id, code, detail))

/// Tasks of one model that go in one command.
struct Chunk {
  std::string model;
  std::string project;
  std::size_t bytes = 0;
  models::SubmitTasks command;
  std::vector<std::size_t> indexes;  ///< of its tasks, among the items
};

class Batch {
 public:
  Batch(Services& services, const Request& request, engine::Input whole)
      : services_(services), request_(request), whole_(std::move(whole)) {}

  /// Reads and seals every task; may block.
  void read(const std::vector<std::string>& tasks) {
    items_.resize(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      items_[i].index = i;
      if (const auto taken = add(i, tasks[i]); !taken) refuse(items_[i], taken.error());
    }
  }

  Inputs inputs() {
    Inputs inputs;
    for (auto& chunk : chunks_) {
      auto input = whole_;
      input.entity = chunk.model;
      input.project = chunk.project;
      input.type = models::SubmitTasks::type;
      input.command_id = to_hex(sha256(whole_.command_id + ":" + std::to_string(inputs.size())));
      input.data = encode_command(models::Command(chunk.command));
      inputs.push_back(std::move(input));
    }
    return inputs;
  }

  /// What became of each chunk; may block.
  void settle(const Sending& sending) {
    for (std::size_t i = 0; i < chunks_.size(); ++i) settle(chunks_[i], sending.reply(i));
  }

  std::string json() const {
    std::string out = "{\"items\":[";
    for (const auto& item : items_) {
      if (out.back() != '[') out += ',';
      append_json(out, item);
    }
    return out + "]}";
  }

 private:
  static void refuse(Item& item, const Failure& failure) {
    item.id.reset();
    item.code = failure.code;
    item.detail = failure.field.empty() ? failure.detail : failure.field + ": " + failure.detail;
  }

  Result<void> add(std::size_t index, const std::string& json) {
    HUB_TRY(auto body, parse_task(json));
    HUB_TRY(const auto model, model_named(body.model));
    auto& task = body.task;
    task.task = derive_id_on_shard(tasks::kTaskPrefix, shard_of(model.id), whole_.command_id,
                                   static_cast<std::uint32_t>(index));
    const auto subject = accounts::project_id(whole_.organisation, model.project);
    HUB_TRY(task.input.text,
            models::seal_part(services_.sealer, subject, task.task, models::kInputPart, task.input.text));
    items_[index].id = task.task;
    auto& chunk = chunk_for(model, task.input.text.size());
    chunk.command.tasks.push_back(std::move(task));
    chunk.indexes.push_back(index);
    return success();
  }

  struct Named {
    std::string id;
    std::string project;
  };
  Result<Named> model_named(const std::string& text) {
    const auto known = models_.find(text);
    if (known != models_.end()) return known->second;
    auto found = model_of(services_, request_, text, accounts::Role::dev);
    auto named = found ? Result<Named>(Named{found.value().id, found.value().project}) : Result<Named>(found.error());
    models_.emplace(text, named);
    return named;
  }

  Chunk& chunk_for(const Named& model, std::size_t bytes) {
    const auto [place, fresh] = open_.try_emplace(model.id, chunks_.size());
    const bool is_full = !fresh && (chunks_[place->second].command.tasks.size() >= kChunkTasksMax ||
                                    chunks_[place->second].bytes + bytes > kChunkBytesMax);
    if (fresh || is_full) {
      place->second = chunks_.size();
      chunks_.push_back({model.id, model.project, 0, {{}, request_.principal->id}, {}});
    }
    auto& chunk = chunks_[place->second];
    chunk.bytes += bytes;
    return chunk;
  }

  void settle(const Chunk& chunk, const Result<engine::Reply>& reply) {
    const auto* failure = !reply ? &reply.error() : reply.value().refusal ? &*reply.value().refusal : nullptr;
    if (failure != nullptr) {
      for (const auto index : chunk.indexes) refuse(items_[index], *failure);
      return;
    }
    if (reply.value().pending) {
      for (const auto index : chunk.indexes) {
        items_[index].code = "command.pending";
        items_[index].detail = "it is on its way to the node that decides it; ask for the task later";
      }
      return;
    }
    std::unordered_set<std::string_view> taken;
    if (reply.value().batch)
      for (const auto& record : reply.value().batch->records)
        if (record.kind == log::RecordKind::event && record.version == 1) taken.insert(record.entity);
    const Failure full{FailureKind::too_many, "model.queue_full", "as many tasks wait for this model as may", "", 0};
    for (const auto index : chunk.indexes)
      if (taken.count(*items_[index].id) == 0 && !is_there(*items_[index].id)) refuse(items_[index], full);
  }

  /// Of a repeat: it was taken the first time.
  bool is_there(const std::string& task) const {
    const auto first = services_.log.history(task, 1, 1);
    return first && !first.value().empty();
  }

  Services& services_;
  const Request& request_;
  const engine::Input whole_;
  std::vector<Item> items_;
  std::vector<Chunk> chunks_;
  std::map<std::string, std::size_t> open_;  ///< model → its chunk that is filled
  std::map<std::string, Result<Named>> models_;
};

/// One task a line, else an array.
Result<bool> is_by_line(const Request& request) {
  const auto type = request.header(http::Field::content_type).value_or("");
  if (http::equal_without_case(type.substr(0, type.find(';')), "application/x-ndjson")) return true;
  HUB_TRY(check_json(request));
  return false;
}

asio::awaitable<Response> post_batch(Services& services, Request& request) {
  if (const auto known = request.query.only({"project"}); !known) co_return http::refuse(request, known.error());
  if (request.query.get("project"))
    if (const auto project = project_of(request, accounts::Role::dev); !project)
      co_return http::refuse(request, project.error());
  const auto by_line = is_by_line(request);
  if (!by_line) co_return http::refuse(request, by_line.error());
  const auto whole = command_of(request, services.clock());
  if (!whole) co_return http::refuse(request, whole.error());
  Batch batch(services, request, whole.value());
  const auto read = co_await on_blocking(services, [&]() -> Result<void> {
    HUB_TRY(const auto tasks, split_tasks(request.body, by_line.value()));
    batch.read(tasks);
    return success();
  });
  if (!read) co_return http::refuse(request, read.error());
  // Nothing is sent before all is known: then this is handled once more.
  if (request.may_look_again && !request.missed.empty())
    co_return http::refuse(request, not_found("model.not_found", "no such model"));
  auto inputs = batch.inputs();
  const auto sending = co_await send_all(services, inputs);
  auto json = co_await on_blocking(services, [&] {
    batch.settle(*sending);
    return batch.json();
  });
  co_return http::answer(std::move(json));
}

}  // namespace

void add_task_batch(http::Router& router, Services& services) {
  router.add({http::Verb::post, "/api/v1/tasks/batch",
              [&services](Request& request) { return post_batch(services, request); }});
}

}  // namespace hub::routes
