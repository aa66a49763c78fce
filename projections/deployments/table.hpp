#pragma once
#include <memory>

#include "projections/core/entity_fold.hpp"
#include "projections/deployments/keys.hpp"
#include "projections/deployments/row.hpp"

namespace hub::deployments {

/// A state is kept for `at=` every so many events of one deployment.
inline constexpr Version kHistoryEvery = 4'096;

/// Deployments for projections::EntityFold.
struct Table {
  using View = deployments::View;

  static Result<void> apply(std::optional<View>& view, const projections::Recorded& recorded);
  static std::optional<std::string> find(const projections::Store& store, std::string_view id);
  static Result<View> decode(std::string_view row);
  static std::string encode(const View& view);
  static std::string row_key(const View& view);
  static std::vector<projections::Link> links(const View& view);
  static std::vector<projections::Share> shares(const View& view);
  static projections::RowChange change(const View& view, const std::string& row);
  static std::optional<std::string> history_key(const View& view);
};

/// The projection "deployments".
std::shared_ptr<const projections::Projection> make_projection();

}  // namespace hub::deployments
