#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/shared_ptr.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/live/source.hpp"

namespace hub::live {

/// A frame as it goes out: made once, shared by all who get it.
struct Prepared {
  std::string bytes;  ///< the whole WebSocket frame
  Mark mark;
  std::string cursor;
  std::string organisation;
  std::string project;
  std::string coalesce_key;
};
using PreparedPtr = boost::shared_ptr<const Prepared>;
/// The same within one io thread, counted without atomics: a frame is counted up and down for each subscriber.
using LocalPrepared = boost::local_shared_ptr<const Prepared>;

/// What waits to be written to one socket, in order.
class Outbox {
 public:
  static constexpr std::size_t kFramesPerWrite = 64;

  /// From `coalesce_from` waiting bytes on, a frame with a coalesce key takes the place of the older one of its key.
  explicit Outbox(std::size_t coalesce_from) : coalesce_from_(coalesce_from) {}

  /// `scope`: the subscription, within which coalesce keys are compared. Gives the number of frames that it replaced.
  std::size_t push(LocalPrepared frame, std::uint32_t scope);
  /// The oldest bytes, at most kFramesPerWrite pieces. They stay where they are until sent() tells of them.
  std::size_t gather(std::span<boost::asio::const_buffer, kFramesPerWrite> buffers);
  /// So many bytes of what was gathered are written. Gives the number of frames that are out whole.
  std::size_t sent(std::size_t bytes);

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }
  /// Items that are kept, replaced ones that were not yet tidied away included.
  std::size_t places() const { return items_.size(); }

 private:
  struct Item {
    LocalPrepared frame;  // null: replaced by a later one
    std::uint32_t scope = 0;
  };
  struct Key {
    std::uint32_t scope;
    std::string_view text;  // of the frame that waits
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.text) ^ (std::size_t{key.scope} * 0x9E3779B97F4A7C15U);
    }
  };
  bool replace_older(const Prepared& frame, std::uint32_t scope);
  void forget_key(const Item& item, std::size_t index);
  void close_gaps();

  std::size_t coalesce_from_;
  std::vector<Item> items_;
  std::size_t head_ = 0;    // first item that is not out
  std::size_t offset_ = 0;  // bytes of it that are
  std::size_t pinned_ = 0;  // items before this one are being written
  std::size_t gaps_ = 0;    // replaced items behind head_
  std::size_t bytes_ = 0;
  std::unordered_map<Key, std::size_t, KeyHash> latest_;
};

}  // namespace hub::live
