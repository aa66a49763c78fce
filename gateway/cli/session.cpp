#include "gateway/cli/session.hpp"

#include <fmt/format.h>

#include "events/core/json.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

/// What the reader may do about it; "" when the text of the failure says it already.
std::string advice(const Failure& failure, Session& session) {
  // Those of Kafka name what to do themselves; the token here is not for the brokers.
  if (failure.code.compare(0, 6, "kafka.") == 0) return {};
  const auto client = session.client();
  const auto source = client ? client.value()->endpoint().token_source : std::string();
  if (failure.kind == FailureKind::unauthorised)
    return source.empty() ? "give a token with --token or COMPUTEHUB_TOKEN"
                          : fmt::format("the token came from {}; another one is given with --token", source);
  if (failure.kind == FailureKind::forbidden && failure.code.compare(0, 5, "auth.") == 0)
    return "ask an admin of the project for the role that this needs";
  if (failure.kind == FailureKind::too_many || failure.kind == FailureKind::unavailable)
    return failure.retry_after_ms > 0 ? fmt::format("try again in {}", to_text(milliseconds(failure.retry_after_ms)))
                                      : std::string();
  if (failure.kind == FailureKind::insufficient_storage) return "make room on the server's disk; reads go on meanwhile";
  return {};
}

std::string failure_json(const Failure& failure) {
  auto text = "{\"code\":" + json_string(to_valid_utf8(failure.code)) +
              ",\"detail\":" + json_string(to_valid_utf8(failure.detail));
  if (!failure.field.empty()) text += ",\"field\":" + json_string(to_valid_utf8(failure.field));
  return text + fmt::format(",\"exit_code\":{}}}", static_cast<int>(exit_of(failure)));
}

}  // namespace

Exit report(const Failure& failure, Session& session) {
  const auto exit = exit_of(failure);
  if (session.console.json) {
    session.console.err(failure_json(failure));
    return exit;
  }
  auto text = "computehub: " + printable(failure.detail);
  const bool names_field = failure.field.empty() || failure.detail.find(failure.field) != std::string::npos;
  if (!names_field) text += fmt::format(" (field {})", printable(failure.field));
  const bool ours = failure.code.compare(0, 4, "cli.") == 0 || failure.code.compare(0, 7, "config.") == 0;
  if (!ours) text += fmt::format(" [{}]", printable(failure.code));
  session.console.err(text);
  if (const auto next = ours ? std::string() : advice(failure, session); !next.empty())
    session.console.err("  " + next);
  return exit;
}

Exit show_answer(Session& session, std::string target, const std::function<void(const boost::json::value&)>& show) {
  const auto answer = session.get(std::move(target));
  if (!answer) return report(answer.error(), session);
  if (answer.value().age.micros > 0)
    session.console.err(fmt::format("computehub: this may be {} old: the server hears nothing of its brokers",
                                    span_text(answer.value().age)));
  if (session.console.json) {
    print_json(answer.value().body, session);
    return Exit::done;
  }
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  show(document.value());
  return Exit::done;
}

void note_rest(Session& session, const boost::json::value& document, std::size_t shown) {
  const auto cursor = text_at(document, "next_cursor");
  if (cursor.empty()) return;
  const auto total = number_at(document, "total");
  const auto at_least = number_at(document, "total_at_least");
  const auto of = total ? count_text(*total) : at_least ? count_text(*at_least) + " or more" : std::string("more");
  session.console.err(fmt::format("{} of {} shown; the next ones: --cursor {}", shown, of, cursor));
}

}  // namespace hub::cli
