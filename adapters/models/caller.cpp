#include "adapters/models/caller.hpp"

#include "adapters/models/call_worker.hpp"

namespace hub::calls {
namespace {

void prepare_library() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  HUB_ASSERT(ready);
}

}  // namespace

Caller::Caller(CallerOptions options) : calls_max_(options.calls_max), answer_bytes_max_(options.answer_bytes_max) {
  HUB_ASSERT(options.threads > 0);
  prepare_library();
  for (std::size_t i = 0; i < options.threads; ++i)
    workers_.push_back(std::make_unique<CallWorker>(options, under_way_));
}

Caller::~Caller() {
  stop();
}

Caller::CallId Caller::start(Request request, Duration timeout, std::shared_ptr<Sink> sink) {
  const auto id = last_id_.fetch_add(1) + 1;
  const bool refused = under_way_.fetch_add(1) >= calls_max_;
  const auto deadline = Flight::Clock::now() + std::chrono::microseconds(timeout.micros);
  auto flight =
      std::make_unique<Flight>(id, Transfer(std::move(request), std::move(sink), answer_bytes_max_), deadline);
  workers_[id % workers_.size()]->start(std::move(flight), refused);
  return id;
}

void Caller::abort(CallId id) {
  workers_[id % workers_.size()]->abort(id);
}

void Caller::stop() {
  for (const auto& worker : workers_) worker->stop();
}

}  // namespace hub::calls
