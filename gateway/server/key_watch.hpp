#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "events/log/log.hpp"
#include "events/log/public_keys.hpp"

namespace hub::server {

/// Keeps the public keys beside the copy of a shared log complete: a checkpoint by a key that is not among them means
/// that another node has begun to sign, so what is announced is read again. A key that stays unknown is said in the log
/// once, and looked for again now and then.
class KeyWatch {
 public:
  struct Options {
    std::function<Result<log::PublicKeys>()> announced;        ///< reads them all; may take seconds
    std::function<Result<void>(const log::PublicKeys&)> keep;  ///< told all there are whenever there are more
    /// Between two looks for the same key; twice as long each time, up to 60 times this.
    std::chrono::milliseconds wait_first{1'000};
  };
  /// More unknown keys than that are not looked for at a time.
  static constexpr std::size_t kStrangersMax = 64;
  /// Looks in vain before a key is said to be nobody's: one announced while topics are made is seen up to 10 s late.
  static constexpr int kLooksInVain = 5;

  /// Watches from now on. `known` is kept too, for what is announced no more may have signed.
  KeyWatch(log::Log& log, log::PublicKeys known, Options options);
  ~KeyWatch();
  KeyWatch(const KeyWatch&) = delete;
  KeyWatch& operator=(const KeyWatch&) = delete;

  /// Reads what is announced and keeps it, on the caller's thread. Behind a call that went well the keys are there of
  /// all that was signed before the watch began. Fails: as the functions of the options.
  Result<void> update();

 private:
  struct Stranger {
    Position first;  ///< of the first checkpoint that it signed here
    int looks = 0;
  };
  void see(const std::vector<log::BatchPtr>& batches);
  void see(const log::Record& record, PartitionId partition);
  void run();
  void forget_known();
  void count_looks();

  log::Log& log_;
  const Options options_;
  std::mutex updating_;  ///< one update() at a time
  std::mutex mutex_;     ///< guards what follows
  log::PublicKeys known_;
  std::map<std::string, Stranger, std::less<>> strangers_;
  bool fresh_ = false;  ///< a stranger has come since the last look
  bool stopping_ = false;
  std::condition_variable wake_;
  std::uint64_t watcher_ = 0;
  std::thread thread_;
};

}  // namespace hub::server
