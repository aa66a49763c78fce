#pragma once
#include <optional>
#include <string_view>

#include "events/core/cursor.hpp"
#include "events/core/ids.hpp"
#include "events/core/result.hpp"
#include "events/log/log.hpp"
#include "projections/core/store.hpp"
#include "projections/deployments/view.hpp"

namespace hub::deployments {

/// A point in the past: what had been written up to there.
struct Moment {
  Cursor cursor;
  Instant at;  ///< the time that was asked for; unset when it was a position
};

/// Inclusive, by the index time of batches. Fails as Log::seq_at does.
Result<Moment> moment_at(log::Log& log, Instant at);
/// Fails: invalid `cursor.other_log`.
Result<Moment> moment_at(const log::Log& log, const Cursor& cursor);
/// For one entity, which lives in the position's partition. Fails: invalid `position.unknown`.
Result<Moment> moment_at(const log::Log& log, Position position);

/// A deployment as it was; none when it was not there yet. `base` is a row of it, of any time: it saves folding when
/// it is not younger than the moment. Else the nearest kept state and the events behind it are folded.
/// Fails: as Log::history and apply() do.
Result<std::optional<View>> view_at(const projections::StoreView& rows, log::Log& log, std::string_view id,
                                    const Moment& moment, const std::optional<std::string>& base);

}  // namespace hub::deployments
