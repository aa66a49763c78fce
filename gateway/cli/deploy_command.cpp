#include <fmt/format.h>

#include <memory>

#include "events/core/ids.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/create_request.hpp"
#include "gateway/cli/deployment_view.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/follow.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/settle.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20U;

struct Deploy {
  DeployFlags flags;
  std::string file, wait, timeout = "30s", idempotency_key, project;
  bool follow = false, dry_run = false;
};

Result<std::string> body_of(const Deploy& deploy) {
  json::object body;
  if (!deploy.file.empty()) {
    HUB_TRY(const auto yaml, read_given(deploy.file, kYamlBytesMax, "-f"));
    HUB_TRY(body, read_deploy_file(yaml, deploy.file == "-" ? "standard input" : deploy.file));
  }
  HUB_TRY(apply_flags(deploy.flags, body));
  return json::serialize(body);
}

Result<HttpAnswer> post(Session& session, const Deploy& deploy) {
  HUB_TRY(const auto timeout, parse_duration(deploy.timeout));
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/deployments" + query_string({{"project", deploy.project},
                                                         {"dry_run", deploy.dry_run ? "true" : ""},
                                                         {"wait", deploy.wait},
                                                         {"timeout", deploy.wait.empty() ? "" : to_text(timeout)}});
  HUB_TRY(request.body, body_of(deploy));
  // With a key the request may be sent again when its answer got lost, without a second deployment.
  request.idempotency_key = deploy.idempotency_key.empty() ? random_command_id() : deploy.idempotency_key;
  if (!deploy.wait.empty()) request.timeout.micros += timeout.micros;
  return change_deployment(session, request);
}

Exit show_plan(Session& session, const json::value& plan) {
  const auto price = number_at(plan, "price_usd_micro_per_hour");
  const auto& refused = array_at(plan, "refused");
  session.console.out(render_fields(
      {{"provider", {text_at(plan, "provider")}},
       {"host", {text_at(plan, "host")}},
       {"price", {price ? usd_text(*price) + "/h" : ""}},
       {"would be refused", {refused.empty() ? "no" : "yes", refused.empty() ? Colour::green : Colour::red}}},
      session.console));
  for (const auto& reason : refused)
    session.console.line(
        fmt::format("  {} [{}]", printable(text_at(reason, "detail")), printable(text_at(reason, "code"))));
  return refused.empty() ? Exit::done : Exit::failed;
}

/// The id alone on standard output, so that a script can take it; the rest is for people.
void announce(Session& session, const json::value& deployment, bool followed) {
  const auto id = text_at(deployment, "id");
  if (session.console.json) return;
  session.console.line(id);
  session.console.err(printable(text_at(deployment, "name")) + " is " + printable(status_text(deployment)));
  if (!followed)
    session.console.err(fmt::format("watch it:  computehub logs -f {0}\n           computehub show {0}", id));
}

Exit deploy_one(CommandLine& line, Deploy deploy) {
  auto& session = line.session;
  deploy.flags.command = line.behind_dashes;
  const auto answer = post(session, deploy);
  if (!answer) return report(answer.error(), session);
  const auto document = parse_answer(answer.value().body);
  if (!document) return report(document.error(), session);
  if (session.console.json) print_json(answer.value().body, session);
  if (deploy.dry_run) {
    if (!session.console.json) return show_plan(session, document.value());
    return array_at(document.value(), "refused").empty() ? Exit::done : Exit::failed;
  }
  announce(session, document.value(), deploy.follow);
  if (deploy.follow) return follow_to_the_end(session, text_at(document.value(), "id"));
  const auto status = text_at(document.value(), "status");
  if (deploy.wait.empty() || status == deploy.wait) return Exit::done;
  session.console.err(fmt::format("computehub: not {} within {}, but {}", deploy.wait, deploy.timeout,
                                  printable(status_text(document.value()))));
  return Exit::failed;
}

void add_spec_flags(CLI::App& command, DeployFlags& flags) {
  command.add_option("--name", flags.name, "by default that of the command")->type_name("NAME");
  command.add_option("--provider", flags.provider, "by default local")->type_name("NAME");
  command.add_option("--host", flags.host, "machine of \"computehub hosts\" that runs it")->type_name("NAME");
  command.add_option("--image", flags.image, "container image")->type_name("IMAGE");
  command.add_option("--env", flags.env, "repeatable")->type_name("K=V")->expected(1)->take_all();
  command.add_option("--secret", flags.secrets, "a stored secret as variable, repeatable")
      ->type_name("K=NAME")
      ->expected(1)
      ->take_all();
  command.add_option("--port", flags.ports, "[NAME:]PORT[/PROTOCOL], repeatable")
      ->type_name("PORT")
      ->expected(1)
      ->take_all();
  command.add_option("--label", flags.labels, "repeatable")->type_name("K=V")->expected(1)->take_all();
  command.add_option("--file", flags.files, "put a file into its folder, repeatable")
      ->type_name("LOCAL:PATH")
      ->expected(1)
      ->take_all();
  command.add_option("--gpu", flags.gpu, "as \"RTX 4090:2\"")->type_name("MODEL:COUNT");
  command.add_option("--cpus", flags.cpus, "as 0.5 or 4")->type_name("N");
  command.add_option("--memory", flags.memory, "as 512MiB")->type_name("SIZE");
  command.add_option("--processes", flags.processes, "at most so many")->type_name("N");
  command.add_option("--restart", flags.restart, "never (default), on-failure or always")->type_name("POLICY");
  command.add_option("--max-restarts", flags.max_restarts, "restarts in a row at most")->type_name("N");
  command.add_option("--stop-grace", flags.stop_grace, "from SIGTERM to SIGKILL, 10s by default")->type_name("SPAN");
  command.add_option("--price", flags.price, "what it costs in USD per hour, as 0.35")->type_name("USD");
  command.add_flag("--stopped", flags.stopped, "make it, but do not start it");
}

}  // namespace

void add_deploy_command(CLI::App& app, CommandLine& line) {
  auto deploy = std::make_shared<Deploy>();
  auto* command = line.add(app, "deploy", "start a command as a deployment: deploy [flags] -- COMMAND [ARGUMENTS…]",
                           "computehub deploy --name hello -- sh -c 'echo hello; sleep 60'\n"
                           "computehub deploy --memory 2GiB --restart on-failure --follow -- python3 train.py\n"
                           "computehub deploy -f deployment.yaml --name another",
                           [&line, deploy] { return deploy_one(line, *deploy); });
  command->add_option("-f", deploy->file, "YAML in the API's shape; - is standard input; flags go over it")
      ->type_name("FILE");
  add_spec_flags(*command, deploy->flags);
  command->add_option("--project", deploy->project, "by default the token's")->type_name("NAME");
  command->add_option("--wait", deploy->wait, "wait for a status, as running")->type_name("STATUS");
  command->add_option("--timeout", deploy->timeout, "of --wait, 30s by default")->type_name("SPAN");
  command->add_option("--idempotency-key", deploy->idempotency_key, "the same key makes one deployment only")
      ->type_name("KEY");
  command->add_flag("--follow", deploy->follow, "show status and logs until it ends; exit code 1 when it failed");
  command->add_flag("--dry-run", deploy->dry_run, "show what would happen");
}

}  // namespace hub::cli
