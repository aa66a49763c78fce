#include "projections/deployments/table.hpp"

#include "events/deployments/events.hpp"

namespace hub::deployments {
namespace {

// Raised when rows or keys change their shape, or the fold its meaning: a new folder is then built from the log.
constexpr std::uint32_t kProjectionVersion = 3;

std::string with_place(std::string key, const View& view) {
  append_place(key, view.created_at, view.id);
  return key;
}

class DeploymentsProjection final : public projections::Projection {
 public:
  std::string_view name() const override { return "deployments"; }
  std::uint32_t version() const override { return kProjectionVersion; }
  bool concerns(const log::Record& record) const override {
    return record.kind == log::RecordKind::event &&
           std::string_view(record.entity).substr(0, kDeploymentPrefix.size()) == kDeploymentPrefix;
  }
  std::unique_ptr<projections::Folding> fold(const projections::Store& store) const override {
    return std::make_unique<projections::EntityFold<Table>>(store);
  }
};

}  // namespace

Result<void> Table::apply(std::optional<View>& view, const projections::Recorded& recorded) {
  return deployments::apply(view, recorded.record, recorded.position, recorded.index_time);
}

std::optional<std::string> Table::find(const projections::Store& store, std::string_view id) {
  const auto key = store.get(id_key(id));
  return key ? store.get(*key) : std::nullopt;
}

Result<View> Table::decode(std::string_view row) {
  return view_of(row);
}
std::string Table::encode(const View& view) {
  return encode_row(view);
}

std::string Table::row_key(const View& view) {
  return with_place(row_prefix(view.status == Status::deleted ? kDeletedTable : kRowTable, view.project), view);
}

std::vector<projections::Link> Table::links(const View& view) {
  std::vector<projections::Link> links{{id_key(view.id), row_key(view)}};
  if (view.status == Status::deleted) return links;
  links.push_back({with_place(status_prefix(view.project, view.status), view), {}});
  links.push_back({with_place(owner_prefix(view.project, view.owner), view), {}});
  links.push_back({name_prefix(view.project, view.name) + view.id, {}});
  return links;
}

std::vector<projections::Share> Table::shares(const View& view) {
  std::vector<projections::Share> shares{{sum_key(Sum::status, view.project, status_name(view.status)), 1}};
  if (view.status == Status::deleted) return shares;
  shares.push_back({sum_key(Sum::live, view.project, {}), 1});
  shares.push_back({sum_key(Sum::owner, view.project, view.owner), 1});
  shares.push_back({sum_key(Sum::provider, view.project, view.provider), 1});
  if (view.billing.since.is_set())
    shares.push_back({sum_key(Sum::price, view.project, view.provider), view.price_usd_micro_per_hour});
  return shares;
}

projections::RowChange Table::change(const View& view, const std::string& row) {
  using Op = projections::RowChange::Op;
  const auto decoded = decode_row(row);
  return {view.id, view.project, view.status == Status::deleted ? Op::remove : Op::put,
          std::make_shared<const std::string>(decoded.value().json), view.position};
}

std::optional<std::string> Table::history_key(const View& view) {
  if (view.version % kHistoryEvery != 0) return std::nullopt;
  return deployments::history_key(view.id, view.version);
}

std::shared_ptr<const projections::Projection> make_projection() {
  return std::make_shared<const DeploymentsProjection>();
}

}  // namespace hub::deployments
