#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/agents/protocol.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::agents {

/// Sends the output of one machine's deployments over its connection: of each deployment one message at a time, behind
/// what the other side says that it keeps. So nothing is lost or doubled, wherever a connection is cut. A thread of its
/// own reads; everything may be called from any thread.
class LineSender {
 public:
  /// Of lines that were sent and are not kept yet, of all deployments together; then the others wait.
  static constexpr std::size_t kUnkeptBytesMax = std::size_t{4} << 20U;
  using Send = std::function<void(const Lines&)>;

  /// `provider` outlives it. `send` does not block.
  LineSender(providers::Provider& provider, Send send);
  ~LineSender();
  LineSender(const LineSender&) = delete;
  LineSender& operator=(const LineSender&) = delete;

  /// Ends the thread. What is called behind it does nothing.
  void stop();
  /// A connection is there: asks what is kept of each of these.
  void connected(const std::vector<std::string>& deployments);
  /// It is no more. What waits for it is forgotten.
  void cut();
  /// There may be new lines.
  void grown(const std::string& deployment);
  /// The other side keeps lines up to `seq`.
  void kept(const std::string& deployment, std::uint64_t seq);
  /// It is gone: nothing of it is sent behind this.
  void removed(const std::string& deployment);
  /// Calls `then` on the sender's thread once all lines that are there now are kept; never, when the connection is cut
  /// before.
  void behind(const std::string& deployment, std::function<void()> then);

 private:
  struct Sending {
    std::optional<std::uint64_t> kept;  ///< none: not known yet
    bool under_way = false;             ///< a message is not answered yet
    std::size_t bytes = 0;              ///< of it
    bool queued = false;
    std::vector<std::function<void()>> waiting;
  };

  void queue(const std::string& deployment);
  void work();
  /// Needs the lock, and leaves it meanwhile.
  void send_next(const std::string& deployment, std::unique_lock<std::mutex>& lock);
  void give(const Lines& lines, std::unique_lock<std::mutex>& lock);

  providers::Provider& provider_;
  const Send send_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable sent_;
  std::string sending_now_;  ///< whose message the thread is giving away, beyond the lock
  std::map<std::string, Sending> sendings_;
  std::deque<std::string> ready_;
  std::size_t unkept_bytes_ = 0;
  std::uint64_t connection_ = 0;  ///< counts them; what belongs to an earlier one is dropped
  bool connected_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::agents
