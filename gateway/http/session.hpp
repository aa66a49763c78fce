#pragma once
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/render.hpp"
#include "gateway/http/site.hpp"

namespace hub::http {

using SessionHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// One connection from accept to close. Lives on one io thread; its buffers are kept from request to request.
class Session : public SessionHook {
 public:
  using Clock = std::chrono::steady_clock;

  Session(std::shared_ptr<Site> site, std::shared_ptr<Transport> transport, asio::ip::address peer, bool over_the_cap);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Answers requests until one side ends.
  asio::awaitable<void> run();
  /// Ends what has outlived its time. Called every tick.
  void check_deadline(Clock::time_point now);
  /// Ends when the request in flight is answered; at once when there is none.
  void stop();
  void abort() { transport_->close(); }
  bool site_stopping() const { return site_->stopping.load(); }

 private:
  friend class ChunkWriter;
  enum class Phase { idle, header, body, answering, writing, streaming, upgraded, lingering };
  enum class End { cut, linger, finish };

  asio::awaitable<End> converse();
  asio::awaitable<End> refuse_and_end(Failure failure);
  asio::awaitable<End> end_of_reading();
  asio::awaitable<void> linger();

  /// True when the connection goes on.
  asio::awaitable<bool> serve(const Route* route, Response response);
  void say_age(Response& response) const;
  asio::awaitable<Response> call(const Route& route);
  /// What was missed may have been written by another server: looks once more when that is known here.
  asio::awaitable<Response> call_again(const Route& route, Response first);
  asio::awaitable<bool> send(Response& response, bool keep_alive, Clock::time_point began);
  asio::awaitable<bool> send_stream(Response& response, Clock::time_point began);
  asio::awaitable<void> upgrade(const Route& route);
  asio::awaitable<void> watch_client();
  asio::awaitable<void> watch_stop();

  /// Whether this request may send so much: refused, or nothing.
  std::optional<Failure> admit_large();
  void let_go_of_file();
  /// Whom the request comes from, and how.
  void see_client();
  /// The route of the complete request; null with the refusal in `response`.
  const Route* admit(Response& response);
  bool authenticate(const Route& route, Response& response);
  /// The token may have been given out by another server.
  asio::awaitable<const Route*> admit_again(Response& response);
  asio::awaitable<bool> flush();
  asio::awaitable<bool> write_all(std::array<asio::const_buffer, 2> buffers);
  void enter(Phase phase, milliseconds timeout);
  void enter_reading();
  void enter_without_deadline(Phase phase) {
    phase_ = phase;
    deadline_ = Clock::time_point::max();
  }
  void observe(const Response& response, Clock::time_point began, std::size_t bytes);

  std::shared_ptr<Site> site_;
  std::shared_ptr<Transport> transport_;
  asio::ip::address peer_;
  bool over_the_cap_;
  RequestReader reader_;
  Request request_;
  std::string out_;
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool stopping_ = false;
  bool is_known_ = false;    ///< who sends the body that is being read
  bool holds_file_ = false;  ///< counted in Site::files
  bool answered_one_ = false;
  std::optional<asio::steady_timer> stop_event_;  // of a streamed answer
};

using Sessions = boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>>;

}  // namespace hub::http
