// What a server that runs says of the nodes that share its log.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>

#include "gateway/cli/doctor.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;
using State = Check::State;

/// Behind by more, a node answers what is not true any more.
constexpr double kLagMaxSeconds = 10;

double seconds_at(const json::value& object, std::string_view name) {
  const auto& value = value_at(object, name);
  if (value.is_double()) return value.get_double();
  return static_cast<double>(number_at(object, name).value_or(0));
}

struct Lag {
  std::int64_t records = 0;
  double seconds = 0;

  void add(const json::value& lag) {
    records += number_at(lag, "records").value_or(0);
    seconds = std::max(seconds, seconds_at(lag, "seconds"));
  }
  std::string text() const { return fmt::format("{} records, {:.1f} s", count_text(records), seconds); }
};

Check check_partitions(const json::value& cluster) {
  std::size_t here = 0, unowned = 0;
  std::int64_t epoch_min = INT64_MAX, epoch_max = 0;
  const auto& partitions = array_at(cluster, "partitions");
  for (const auto& partition : partitions) {
    if (const auto fault = text_at(partition, "fault"); !fault.empty())
      return {
          "partitions", State::bad,
          fmt::format("partition {} is not read any more: {}", number_at(partition, "partition").value_or(0), fault),
          "start this node again; it says what to do"};
    if (text_at(partition, "owner").empty()) ++unowned;
    if (value_at(partition, "owned_here") != true) continue;
    ++here;
    const auto epoch = number_at(partition, "epoch").value_or(0);
    epoch_min = std::min(epoch_min, epoch);
    epoch_max = std::max(epoch_max, epoch);
  }
  auto text = fmt::format("{} owns {} of {}", text_at(cluster, "node"), here, partitions.size());
  if (here > 0) text += fmt::format(", epochs {} to {}", epoch_min, epoch_max);
  for (const auto& node : array_at(cluster, "nodes"))
    if (text_at(node, "name") != text_at(cluster, "node"))
      text += fmt::format("; {} {}", text_at(node, "name"), number_at(node, "partitions").value_or(0));
  if (unowned == 0) return {"partitions", State::good, text, ""};
  return {"partitions", State::warning, fmt::format("{}; nobody has claimed {} yet", text, unowned),
          "start a node that is not --read-only"};
}

Check check_lag(const json::value& cluster) {
  Lag copy, projections;
  for (const auto& partition : array_at(cluster, "partitions")) {
    copy.add(value_at(value_at(partition, "lag"), "copy"));
    projections.add(value_at(value_at(partition, "lag"), "projections"));
  }
  auto text = fmt::format("copy {} behind the brokers; projections {} behind it; {} commands wait", copy.text(),
                          projections.text(), count_text(number_at(cluster, "commands_waiting").value_or(0)));
  if (value_at(cluster, "brokers_away") == true)
    return {"lag", State::bad,
            fmt::format("no broker answers since {:.0f} s; {}", seconds_at(cluster, "brokers_silent_seconds"), text),
            "see that the brokers run, and that this machine reaches them"};
  if (copy.seconds > kLagMaxSeconds || projections.seconds > kLagMaxSeconds)
    return {"lag", State::warning, text, "it catches up by itself; when it does not, its log says why"};
  return {"lag", State::good, text, ""};
}

Check check_transactions(const json::value& cluster) {
  const auto& done = value_at(cluster, "transactions");
  const auto count = [&](std::string_view name) { return count_text(number_at(done, name).value_or(0)); };
  return {"transactions", State::good,
          fmt::format("{}, p50 {:g} ms, p99 {:g} ms; {} producers recycled, {} fenced, {} records void", count("count"),
                      seconds_at(done, "p50_ms"), seconds_at(done, "p99_ms"), count("recycles"), count("fences"),
                      count("voids")),
          ""};
}

Check check_letters(const json::value& cluster) {
  const auto letters = number_at(cluster, "dead_letters").value_or(0);
  auto text = fmt::format("{} dead letters; {} foreign records since the start", count_text(letters),
                          count_text(number_at(cluster, "foreign_records").value_or(0)));
  if (letters == 0) return {"letters", State::good, text, ""};
  return {"letters", State::warning, text, "computehub dead-letters list"};
}

}  // namespace

std::vector<Check> check_cluster(Session& session, std::string& node) {
  const auto answer = session.call({"GET", "/api/v1/system/cluster", {}, {}, seconds(10)});
  // That it does not answer is said already.
  if (!answer && answer.error().code == "cli.unreachable") return {};
  if (!answer)
    return {{"cluster", State::warning, "was not told: " + answer.error().detail,
             "give the token of an admin with --token or COMPUTEHUB_TOKEN"}};
  const auto document = parse_answer(answer.value().body);
  if (!document)
    return {{"cluster", State::bad, document.error().detail, "use the computehub of the server's release"}};
  const auto& cluster = document.value();
  if (text_at(cluster, "log") != "kafka") return {check_letters(cluster)};
  node = text_at(cluster, "node");
  return {check_partitions(cluster), check_lag(cluster), check_transactions(cluster), check_letters(cluster)};
}

}  // namespace hub::cli
