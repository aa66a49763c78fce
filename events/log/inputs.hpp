#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::log {

/// Something on its way to the node that owns its entity, where several nodes share a log.
struct Command {
  enum class Source : std::uint8_t {
    command,  ///< a wish; decided once by its command_id
    effect,   ///< what an effect came to on another node; at least once
  };
  Source source = Source::command;
  std::string entity;
  std::string type;  ///< of the command, as the entity's kind knows it: "RequestDeployment"
  std::string data;  ///< JSON
  std::string command_id;
  std::string body_hash;  ///< 32 bytes, or empty
  std::string actor;
  std::string organisation;
  std::string project;
  std::string correlation_id;
  Instant deadline;  ///< unset: none
  bool operator==(const Command&) const = default;
};

/// What became of a command that was to be published.
enum class Delivery : std::uint8_t {
  there,      ///< it lies where its owner will read it
  not_there,  ///< and never will be
  unknown,    ///< it may come yet
};

/// Which partitions of a shared log this node is to own, and what other nodes send to them. Calls are safe from any
/// thread; the handler is called on one thread of its own.
class Inputs {
 public:
  struct Handler {
    /// From now on these partitions and no others are this node's. `goes_on`: it has taken part all the time since it
    /// was told last, so that nobody else has had those that it had then and has now.
    std::function<void(const std::vector<PartitionId>&, bool goes_on)> assigned;
    /// Until assigned() is told again nothing may be appended. To return only when nothing is any more.
    std::function<void()> revoked;
    /// What lies at `offset` of a partition that was begun; may wait for room. Nothing: a foreign record.
    std::function<void(PartitionId, std::uint64_t session, std::uint64_t offset, std::optional<Command>)> arrived;
    /// What lies behind the position where the partition was begun is not kept any more.
    std::function<void(PartitionId)> truncated;
    /// This node takes no part any more, for another one has its name.
    std::function<void(const Failure&)> expelled;
  };
  virtual ~Inputs() = default;

  /// Takes part: from now on the handler is told. Fails: invalid `kafka.conf`.
  virtual Result<void> start(Handler handler) = 0;
  /// The handler is not called when it returns. What is owned stays owned until the session ends: it can be written to
  /// for as long as this lives, and the node may come back.
  virtual void stop() = 0;
  /// Reads a partition on from `offset`, whatever was read of it before. `session` comes with what arrives. Answers
  /// where it begins, which is further on when what lies before that is lost, and was left behind on purpose.
  virtual std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) = 0;

  using Delivered = std::function<void(Delivery)>;
  /// Told within 4 s what became of it, on a thread that must not be blocked.
  virtual void publish(PartitionId partition, const Command& command, Delivered delivered) = 0;
};

}  // namespace hub::log
