#include "adapters/models/call_worker.hpp"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace hub::calls {
namespace {

constexpr std::size_t kEventsAtOnce = 256;
constexpr std::size_t kHandlesPooledMax = 1'024;
constexpr std::size_t kHostsKnownMax = 1'024;
constexpr auto kSweepEvery = std::chrono::milliseconds(50);
/// A little less than libcurl remembers a name for.
constexpr auto kHostKnownFor = std::chrono::seconds(kNamesKnownSeconds - 10);

/// Signals are for the threads of the server; and one that writes to a closed connection is not to end the process.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// The host and port of a URL, when a name must be resolved for it.
std::string name_of_host(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  url.remove_prefix(begin + 3);
  const auto authority = url.substr(0, url.find_first_of("/?#"));
  if (authority.empty() || authority.front() == '[') return {};
  in_addr v4{};
  const std::string host(authority.substr(0, authority.find(':')));
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 ? std::string() : std::string(authority);
}

bool is_unresolved(const Ending& ending) {
  return ending.curl_code == CURLE_COULDNT_RESOLVE_HOST || ending.curl_code == CURLE_COULDNT_RESOLVE_PROXY ||
         (ending.curl_code == CURLE_OPERATION_TIMEDOUT && !ending.out_of_time);
}

template <class Value>
void set(CURLM* multi, CURLMoption option, Value value) {
  HUB_ASSERT(curl_multi_setopt(multi, option, value) == CURLM_OK);
}

}  // namespace

CallWorker::CallWorker(const CallerOptions& options, std::atomic<std::size_t>& under_way)
    : options_(options),
      under_way_(under_way),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      multi_(curl_multi_init()) {
  HUB_ASSERT(epoll_ >= 0 && wake_ >= 0 && multi_ != nullptr);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  HUB_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  set(multi_, CURLMOPT_SOCKETFUNCTION, &CallWorker::on_socket);
  set(multi_, CURLMOPT_SOCKETDATA, this);
  set(multi_, CURLMOPT_TIMERFUNCTION, &CallWorker::on_timer);
  set(multi_, CURLMOPT_TIMERDATA, this);
  set(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "hub-calls");
}

CallWorker::~CallWorker() {
  stop();
  ::close(wake_);
}

void CallWorker::wake() {
  const std::uint64_t one = 1;
  // A full counter wakes as well.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void CallWorker::start(std::unique_ptr<Flight> flight, bool refused) {
  {
    const std::lock_guard lock(mutex_);
    if (!inbox_.stopping) {
      const bool first = inbox_.starts.empty() && inbox_.aborts.empty();
      inbox_.starts.push_back({std::move(flight), refused});
      if (first) wake();
      return;
    }
  }
  ended();
  flight->transfer.end_aborted();
}

void CallWorker::abort(Caller::CallId id) {
  const std::lock_guard lock(mutex_);
  if (inbox_.stopping) return;
  inbox_.aborts.push_back(id);
  wake();
}

void CallWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    inbox_.stopping = true;
    wake();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  curl_multi_cleanup(multi_);
  pool_.clear();
  ::close(epoll_);
}

int CallWorker::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* context, void* known) {
  auto& worker = *static_cast<CallWorker*>(context);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(worker.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = socket;
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  // Numbers of sockets are used again, and libcurl may tell late that one is closed: so what it takes for known may be
  // new here, and the other way round.
  const int first = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const int second = known == nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(worker.epoll_, first, socket, &event) != 0) epoll_ctl(worker.epoll_, second, socket, &event);
  if (known == nullptr) curl_multi_assign(worker.multi_, socket, &worker);
  return 0;
}

