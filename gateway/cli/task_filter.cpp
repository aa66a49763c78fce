#include "gateway/cli/task_filter.hpp"

#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {

bool TaskFilter::is_given() const {
  for (const auto* value : {&status, &model, &type, &priority, &label, &text, &since, &until})
    if (!value->empty()) return true;
  return false;
}

void add_filter_flags(CLI::App& command, TaskFilter& filter, const std::string& status_help) {
  command.add_option("--status", filter.status, status_help)->type_name("STATUS");
  command.add_option("--model", filter.model, "only of this model, by name or id")->type_name("NAME");
  command.add_option("--type", filter.type, "only of this type")->type_name("TYPE");
  command.add_option("--priority", filter.priority, "only of this priority, 1 to 3")->type_name("N");
  command.add_option("--label", filter.label, "only with this label")->type_name("K=V");
  command.add_option("--text", filter.text, "only with this in the model's name, id or labels")->type_name("TEXT");
  command.add_option("--since", filter.since, "made since a time, or a span ago (10m)")->type_name("TIME");
  command.add_option("--until", filter.until, "made before a time, or a span ago")->type_name("TIME");
  command.add_option("--project", filter.project, "only of this project")->type_name("NAME");
}

Result<std::vector<std::pair<std::string, std::string>>> parameters_of(const TaskFilter& filter, Instant now) {
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"status", filter.status}, {"model", filter.model}, {"type", filter.type},      {"priority", filter.priority},
      {"label", filter.label},   {"text", filter.text},   {"project", filter.project}};
  const std::pair<const char*, const std::string*> times[] = {{"from", &filter.since}, {"to", &filter.until}};
  for (const auto& [name, text] : times) {
    if (text->empty()) continue;
    HUB_TRY(const auto moment, parse_moment(*text, now));
    parameters.emplace_back(name, to_rfc3339(moment));
  }
  return parameters;
}

}  // namespace hub::cli
