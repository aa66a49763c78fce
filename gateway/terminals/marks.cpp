#include "gateway/terminals/marks.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "actors/deployments/deployment.hpp"
#include "adapters/providers/local/files.hpp"
#include "events/core/ids.hpp"

namespace hub::terminals {
namespace {

namespace local = providers::local;

bool is_terminal(std::string_view name) {
  return is_id(name) && prefix_of(name) == deployments::kTerminalPrefix;
}

}  // namespace

std::string Marks::folder_of(std::string_view deployment) const {
  return folder_ + "/" + std::string(deployment) + "/terminals";
}

Result<void> Marks::set(const Mark& mark) const {
  const auto folder = folder_of(mark.deployment);
  if ((::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) || !local::replace_file(folder, mark.terminal, {}))
    return unavailable("terminal.unavailable", std::string("it cannot be noted on disk: ") + std::strerror(errno));
  return success();
}

void Marks::remove(const Mark& mark) const {
  ::unlink((folder_of(mark.deployment) + "/" + mark.terminal).c_str());
}

std::vector<Marks::Mark> Marks::all() const {
  std::vector<Mark> marks;
  for (const auto& deployment : local::names_in(folder_))
    for (const auto& name : local::names_in(folder_of(deployment)))
      if (is_terminal(name)) marks.push_back({deployment, name});
  return marks;
}

}  // namespace hub::terminals
