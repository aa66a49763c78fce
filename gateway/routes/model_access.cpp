#include "gateway/routes/model_access.hpp"

#include <algorithm>

#include "events/models/name_events.hpp"
#include "gateway/routes/command.hpp"

namespace hub::routes {
namespace {

/// What was found, when the caller may have it; else as if it were not there.
template <class View>
Result<View> admit(Services& services, const http::Request& request, Result<View> found, accounts::Role role,
                   const Failure& absent) {
  if (!found) return found;
  const auto& project = found.value().project;
  if (!request.principal->may(accounts::Role::viewer, project)) {
    note_missing_right(request, project);
    services.refused_access(request, 404, project);
    return absent;
  }
  HUB_TRY(require(request, role, project));
  return found;
}

template <class View>
Result<View> noted(const http::Request& request, Result<View> found, std::string_view id) {
  if (!found && found.error().kind == FailureKind::not_found) note_missing(request, id);
  return found;
}

}  // namespace

Result<model_rows::View> model_of(Services& services, const http::Request& request, std::string_view text,
                                  accounts::Role role) {
  const auto absent = not_found("model.not_found", "no such model");
  const bool names_project = request.query.get("project").has_value();
  if (is_id(text) && !names_project) {
    auto found = noted(request, services.models.view(text), text);
    return admit(services, request, std::move(found), role, absent);
  }
  HUB_TRY(const auto project, project_of(request, role));
  if (is_id(text)) {
    auto found = noted(request, services.models.view(text), text);
    if (found && found.value().project != project) return absent;
    return found;
  }
  const auto id = services.models.resolve(text, {project});
  if (!id) {
    // Its name may have been given away at another node.
    note_missing(request, models::names_id(request.principal->organisation, project));
    return id.error();
  }
  return services.models.view(id.value());
}

Result<std::vector<std::string>> fallbacks_of(Services& services, const std::string& project, std::string_view self,
                                              const std::vector<std::string>& named) {
  std::vector<std::string> ids;
  for (const auto& text : named) {
    const auto id = is_id(text) ? Result<std::string>(text) : services.models.resolve(text, {project});
    const auto model = id ? services.models.view(id.value()) : Result<model_rows::View>(id.error());
    if (!model || model.value().project != project)
      return invalid("model.fallbacks", "no model of this project has this id or name", "fallbacks");
    if (model.value().id == self || std::find(ids.begin(), ids.end(), model.value().id) != ids.end())
      return invalid("model.fallbacks", "must be other models, each once", "fallbacks");
    ids.push_back(model.value().id);
  }
  return ids;
}

Result<task_rows::View> task_of(Services& services, const http::Request& request, std::string_view id,
                                accounts::Role role) {
  const auto absent = not_found("task.not_found", "no such task");
  if (!is_id(id)) return absent;
  auto found = noted(request, services.tasks.view(id), id);
  return admit(services, request, std::move(found), role, absent);
}

}  // namespace hub::routes
