#pragma once
#include <condition_variable>
#include <mutex>

#include "events/kafka/transactions.hpp"

namespace hub::kafka {

/// Pairs of producers for threads that append at the same time.
class Lanes {
 public:
  Lanes(const Brokers& brokers, const std::string& name, std::size_t count);

  /// Of every producer: with these a later owner ends what this process left open, and fences it.
  std::vector<std::string> ids() const;
  /// As TurnOfTwo::renew, for every lane.
  Result<bool> renew();

  /// Of every producer, as TurnOfTwo::recycled.
  std::uint64_t recycled() const;

  /// One lane for as long as this lives.
  class Taken {
   public:
    Taken(Lanes& lanes, std::size_t index, TurnOfTwo& lane) : lanes_(lanes), index_(index), lane_(lane) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() { lanes_.give_back(index_); }
    TurnOfTwo* operator->() const { return &lane_; }

   private:
    Lanes& lanes_;
    const std::size_t index_;
    TurnOfTwo& lane_;
  };
  /// Waits while all are taken.
  Taken take();

 private:
  struct Lane {
    std::unique_ptr<TurnOfTwo> producers;
    bool taken = false;
  };
  void give_back(std::size_t index);

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Lane> lanes_;
};

}  // namespace hub::kafka
