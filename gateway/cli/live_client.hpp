#pragma once
#include <boost/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "gateway/cli/endpoint.hpp"

namespace hub::cli {

struct LiveStream {
  std::string name;   ///< "deployments/dep_…/logs"
  std::string after;  ///< cursor; empty: from now, with a snapshot where the stream has one
};

/// A frame of one of the streams: "subscribed", "snapshot" or "event".
struct LiveFrame {
  std::string type;
  std::string stream;
  std::string cursor;
  bool recovered = false;  ///< of "subscribed": every frame behind `after` follows
  boost::json::value data;
};

/// What the reader of a frame wants next.
enum class Next {
  go_on,
  stop,
  stop_when_quiet,  ///< stop once nothing more came for LiveOptions::quiet
};

struct LiveOptions {
  Duration quiet = milliseconds(300);
  Duration give_up_after = seconds(60);  ///< without a connection, once there was one
  Duration backoff_initial = milliseconds(250);
  Duration backoff_max = seconds(5);
  bool was_connected = false;  ///< the server answered before: the first connection too is tried again
  std::function<void(std::string_view)> on_cut = [](std::string_view) {};  ///< told once a cut, with the reason
};

enum class LiveEnd { stopped, interrupted };  ///< interrupted: SIGINT or SIGTERM

/// From here on SIGINT and SIGTERM end the process with code 0, as they end following: also while it still reads what
/// was there before. follow_live() handles them itself.
void end_on_interrupt();

/// Follows streams over one WebSocket. After a cut it connects again and resumes each stream behind the last cursor it
/// saw; the reader sees a frame at least once, so it must know what it has seen (lines by their seq).
/// Fails: `cli.unreachable` (at once when there never was a connection, unless LiveOptions::was_connected),
/// unauthorised, forbidden, not_found or conflict as the server refuses the socket or a subscription.
Result<LiveEnd> follow_live(const Endpoint& endpoint, std::vector<LiveStream> streams,
                            const std::function<Next(const LiveFrame&)>& on_frame, const LiveOptions& options = {});

}  // namespace hub::cli
