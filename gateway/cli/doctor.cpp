#include "gateway/cli/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/core/json.hpp"
#include "gateway/cli/table.hpp"

namespace hub::cli {
namespace {

std::string_view state_name(Check::State state) {
  switch (state) {
    case Check::State::good:
      return "good";
    case Check::State::warning:
      return "warning";
    case Check::State::bad:
      return "bad";
  }
  return "bad";
}

Colour state_colour(Check::State state) {
  if (state == Check::State::good) return Colour::green;
  return state == Check::State::warning ? Colour::yellow : Colour::red;
}

void print_as_json(const std::vector<Check>& checks, Console& console) {
  std::string text = "{\"items\":[";
  for (const auto& check : checks) {
    if (text.back() != '[') text += ',';
    text += fmt::format(R"({{"name":{},"state":"{}","text":{},"advice":{}}})", json_string(to_valid_utf8(check.name)),
                        state_name(check.state), json_string(to_valid_utf8(check.text)),
                        json_string(to_valid_utf8(check.advice)));
  }
  console.line(text + "]}");
}

void print_as_text(const std::vector<Check>& checks, Console& console) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& check : checks)
    rows.push_back({{check.name}, {std::string(state_name(check.state)), state_colour(check.state)}, {check.text}});
  // The text is the point of it, so nothing is cut.
  console.out(render_table({{"CHECK"}, {"STATE"}, {"WHAT WAS FOUND"}}, rows, console));
  for (const auto& check : checks)
    if (!check.advice.empty()) console.line(fmt::format("{}: {}", check.name, check.advice));
}

}  // namespace

Exit run_doctor(Session& session, const ServeOptions& options,
                const std::function<std::vector<Check>(const ServeOptions&)>& more) {
  const auto now = session.console.now();
  const auto path = session.environment.find("PATH");
  std::vector<Check> checks{check_address(session, options),
                            check_clock(now),
                            check_disk(options.data, now),
                            check_keys(options.data),
                            check_podman(path == session.environment.end() ? std::string() : path->second),
                            check_cgroups("/sys/fs/cgroup"),
                            check_gpu()};
  auto known = options;
  if (checks.front().name == "server") {
    std::string node;
    for (auto& check : check_cluster(session, node)) checks.push_back(std::move(check));
    if (known.node.empty()) known.node = node;
  }
  if (more) {
    for (auto& other : more(known)) {
      const auto same = std::find_if(checks.begin(), checks.end(), [&](const auto& c) { return c.name == other.name; });
      if (same != checks.end())
        *same = std::move(other);
      else
        checks.push_back(std::move(other));
    }
  }
  if (session.console.json)
    print_as_json(checks, session.console);
  else
    print_as_text(checks, session.console);
  const bool bad =
      std::any_of(checks.begin(), checks.end(), [](const auto& check) { return check.state == Check::State::bad; });
  return bad ? Exit::failed : Exit::done;
}

}  // namespace hub::cli
