#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "actors/engine/input.hpp"
#include "actors/engine/reply.hpp"
#include "events/core/result.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::server {

/// One refusal for want of a right.
struct Refusal {
  const accounts::Principal* caller = nullptr;  ///< null: nobody who is known
  int status = 0;                               ///< 401, 403, or 404 for what belongs to others
  std::string_view code;
  std::string_view route;
  std::string_view request_id;
  /// Whose record it becomes a part of; empty: the caller's own. What belongs to others is told to them: the caller,
  /// who reads "not there", must not read otherwise in the events of its own project.
  std::string_view project = {};
};

/// Makes refusals a part of the record without letting who is refused fill the disk. The first refusal of a caller,
/// status and code is written at once; those that follow are counted, and written as one record an interval for as long
/// as they come. At most `keys_max` callers, statuses and codes are told apart at a time; beyond, callers become
/// "others". So what is written is bounded whatever comes: by default 256 records a minute, and 4 a minute by who has
/// no token.
class RefusalAudit {
 public:
  using Submit = std::function<Result<void>(engine::Input, engine::Completion)>;
  struct Options {
    std::chrono::milliseconds interval{60'000};
    std::size_t keys_max = 256;
    std::function<Instant()> clock = wall_now;
  };

  RefusalAudit(Submit submit, Options options);
  ~RefusalAudit();
  RefusalAudit(const RefusalAudit&) = delete;
  RefusalAudit& operator=(const RefusalAudit&) = delete;

  /// Any thread; neither blocks nor writes.
  void note(const Refusal& refusal);
  /// Hands over all that is counted, and takes no more. Safe to repeat; before the engine stops.
  void stop();

 private:
  struct State;
  void run();

  std::shared_ptr<State> state_;  // completions may come behind the end
  std::thread thread_;
};

}  // namespace hub::server
