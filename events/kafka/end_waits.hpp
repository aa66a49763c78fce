#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::kafka {

/// Callers that may wait at a time; more are refused.
inline constexpr std::size_t kEndWaitsMax = 4'096;
/// From one question to the next at least, however many wait.
inline constexpr std::chrono::milliseconds kBetweenQuestions{20};

/// Waits until all is read here that lay on a topic when the wait began. Brokers are asked for the end of what lies
/// there, not of what is committed: a commit is answered before the mark that ends the transaction lies in each of its
/// partitions, so what was answered to somebody may still look open. What is open is waited for.
///
/// All who wait share the questions. Calls are safe from any thread.
class EndWaits {
 public:
  /// Asks the brokers for the offset behind the last record of each of these partitions, in this order, committed or
  /// not. Called on one thread of this class's own, where it may block for a second or so.
  using Ask = std::function<Result<std::vector<std::int64_t>>(const std::vector<PartitionId>&)>;
  using Told = std::function<void(Result<void>)>;

  /// `next`: by partition, the offset behind the last record that was read.
  EndWaits(const std::vector<std::int64_t>& next, Duration patience, Ask ask);
  /// Whoever waits still is told that it was in vain.
  ~EndWaits();
  EndWaits(const EndWaits&) = delete;
  EndWaits& operator=(const EndWaits&) = delete;

  enum class Behind {
    record,  ///< of a transaction: its mark is still to come
    end,     ///< of all that was committed
  };
  /// Everything committed in front of `next` is read here, or was written here. Costs nothing while nobody waits. One
  /// thread at a time for each partition.
  void read_to(PartitionId partition, std::int64_t next, Behind behind);
  /// Told once, on the thread of this class, which must not be blocked. Fails: unavailable `log.behind` when it is not
  /// so in time, or, at once and on the caller's thread, when too many wait.
  void when_read(const std::vector<PartitionId>& partitions, Told told);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiter {
    std::size_t parts_left = 0;  ///< partitions that are not read yet
    Clock::time_point deadline;
    Told told;  ///< empty: was told
  };
  using Waiters = std::vector<std::shared_ptr<Waiter>>;
  /// Those who wait for the same end.
  struct Round {
    std::int64_t end = 0;
    Waiters waiters;
  };
  struct Place {
    std::atomic<std::int64_t> next{0};   ///< all in front of it is read
    std::atomic<std::int64_t> reach{0};  ///< if the partition ends here by now, all of it is
    Waiters unasked;
    std::deque<Round> rounds;    ///< in order of their ends
    std::int64_t asked_at = -1;  ///< `reach` when the last question was asked
  };
  struct Asked {
    PartitionId partition = 0;
    std::int64_t reach = 0;
    Waiters waiters;
  };
  struct News {
    Told told;
    Result<void> result;
  };

  void run();
  // All below need the lock.
  static bool wants_question(const Place& place);
  bool wants_question() const;
  std::vector<Asked> begin_question();
  void ask(std::unique_lock<std::mutex>& lock);
  void take(Asked asked, std::int64_t end);
  void finish_rounds(Place& place, std::int64_t read_to);
  void finish(Waiter& waiter, Result<void> result);
  void give_up(Clock::time_point now);
  void tell(std::unique_lock<std::mutex>& lock);

  const Duration patience_;
  const Ask ask_;
  std::deque<Place> places_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;  ///< guards what follows and the places
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Waiter>> in_order_;  ///< of their deadlines; some were told
  std::vector<News> news_;
  Clock::time_point next_question_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::kafka
