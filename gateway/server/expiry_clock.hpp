#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "projections/accounts/access_table.hpp"

namespace hub::server {

/// Ends the live subscriptions of keys whose time has come, within a second. Requests need it not: each looks at the
/// time itself.
class ExpiryClock {
 public:
  explicit ExpiryClock(accounts::AccessTable& table);
  ~ExpiryClock();
  ExpiryClock(const ExpiryClock&) = delete;
  ExpiryClock& operator=(const ExpiryClock&) = delete;

 private:
  accounts::AccessTable& table_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::server
