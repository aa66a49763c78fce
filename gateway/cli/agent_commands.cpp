// Machines of one's own: the agent, and what is known of hosts.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/mp11.hpp>
#include <memory>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

struct AgentFlags {
  std::vector<std::string> servers;
  std::string name;
  std::filesystem::path token_file;
  bool replace = false;
  bool plain_http = false;
  std::string log_format = "text";
  std::string log_level = "info";
};

bool is_loopback(const Endpoint& endpoint) {
  return ListenAddress{endpoint.host, endpoint.port}.is_loopback();
}

std::string name_of_machine() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

template <class Enum>
Enum named(std::string_view name) {
  Enum found{};
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto one) {
    if (name == one.name) found = one.value;
  });
  return found;
}

std::string variable(const Session& session, const std::string& name) {
  const auto found = session.environment.find(name);
  return found == session.environment.end() ? std::string() : found->second;
}

Result<std::vector<Endpoint>> servers_of(const Session& session, const AgentFlags& flags) {
  std::vector<Endpoint> servers;
  for (const auto& given : flags.servers) {
    HUB_TRY(auto endpoint, parse_url(given));
    endpoint.ca = session.flags.ca.empty() ? variable(session, "COMPUTEHUB_CA") : session.flags.ca.string();
    if (!endpoint.tls() && !is_loopback(endpoint) && !flags.plain_http)
      return wrong_usage(fmt::format(
          "{} is plain http: tokens and secrets would cross the network in the clear. Use https, or say --plain-http",
          endpoint.url()));
    servers.push_back(std::move(endpoint));
  }
  return servers;
}

Result<AgentOptions> agent_options(const Session& session, const AgentFlags& flags) {
  if (!session.flags.token.empty())
    return wrong_usage(
        "a token on a command line is seen by everybody on the machine: use COMPUTEHUB_TOKEN or "
        "--token-file");
  AgentOptions options;
  HUB_TRY(options.servers, servers_of(session, flags));
  options.name = flags.name.empty() ? name_of_machine() : flags.name;
  options.data = session.flags.data;
  options.token_file = flags.token_file;
  options.token = variable(session, "COMPUTEHUB_TOKEN");
  if (options.token_file.empty() && options.token.empty())
    return wrong_usage("no token is given: use COMPUTEHUB_TOKEN or --token-file");
  options.replace = flags.replace;
  options.log_format = named<LogFormat>(flags.log_format);
  options.log_level = named<LogLevel>(flags.log_level);
  return options;
}

Exit run(CommandLine& line, const AgentFlags& flags) {
  const auto options = agent_options(line.session, flags);
  if (!options) return report(options.error(), line.session);
  return run_hook(line.session, line.local.agent, options.value());
}

std::string gpus_of(const boost::json::value& host) {
  std::string text;
  for (const auto& gpu : array_at(host, "gpus"))
    text +=
        fmt::format("{}{} x {}", text.empty() ? "" : ", ", number_at(gpu, "count").value_or(0), text_at(gpu, "model"));
  return text.empty() ? "-" : text;
}

Exit list_hosts(Session& session) {
  return show_answer(session, "/api/v1/hosts?page_size=1000", [&](const boost::json::value& document) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& host : array_at(document, "items")) {
      const auto status = text_at(host, "status");
      rows.push_back({{text_at(host, "name")},
                      {text_at(host, "kind")},
                      {status, status == "online" ? Colour::green : Colour::yellow},
                      {std::to_string(number_at(host, "cpus").value_or(0))},
                      {bytes_text(number_at(host, "memory_bytes").value_or(0))},
                      {gpus_of(host)},
                      {std::to_string(number_at(host, "running").value_or(0))}});
    }
    session.console.out(
        render_table({{"NAME"}, {"KIND"}, {"STATUS"}, {"CPUS", true}, {"MEMORY", true}, {"GPUS"}, {"RUNNING", true}},
                     rows, session.console));
  });
}

}  // namespace

void add_agent_command(CLI::App& app, CommandLine& line) {
  auto flags = std::make_shared<AgentFlags>();
  auto* agent = line.add(app, "agent", "attach this machine to a server, to run deployments for it",
                         "COMPUTEHUB_TOKEN=… computehub agent --server https://hub.example.com --name gpu-box\n"
                         "computehub agent --server https://a:8443,https://b:8443 --token-file /etc/computehub/token",
                         [&line, flags] { return run(line, *flags); });
  agent->add_option("--server", flags->servers, "servers to connect to, tried in turn")
      ->delimiter(',')
      ->required()
      ->type_name("URL[,URL…]");
  agent->add_option("--name", flags->name, "name of the host, by default this machine's")->type_name("NAME");
  agent
      ->add_option("--token-file", flags->token_file,
                   "file whose first line is the token, in place of COMPUTEHUB_TOKEN")
      ->type_name("FILE");
  agent->add_flag("--replace", flags->replace, "take the place of another machine of this name that is away");
  agent->add_flag("--plain-http", flags->plain_http, "allow http to another machine: nothing is encrypted");
  agent->add_option("--log-format", flags->log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
  agent->add_option("--log-level", flags->log_level, "trace, debug, info, warning or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
  line.add(app, "hosts", "machines that take deployments", "computehub hosts",
           [&line] { return list_hosts(line.session); });
}

}  // namespace hub::cli
