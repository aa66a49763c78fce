#include "gateway/cli/model_view.hpp"

#include <fmt/format.h>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

Colour model_colour(const json::value& model) {
  if (value_at(model, "cooling_down").is_object()) return Colour::red;
  const auto status = text_at(model, "status");
  return status == "online" ? Colour::green : status == "offline" ? Colour::grey : Colour::yellow;
}

/// Of a million tokens, those asked and those answered.
std::string price_text(const json::value& model) {
  const auto& price = value_at(model, "price");
  const auto prompt = number_at(price, "prompt_usd_micro_per_million").value_or(0);
  const auto completion = number_at(price, "completion_usd_micro_per_million").value_or(0);
  if (prompt == 0 && completion == 0) return "-";
  return fmt::format("{} / {}", usd_text(prompt), usd_text(completion));
}

}  // namespace

std::string model_status_text(const json::value& model, Instant now) {
  const auto& cooling = value_at(model, "cooling_down");
  if (!cooling.is_object()) return text_at(model, "status");
  const auto until = instant_at(cooling, "until");
  const auto left = until > now ? fmt::format(" for {}", span_text(until - now)) : std::string();
  return fmt::format("{}, cooling down{}: {}", text_at(model, "status"), left, text_at(cooling, "code"));
}

std::string models_table(const json::array& items, const Console& console) {
  const std::vector<Column> columns = {{"NAME", false, 12}, {"TYPE"},          {"STATUS", false, 10},
                                       {"SLOTS", true},     {"PENDING", true}, {"PRICE/M TOKENS", true}};
  std::vector<std::vector<Cell>> rows;
  for (const auto& item : items)
    rows.push_back(
        {{text_at(item, "name")},
         {text_at(item, "type")},
         {model_status_text(item, console.now()), model_colour(item)},
         {fmt::format("{} of {}", number_at(item, "running").value_or(0), number_at(item, "max_workers").value_or(0))},
         {count_text(number_at(item, "pending").value_or(0))},
         {price_text(item)}});
  return render_table(columns, rows, console);
}

}  // namespace hub::cli