int CallWorker::on_timer(CURLM* /*multi*/, long timeout_ms, void* context) {
  auto& worker = *static_cast<CallWorker*>(context);
  if (timeout_ms < 0)
    worker.timer_.reset();
  else
    worker.timer_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

void CallWorker::run() {
  block_signals();
  while (take_inbox()) {
    wait_and_act();
    collect();
    follow_pathfinders();
    end_lingering();
    end_late_waiting();
  }
  while (!flights_.empty()) abort_now(flights_.begin());
}

bool CallWorker::take_inbox() {
  Inbox taken;
  {
    const std::lock_guard lock(mutex_);
    taken.starts.swap(inbox_.starts);
    taken.aborts.swap(inbox_.aborts);
    taken.stopping = inbox_.stopping;
  }
  for (auto& start : taken.starts) {
    if (!start.refused) {
      begin(std::move(start.flight));
      continue;
    }
    ended();
    start.flight->transfer.end_failed({Retry::retry, kTooManyCalls, "too many calls are under way on this node"});
  }
  for (const auto id : taken.aborts)
    if (const auto at = flights_.find(id); at != flights_.end()) abort_now(at);
  return !taken.stopping;
}

int CallWorker::wait_ms() const {
  auto until = Clock::time_point::max();
  if (timer_) until = *timer_;
  if (!lingering_.empty()) until = std::min(until, lingering_.front().first);
  if (waiting_ > 0) until = std::min(until, next_sweep_);
  if (until == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void CallWorker::wait_and_act() {
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_) {
      std::uint64_t wakes = 0;
      [[maybe_unused]] const auto got = ::read(wake_, &wakes, sizeof wakes);
      continue;
    }
    int what = 0;
    if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_, event.data.fd, what, &running);
  }
  if (!timer_ || *timer_ > Clock::now()) return;
  timer_.reset();
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void CallWorker::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Flight* flight = nullptr;
    const auto code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
    const auto at = flights_.find(flight->id);
    HUB_ASSERT(at != flights_.end());
    land(at, code);
  }
}

void CallWorker::begin(std::unique_ptr<Flight> flight) {
  const auto checked = options_.guard.check_url(flight->transfer.request().url);
  if (!checked) {
    const bool address = checked.error().code == "model.refused_address";
    ended();
    return flight->transfer.end_failed({Retry::never, address ? kRefusedAddress : kRejected, checked.error().detail});
  }
  // Behind a proxy there is one name to resolve, the proxy's.
  flight->host = options_.proxy.empty() ? name_of_host(flight->transfer.request().url) : options_.proxy;
  flight->guard = options_.proxy.empty() ? &options_.guard : nullptr;
  flight->lingering = &lingering_;
  auto& placed = *flight;
  flights_.emplace(placed.id, std::move(flight));
  if (!must_wait(placed)) leave(placed);
}

// libcurl resolves each name on a thread of its own: so a burst of calls to one name must not become a burst of
// threads.
bool CallWorker::must_wait(Flight& flight) {
  if (flight.host.empty()) return false;
  forget_hosts();
  auto& host = hosts_[flight.host];
  if (host.pathfinder != 0) {
    host.waiting.push_back(flight.id);
    if (waiting_++ == 0) next_sweep_ = Clock::now() + kSweepEvery;
    return true;
  }
  if (Clock::now() < host.known_until) return false;
  host.pathfinder = flight.id;
  ahead_.push_back(flight.id);
  return false;
}

void CallWorker::leave(Flight& flight) {
  if (pool_.empty()) {
    flight.easy = make_handle(options_);
  } else {
    flight.easy = std::move(pool_.back());
    pool_.pop_back();
  }
  load_handle(flight, flight.deadline - Clock::now());
  // libcurl counts connections in use among those that it keeps.
  set(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(flights_.size() + options_.idle_connections_max));
  HUB_ASSERT(curl_multi_add_handle(multi_, flight.easy.get()) == CURLM_OK);
}

void CallWorker::follow_pathfinders() {
  for (std::size_t i = 0; i < ahead_.size();) {
    const auto at = flights_.find(ahead_[i]);
    if (at != flights_.end() && !at->second->resolved) {
      ++i;
      continue;
    }
    if (at != flights_.end()) release_waiting(hosts_[at->second->host]);
    ahead_[i] = ahead_.back();
    ahead_.pop_back();
  }
}

