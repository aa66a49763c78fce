#pragma once
#include <optional>

#include "events/core/result.hpp"
#include "events/log/log.hpp"
#include "projections/core/store.hpp"
#include "projections/deployments/list.hpp"
#include "projections/deployments/moment.hpp"
#include "projections/deployments/row.hpp"

namespace hub::deployments {

/// Fills a page from the rows of one snapshot. `after` is what check(query) answered.
Result<ListAnswer> list_page(const projections::StoreView& view, const ListQuery& query,
                             const std::optional<Place>& after, Instant now, const HostAway& away);
/// The same as of a moment: each row that has changed since is folded.
Result<ListAnswer> list_page_at(const projections::StoreView& view, log::Log& log, const ListQuery& query,
                                const std::optional<Place>& after, const Moment& moment);

}  // namespace hub::deployments
