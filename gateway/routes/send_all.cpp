#include "gateway/routes/send_all.hpp"

#include "gateway/routes/await.hpp"

namespace hub::routes {

asio::awaitable<std::shared_ptr<Sending>> send_all(Services& services, Inputs& inputs) {
  const auto executor = co_await asio::this_coro::executor;
  auto sending = std::make_shared<Sending>(inputs.size() + 1);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        sending->when_done([executor, shared] { asio::post(executor, [shared]() mutable { std::move (*shared)(); }); });
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          if (!inputs[i]) {
            sending->set(i, inputs[i].error());
            continue;
          }
          const auto submitted = services.engine.submit(
              std::move(inputs[i]).value(), [sending, i](const engine::Reply& reply) { sending->set(i, reply); });
          if (!submitted) sending->set(i, submitted.error());
        }
        // Its own share: nothing is done before all are under way.
        sending->set(inputs.size(), engine::Reply{});
      },
      asio::use_awaitable);
  co_return sending;
}

}  // namespace hub::routes
