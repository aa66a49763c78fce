#include "gateway/server/refusal_audit.hpp"

#include <pthread.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "actors/accounts/access.hpp"
#include "events/accounts/project_events.hpp"
#include "events/core/logging.hpp"

namespace hub::server {
namespace {

using Clock = std::chrono::steady_clock;

struct Key {
  std::string organisation;
  std::string project;
  std::string caller;
  int status = 0;
  std::string code;
  auto operator<=>(const Key&) const = default;
};

/// What was refused and is not yet written.
struct Counted {
  std::int64_t count = 0;
  std::string route;
  std::string request_id;
  Instant first_at;
  Instant last_at;
  Clock::time_point due;  ///< not written before
};

Key key_of(const Refusal& refusal) {
  if (refusal.caller == nullptr)
    return {std::string(accounts::kDefaultOrganisation), std::string(accounts::kDefaultProject),
            std::string(accounts::kNobody), refusal.status, std::string(refusal.code)};
  const auto project = refusal.project.empty() ? std::string_view(refusal.caller->project) : refusal.project;
  return {refusal.caller->organisation, std::string(project), refusal.caller->id, refusal.status,
          std::string(refusal.code)};
}

engine::Input input_of(const Key& key, const Counted& counted) {
  engine::Input input;
  input.entity = accounts::access_id(key.organisation, key.project);
  input.type = accounts::RecordRefusals::type;
  input.data = accounts::encode_command(accounts::RecordRefusals{key.caller, key.status, key.code, counted.route,
                                                                 counted.request_id, counted.count, counted.first_at,
                                                                 counted.last_at});
  input.actor = "system";
  input.organisation = key.organisation;
  input.project = key.project;
  input.correlation_id = counted.request_id;
  return input;
}

}  // namespace

struct RefusalAudit::State {
  State(Submit the_submit, Options the_options) : submit(std::move(the_submit)), options(std::move(the_options)) {}

  const Submit submit;
  const Options options;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::map<Key, Counted> counted;

  /// Needs the lock. Adds what was refused, or what could not be written, to its key.
  void add(Key key, const Counted& more) {
    auto found = counted.find(key);
    if (found == counted.end() && counted.size() >= options.keys_max) {
      key.caller = accounts::kOthers;
      found = counted.find(key);
    }
    if (found == counted.end()) found = counted.emplace(std::move(key), Counted{}).first;
    auto& place = found->second;
    if (place.count == 0) {
      place.route = more.route;
      place.request_id = more.request_id;
      place.first_at = more.first_at;
    }
    place.count += more.count;
    place.first_at = std::min(place.first_at, more.first_at);
    place.last_at = std::max(place.last_at, more.last_at);
    place.due = std::max(place.due, more.due);
  }

  /// Needs the lock. Takes what may be written at `now` (all when the server stops); a key with nothing new is
  /// forgotten.
  std::vector<std::pair<Key, Counted>> take(Clock::time_point now) {
    std::vector<std::pair<Key, Counted>> due;
    for (auto at = counted.begin(); at != counted.end();) {
      auto& place = at->second;
      if (place.due > now && !stopping) {
        ++at;
      } else if (place.count == 0) {
        at = counted.erase(at);
      } else {
        due.emplace_back(at->first, place);
        place.count = 0;
        place.due = now + options.interval;
        ++at;
      }
    }
    return due;
  }

  Clock::time_point next_due() const {
    auto next = Clock::time_point::max();
    for (const auto& [key, place] : counted) next = std::min(next, place.due);
    return next;
  }
};

RefusalAudit::RefusalAudit(Submit submit, Options options)
    : state_(std::make_shared<State>(std::move(submit), std::move(options))) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "hub-refusals");
}

RefusalAudit::~RefusalAudit() {
  stop();
}

void RefusalAudit::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RefusalAudit::note(const Refusal& refusal) {
  const auto now = state_->options.clock();
  const Counted one{1, std::string(refusal.route), std::string(refusal.request_id), now, now, {}};
  auto key = key_of(refusal);
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  const bool may_be_first = !state_->counted.contains(key);
  state_->add(std::move(key), one);
  if (may_be_first) state_->wake.notify_all();
}

void RefusalAudit::run() {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  for (bool last = false; !last;) {
    last = state.stopping;
    auto due = state.take(Clock::now());
    lock.unlock();
    for (auto& [key, counted] : due) {
      // What is not taken, because the disk is full or the queue is, is counted on and tried again.
      counted.due = Clock::now() + state.options.interval;
      auto put_back = [shared = state_, key = key, counted = counted](const engine::Reply& reply) {
        if (!reply.refusal) return;
        const std::lock_guard again(shared->mutex);
        shared->add(key, counted);
      };
      const auto taken = state.submit(input_of(key, counted), put_back);
      if (!taken) put_back({taken.error(), {}, 0, {}, nullptr, false});
    }
    lock.lock();
    if (last) return;
    const auto next = state.next_due();
    const auto changed = [&] { return state.stopping || state.next_due() < next; };
    if (next == Clock::time_point::max())
      state.wake.wait(lock, changed);
    else
      state.wake.wait_until(lock, next, changed);
  }
}

}  // namespace hub::server
