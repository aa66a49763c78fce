#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "adapters/models/flight.hpp"

namespace hub::calls {

/// One thread of a Caller: libcurl's multi interface on an epoll of its own.
class CallWorker {
 public:
  /// `under_way` counts the calls of all threads; each is taken off when it has ended.
  CallWorker(const CallerOptions& options, std::atomic<std::size_t>& under_way);
  ~CallWorker();
  CallWorker(const CallWorker&) = delete;
  CallWorker& operator=(const CallWorker&) = delete;

  /// `refused`: it is only to be told that there is no room. Any thread.
  void start(std::unique_ptr<Flight> flight, bool refused);
  void abort(Caller::CallId id);
  void stop();

 private:
  using Clock = Flight::Clock;
  struct Start {
    std::unique_ptr<Flight> flight;
    bool refused = false;
  };
  struct Inbox {
    std::vector<Start> starts;
    std::vector<Caller::CallId> aborts;
    bool stopping = false;
  };
  /// Calls to one name. The first goes ahead and has it resolved; the others follow when it is.
  struct Host {
    Caller::CallId pathfinder = 0;  ///< 0: none is ahead
    Clock::time_point known_until;  ///< libcurl remembers the address until then
    std::deque<Caller::CallId> waiting;
  };
  using Flights = std::unordered_map<Caller::CallId, std::unique_ptr<Flight>>;

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* context, void* known);
  static int on_timer(CURLM* multi, long timeout_ms, void* context);

  void wake();
  void run();
  bool take_inbox();
  void wait_and_act();
  int wait_ms() const;
  void collect();
  void begin(std::unique_ptr<Flight> flight);
  bool must_wait(Flight& flight);
  void leave(Flight& flight);
  void follow_pathfinders();
  void release_waiting(Host& host);
  void path_lost(Host& host, const Ending* ending);
  void end_lingering();
  void end_late_waiting();
  void forget_hosts();
  void land(Flights::iterator at, CURLcode code);
  void abort_now(Flights::iterator at);
  std::unique_ptr<Flight> take_off(Flights::iterator at);
  void release(EasyHandle easy);
  /// Before its sink is told: who starts a call because another one has ended finds room for it.
  void ended() { under_way_.fetch_sub(1); }
  void tell(Flight& flight, const Ending& ending) {
    ended();
    flight.transfer.end(ending);
  }

  const CallerOptions options_;
  std::atomic<std::size_t>& under_way_;
  int epoll_ = -1;
  int wake_ = -1;
  CURLM* multi_ = nullptr;
  std::optional<Clock::time_point> timer_;  ///< when libcurl wants to be called
  Flights flights_;
  std::unordered_map<std::string, Host> hosts_;
  std::size_t waiting_ = 0;            ///< in all hosts
  std::vector<Caller::CallId> ahead_;  ///< pathfinders
  Clock::time_point next_sweep_;       ///< of those that wait
  Lingering lingering_;
  std::vector<EasyHandle> pool_;

  std::mutex mutex_;
  Inbox inbox_;
  std::thread thread_;
};

}  // namespace hub::calls
