#include "gateway/routes/catch_up.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <numeric>
#include <set>

namespace hub::routes {

std::vector<PartitionId> partitions_of(const std::vector<std::string>& entities, std::uint32_t partitions) {
  std::set<PartitionId> some;
  for (const auto& id : entities)
    if (is_id(id)) some.insert(partition_of(id, partitions));
  if (!some.empty()) return {some.begin(), some.end()};
  std::vector<PartitionId> all(partitions);
  std::iota(all.begin(), all.end(), PartitionId{0});
  return all;
}

asio::awaitable<Result<void>> catch_up(log::Log& log, std::vector<std::string> entities) {
  using Known = std::shared_ptr<Result<void>>;
  const auto executor = co_await asio::this_coro::executor;
  const auto partitions = partitions_of(entities, log.partitions());
  auto initiation = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    log.when_read(partitions, [executor, shared](Result<void> result) {
      asio::post(executor, [shared, known = std::make_shared<Result<void>>(std::move(result))]() mutable {
        std::move (*shared)(std::move(known));
      });
    });
  };
  const auto known =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Known)>(initiation, asio::use_awaitable);
  co_return std::move(*known);
}

}  // namespace hub::routes
