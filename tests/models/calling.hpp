#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/models/caller.hpp"
#include "tests/models/endpoint.hpp"

namespace hub::calls::testing {

inline constexpr auto kPatience = std::chrono::seconds(100);

/// True when `condition` comes true in time.
inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Keeps what it is told.
class Told : public Sink {
 public:
  void on_piece(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    text_ += text;
    changed_.notify_all();
  }
  void on_chunk(std::string_view json) override {
    const std::lock_guard lock(mutex_);
    chunks_.emplace_back(json);
  }
  void on_end(Outcome outcome) override {
    const std::lock_guard lock(mutex_);
    ends_.push_back(std::move(outcome));
    changed_.notify_all();
  }

  Outcome wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !ends_.empty(); })) {
      ADD_FAILURE() << "the call did not end";
      return {};
    }
    return ends_.front();
  }
  std::string wait_for_text(std::string_view begin) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return text_.size() >= begin.size(); }));
    return text_;
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  std::vector<std::string> chunks() {
    const std::lock_guard lock(mutex_);
    return chunks_;
  }
  std::size_t ends() {
    const std::lock_guard lock(mutex_);
    return ends_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::vector<std::string> chunks_;
  std::vector<Outcome> ends_;
};

inline OutboundGuard loopback_guard() {
  return OutboundGuard::make({}, true).value();
}

inline CallerOptions options_for_tests() {
  CallerOptions options;
  options.guard = loopback_guard();
  return options;
}

inline Request chat_to(std::string url) {
  Request request;
  request.url = std::move(url);
  request.headers = {"Content-Type: application/json", "Authorization: Bearer sk-secret-key"};
  request.body = R"({"model":"m","messages":[],"stream":true})";
  request.secret = "sk-secret-key";
  return request;
}

/// One call, from its start to its end.
inline Outcome call(const Request& request, CallerOptions options = options_for_tests(),
                    Duration timeout = seconds(20)) {
  Caller caller(std::move(options));
  const auto told = std::make_shared<Told>();
  caller.start(request, timeout, told);
  auto outcome = told->wait();
  caller.stop();
  EXPECT_EQ(told->ends(), 1U);
  EXPECT_EQ(outcome.detail.find("sk-secret-key"), std::string::npos) << outcome.detail;
  return outcome;
}

/// What becomes of a call when the endpoint does this.
inline Outcome call_meets(Reply reply, Duration timeout = seconds(20), CallerOptions options = options_for_tests()) {
  Endpoint endpoint([reply = std::move(reply)](const Received&) { return reply; });
  return call(chat_to(endpoint.url()), std::move(options), timeout);
}

}  // namespace hub::calls::testing
