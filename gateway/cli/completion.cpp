#include <fmt/format.h>

#include "gateway/cli/command_line.hpp"

namespace hub::cli {
namespace {

std::string flags_of(const CLI::App& command) {
  std::string text;
  for (const auto* at = &command; at != nullptr; at = at->get_parent())
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames()) text += "--" + name + " ";
  return text;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// A line of the case statement: what may stand behind `path`.
void append_case(std::string& out, const std::string& path, const CLI::App& command) {
  std::string names;
  for (const auto* below : commands_of(command)) names += below->get_name() + " ";
  out += fmt::format("    '{}') words='{}{}' ;;\n", path, names, flags_of(command));
  for (const auto* below : commands_of(command))
    append_case(out, path.empty() ? below->get_name() : path + " " + below->get_name(), *below);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string groups;
  for (const auto* command : commands_of(app))
    if (!commands_of(*command).empty()) groups += (groups.empty() ? "" : "|") + command->get_name();
  std::string cases;
  append_case(cases, "", app);
  return "_computehub() {\n"
         "  local path='' words='' i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      --) COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")); return ;;\n"
         "      -*) ;;\n"
         "      *) case $path in\n"
         "           '') path=${COMP_WORDS[i]} ;;\n"
         "           " +
         groups +
         ") path+=\" ${COMP_WORDS[i]}\" ;;\n"
         "         esac ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _computehub computehub\n";
}

}  // namespace hub::cli
