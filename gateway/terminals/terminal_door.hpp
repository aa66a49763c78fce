#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/http/router.hpp"
#include "gateway/routes/services.hpp"
#include "gateway/terminals/marks.hpp"
#include "gateway/terminals/terminal.hpp"

namespace hub::terminals {

struct DoorOptions {
  /// A shell among the processes of a deployment that runs on this machine. Blocks. Fails: as
  /// LocalProvider::open_shell.
  std::function<Result<providers::local::Shell>(const std::string& deployment, TerminalSize)> open_shell;
  std::string folder;             ///< of local deployments
  Duration linger = seconds(60);  ///< how long a shell waits for somebody to come back to it
  std::size_t terminals_max = 64;
  std::size_t of_principal_max = 16;
  std::size_t of_deployment_max = 8;
};

/// What a connection asks for. A shell is known by deployment, principal and name: nobody can get at another's.
struct Wish {
  std::string deployment;
  std::string organisation;
  std::string project;
  std::string principal;
  std::string session;  ///< of the browser, "ses_…"; empty: came with a token
  std::string name;     ///< chosen by the client
  TerminalSize size{};
  bool resume = false;  ///< only the shell that is there
  std::optional<std::uint64_t> received{};
  std::string request_id{};
};

/// Gives people shells in deployments that run on this machine, and keeps each for a while when its connection is cut.
/// When a right goes, or the run does, so does the shell. Openings and ends are events of the deployment.
class TerminalDoor {
 public:
  TerminalDoor(DoorOptions options, routes::Services& services);
  ~TerminalDoor();
  TerminalDoor(const TerminalDoor&) = delete;
  TerminalDoor& operator=(const TerminalDoor&) = delete;

  /// GET /api/v1/deployments/{id}/terminal, a WebSocket.
  http::Route route();
  /// The principal, or the session, has no rights any more: its shells are ended. Any thread.
  void revoke(std::string_view id);
  /// The principal has other rights now. Any thread.
  void reauthorise(const accounts::Principal& principal);
  /// Tells of the ends of what a server before this one had opened.
  void tell_of_lost();
  /// Ends every shell and opens none any more. Safe to repeat.
  void stop();
  std::size_t open() const;

  // For the connections.

  using TerminalPtr = std::shared_ptr<Terminal>;
  /// The shell that is wished for, made when it is not there. Fails: not_found `terminal.gone`; conflict
  /// `terminal.opening`, `terminal.not_running`; too_many `terminal.too_many`; unavailable `terminal.unavailable`,
  /// `server.stopping`; as a command does.
  asio::awaitable<Result<TerminalPtr>> terminal_for(const Wish& wish);

 private:
  struct Key {
    std::string deployment, principal, name;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    TerminalPtr terminal;  ///< null while it is being opened
    std::string project;
    std::string session;
  };
  /// A place that is given up again unless the opening comes to its end.
  class Reservation {
   public:
    Reservation(TerminalDoor& door, Key key) : door_(door), key_(std::move(key)) {}
    ~Reservation() {
      if (!is_kept_) door_.forget(key_);
    }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    void keep() { is_kept_ = true; }

   private:
    TerminalDoor& door_;
    const Key key_;
    bool is_kept_ = false;
  };
  /// The end of a shell, until it is in the record.
  struct End {
    Marks::Mark mark;
    std::string actor;
    Reason why;
  };
  enum class Recorded { yes, no, unknown };

  Result<Wish> wish_of(const http::Request& request);
  Result<TerminalPtr> look_for(const Wish& wish);
  Result<void> check_room(const Key& key) const;
  asio::awaitable<Result<TerminalPtr>> open(const Wish& wish);
  asio::awaitable<Result<Recorded>> record_opening(const Wish& wish, const Marks::Mark& mark);
  Result<TerminalPtr> begin(const Wish& wish, const Marks::Mark& mark, providers::local::Shell shell);
  void record_end(End end);
  void record_later(End end);
  void forget(const Key& key);
  void close_all(const Reason& why, const std::function<bool(const Key&, const Entry&)>& which);

  const DoorOptions options_;
  const Marks marks_;
  routes::Services& services_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  mutable std::mutex mutex_;
  std::condition_variable none_left_;
  std::map<Key, Entry> entries_;
  std::vector<End> untold_;
  asio::steady_timer tell_again_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::terminals