void CallWorker::release_waiting(Host& host) {
  host.pathfinder = 0;
  host.known_until = Clock::now() + kHostKnownFor;
  auto waiting = std::move(host.waiting);
  host.waiting.clear();
  for (const auto id : waiting) {
    const auto at = flights_.find(id);
    if (at == flights_.end()) continue;
    --waiting_;
    leave(*at->second);
  }
}

/// The call that went ahead is over, and its name is not resolved. When it cannot be, those behind it end alike;
/// otherwise the next one goes ahead.
void CallWorker::path_lost(Host& host, const Ending* ending) {
  host.pathfinder = 0;
  auto waiting = std::move(host.waiting);
  host.waiting.clear();
  const bool unresolved = ending != nullptr && is_unresolved(*ending);
  for (const auto id : waiting) {
    const auto at = flights_.find(id);
    if (at == flights_.end()) continue;
    if (unresolved) {
      tell(*take_off(at), *ending);
    } else if (host.pathfinder == 0) {
      --waiting_;
      host.pathfinder = id;
      ahead_.push_back(id);
      leave(*at->second);
    } else {
      host.waiting.push_back(id);
    }
  }
}

void CallWorker::end_lingering() {
  while (!lingering_.empty()) {
    const auto [until, id] = lingering_.front();
    const auto at = flights_.find(id);
    if (at != flights_.end() && Clock::now() < until) return;
    lingering_.pop_front();
    if (at != flights_.end()) land(at, CURLE_OPERATION_TIMEDOUT);
  }
}

void CallWorker::end_late_waiting() {
  const auto now = Clock::now();
  if (waiting_ == 0 || now < next_sweep_) return;
  next_sweep_ = now + kSweepEvery;
  Ending late;
  late.curl_code = CURLE_OPERATION_TIMEDOUT;
  late.out_of_time = true;
  for (auto at = flights_.begin(); at != flights_.end();) {
    const auto next = std::next(at);
    if (!at->second->easy && at->second->deadline <= now) {
      tell(*take_off(at), late);
    }
    at = next;
  }
}

void CallWorker::forget_hosts() {
  if (hosts_.size() < kHostsKnownMax) return;
  const auto now = Clock::now();
  for (auto at = hosts_.begin(); at != hosts_.end();)
    at = at->second.pathfinder == 0 && at->second.known_until < now ? hosts_.erase(at) : std::next(at);
}

std::unique_ptr<Flight> CallWorker::take_off(Flights::iterator at) {
  auto flight = std::move(at->second);
  flights_.erase(at);
  if (!flight->easy) {
    --waiting_;
    return flight;
  }
  // A transfer that is not over takes its connection with it.
  curl_multi_remove_handle(multi_, flight->easy.get());
  release(std::move(flight->easy));
  return flight;
}

void CallWorker::release(EasyHandle easy) {
  if (pool_.size() >= kHandlesPooledMax) return;
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, nullptr);
  pool_.push_back(std::move(easy));
}

void CallWorker::land(Flights::iterator at, CURLcode code) {
  const auto ending = ending_of(*at->second, code);
  const auto flight = take_off(at);
  if (const auto host = hosts_.find(flight->host); host != hosts_.end() && host->second.pathfinder == flight->id) {
    if (flight->resolved || code == CURLE_OK)
      release_waiting(host->second);
    else
      path_lost(host->second, &ending);
  }
  tell(*flight, ending);
}

void CallWorker::abort_now(Flights::iterator at) {
  const auto flight = take_off(at);
  if (const auto host = hosts_.find(flight->host); host != hosts_.end() && host->second.pathfinder == flight->id)
    path_lost(host->second, nullptr);
  ended();
  flight->transfer.end_aborted();
}

}  // namespace hub::calls
