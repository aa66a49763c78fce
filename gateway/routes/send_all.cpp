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

Acted acted_on(const std::string& id, const Result<engine::Reply>& reply, std::string_view hint) {
  Acted item{id, false, {}, {}};
  const auto* failure = !reply ? &reply.error() : reply.value().refusal ? &*reply.value().refusal : nullptr;
  if (failure != nullptr) {
    item.code = failure->code;
    item.detail = failure->detail;
  } else if (reply.value().pending) {
    item.code = "command.pending";
    item.detail = "it is on its way to the node that decides it" + std::string(hint);
  } else {
    item.ok = true;
  }
  return item;
}

asio::awaitable<void> reach_all(projections::Progress& progress, const Sending& sending, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto& reply = sending.reply(i);
    if (!reply || reply.value().refusal || reply.value().pending) continue;
    const bool reached = co_await reach(progress, reply.value().position);
    if (!reached) co_return;
  }
}

}  // namespace hub::routes
