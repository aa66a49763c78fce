#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/cursor.hpp"
#include "events/core/result.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::live {

/// Where a frame stands in the cursor of its stream: number `index`, and what that number is behind the frame.
struct Mark {
  std::size_t index = 0;
  std::uint64_t seq = 0;
};

/// One change of a stream, as its publisher gives it.
struct Frame {
  Mark mark;           ///< frames of one index go up; two frames of one record: the first keeps the cursor before it
  std::string cursor;  ///< text of the cursor behind this frame: a client that resumes there gets the next one
  std::string data;    ///< JSON
  std::string organisation;  ///< who may see it; empty: everybody who may watch the stream
  std::string project;       ///< the same; principals without a role in it do not get the frame
  std::string coalesce_key;  ///< of a slow client only the latest frame of a key is kept; empty: every frame counts
};

/// A frame that a resuming client has missed.
struct Missed {
  std::string cursor;
  std::string data;
};

/// How a subscription begins.
struct Opening {
  bool recovered = false;  ///< `missed` holds everything behind `after`; false: there may be a gap, hence a snapshot
  Cursor cursor;           ///< what snapshot or missed frames cover; later frames follow
  std::optional<std::string> snapshot;  ///< JSON; absent for streams that have none
  std::vector<Missed> missed;           ///< oldest first; the last one's cursor is `cursor`
};

using PrincipalPtr = std::shared_ptr<const accounts::Principal>;

/// What stands behind the streams of one pattern. Called on the hub's own threads, where it may block; several calls at
/// a time. `name` is the stream's whole name and fits the pattern.
///
/// No gap, no repeat: a frame must be visible to open() before it is published. The hub takes frames in before it calls
/// open(), and drops those that the opening's cursor covers.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  /// Fails: not_found, forbidden. An existing stream that the principal may not know of is not_found.
  virtual Result<void> authorise(const accounts::Principal& principal, std::string_view name) = 0;
  /// `after`: the cursor that the client has, null for a new one. A cursor of another incarnation, or one too old for
  /// what is kept, is answered with recovered = false. Fails: as authorise(), unavailable.
  virtual Result<Opening> open(std::string_view name, const accounts::Principal& principal,
                               const std::optional<Cursor>& after) = 0;
  /// The first subscriber comes (before its open()), the last one has gone. In turn for each name.
  virtual void opened(std::string_view) {}
  virtual void closed(std::string_view) {}
};

}  // namespace hub::live
