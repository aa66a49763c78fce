#include "gateway/routes/list_query.hpp"

namespace hub::routes {

Result<std::vector<std::string>> projects_of(const http::Request& request) {
  if (const auto named = request.query.get("project")) {
    HUB_TRY(require(request, accounts::Role::viewer, *named));
    return std::vector<std::string>{std::string(*named)};
  }
  std::vector<std::string> projects;
  for (const auto& [project, role] : request.principal->roles)
    if (role >= accounts::Role::viewer) projects.push_back(project);
  return projects;
}

Result<std::map<std::string, std::string>> label_in(const http::Request& request) {
  std::map<std::string, std::string> labels;
  const auto label = request.query.get("label");
  if (!label) return labels;
  const auto equals = label->find('=');
  if (equals == 0 || equals == std::string_view::npos) return invalid("query.range", "must be key=value", "label");
  labels.emplace(label->substr(0, equals), label->substr(equals + 1));
  return labels;
}

}  // namespace hub::routes
