#include <memory>

#include "gateway/cli/server_flags.hpp"

namespace hub::cli {
namespace {

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& help) {
  auto* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  return group;
}

void add_audit(CLI::App& app, CommandLine& line) {
  auto* audit = add_group(app, "audit", "verify the record, export it, print checkpoints and the public keys");
  auto verify = std::make_shared<AuditVerify>();
  auto* command = line.add(
      *audit, "verify",
      "check every record, hash and signature, that each signature is there when it is due (a second behind the "
      "oldest record without one, as long as records come), and the indexes; exit code 5 names the first bad one",
      "computehub audit verify --data /var/lib/computehub\n"
      "computehub audit verify --file export.ndjson --public-key public-key.pem --against CHECKPOINT",
      [&line, verify] {
        verify->data = line.session.flags.data;
        return run_hook(line.session, line.local.audit_verify, *verify, line.session.console);
      });
  command->add_option("--file", verify->file, "an export, not the folder")->type_name("EXPORT");
  command
      ->add_option("--public-key", verify->public_keys,
                   "PEM of one or more; may be given several times; by default those beside the log")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--against", verify->against, "a checkpoint kept elsewhere; finds a record that was cut")
      ->type_name("CHECKPOINT");

  auto exported = std::make_shared<AuditExport>();
  exported->file = "-";
  line.add(*audit, "export", "write the whole record as lines of JSON", "computehub audit export --file export.ndjson",
           [&line, exported] {
             exported->data = line.session.flags.data;
             return run_hook(line.session, line.local.audit_export, *exported, line.session.console);
           })
      ->add_option("--file", exported->file, "by default standard output")
      ->type_name("FILE");
  line.add(*audit, "checkpoint", "print where the record stands, to keep elsewhere for --against",
           "computehub audit checkpoint > checkpoint.txt", [&line] {
             return run_hook(line.session, line.local.audit_checkpoint, line.session.flags.data, line.session.console);
           });
  line.add(*audit, "key", "print the public keys of the checkpoints", "computehub audit key > public-key.pem", [&line] {
    return run_hook(line.session, line.local.audit_key, line.session.flags.data, line.session.console);
  });
}

Exit replay(CommandLine& line, Replay wanted) {
  wanted.data = line.session.flags.data;
  if (wanted.id.empty() == wanted.to.empty())
    return report(wrong_usage("give the id of one deployment, or --to FOLDER for the whole system"), line.session);
  return run_hook(line.session, line.local.replay, wanted, line.session.console);
}

void add_replay(CLI::App& app, CommandLine& line) {
  auto wanted = std::make_shared<Replay>();
  auto* command =
      line.add(app, "replay", "states and events of a deployment, or the whole system as it was",
               "computehub replay dep_… --at 2026-03-01T12:00:00Z\n"
               "computehub replay --at 2026-03-01T12:00:00Z --to then && computehub serve --read-only --data then",
               [&line, wanted] { return replay(line, *wanted); });
  command->add_option("deployment", wanted->id, "id")->type_name("ID");
  command->add_option("--at", wanted->at, "up to a time or position; by default the end")->type_name("TIME");
  command->add_option("--to", wanted->to, "new folder for the whole system")->type_name("FOLDER");
}

void add_projections(CLI::App& app, CommandLine& line) {
  auto* group = add_group(app, "projections", "rebuild or verify what queries are answered from");
  const auto add = [&](const std::string& name, const std::string& help, const auto member) {
    auto wanted = std::make_shared<Projections>();
    line.add(*group, name, help, "computehub projections " + name,
             [&line, wanted, member] {
               wanted->data = line.session.flags.data;
               return run_hook(line.session, line.local.*member, *wanted, line.session.console);
             })
        ->add_option("names", wanted->names, "which; by default all")
        ->type_name("NAME…");
  };
  add("rebuild", "make them anew from the log", &Commands::projections_rebuild);
  add("verify", "compare them with the log; exit code 5 when one differs", &Commands::projections_verify);
}

void add_backup(CLI::App& app, CommandLine& line) {
  auto saved = std::make_shared<Backup>();
  auto* backup = line.add(app, "backup", "copy the record and the output of a stopped server, verified",
                          "computehub backup --to /backup/monday", [&line, saved] {
                            saved->data = line.session.flags.data;
                            return run_hook(line.session, line.local.backup, *saved, line.session.console);
                          });
  backup->add_option("--to", saved->other, "new folder")->required()->type_name("FOLDER");
  backup->add_flag("--with-keys", saved->keys,
                   "the keys folder too: whoever has the backup can then read what is sealed and sign in its name");
  auto restored = std::make_shared<Backup>();
  line.add(app, "restore", "make a data folder of a backup",
           "computehub restore --from /backup/monday --data /var/lib/computehub",
           [&line, restored] {
             restored->data = line.session.flags.data;
             return run_hook(line.session, line.local.restore, *restored, line.session.console);
           })
      ->add_option("--from", restored->other, "folder that backup made")
      ->required()
      ->type_name("FOLDER");
}

constexpr std::string_view kLogOptions[] = {"log",       "kafka-brokers", "kafka-conf", "kafka-conf-file",
                                            "namespace", "node"};

void add_log_flags(CLI::App& command, const std::shared_ptr<ServerFlags>& told) {
  add_config_flag(command, told);
  for (const auto& option : serve_options())
    for (const auto name : kLogOptions)
      if (option.name == name) add_option_flag(command, option, told);
}

Exit create_key(CommandLine& line, const ServerFlags& told, KeysCreate wanted, const std::string& expires) {
  wanted.data = line.session.flags.data;
  auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  wanted.server = std::move(config).value().options;
  if (!expires.empty()) {
    const auto time = parse_rfc3339(expires);
    const auto span = parse_duration(expires);
    if (!time && !span)
      return report(wrong_usage("--expires: write a time (2026-03-01T12:00:00Z) or a span from now (90d)", "--expires"),
                    line.session);
    wanted.expires_at = time ? time.value() : line.session.console.now() + span.value();
  }
  return run_hook(line.session, line.local.keys_create, wanted, line.session.console);
}

/// Runs a hook whose `wanted` says where the log is and holds the encryption key: that of the flag, else as `serve`
/// would be told.
template <class Hook, class Wanted>
Exit run_with_key(CommandLine& line, const ServerFlags& told, const Hook& hook, Wanted wanted) {
  auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  wanted.server = std::move(config).value().options;
  if (wanted.encryption.file.empty())
    wanted.encryption = {wanted.server.encryption_key, wanted.server.encryption_key_file};
  wanted.data = line.session.flags.data;
  return run_hook(line.session, hook, wanted, line.session.console);
}

void add_encryption_keys(CLI::App& keys, CommandLine& line) {
  const std::string key_help = "file with the key in force; else ENCRYPTION_KEY, else the one that --dev has made";
  auto told = std::make_shared<ServerFlags>();
  auto rotated = std::make_shared<KeysRotate>();
  auto* rotate =
      line.add(keys, "rotate", "encrypt all secrets and data keys under a new key",
               "computehub keys rotate\n"
               "computehub keys rotate --encryption-key-file old.key --new-key-file new.key\n"
               "computehub keys rotate --log kafka --kafka-brokers 127.0.0.1:9092 --encryption-key-file old.key "
               "--new-key-file new.key",
               [&line, told, rotated] { return run_with_key(line, *told, line.local.keys_rotate, *rotated); });
  rotate->add_option("--encryption-key-file", rotated->encryption.file, key_help)->type_name("FILE");
  rotate->add_option("--new-key-file", rotated->next_file, "the new key; made when there is no such file")
      ->type_name("FILE");
  add_log_flags(*rotate, told);
  auto told_erase = std::make_shared<ServerFlags>();
  auto erased = std::make_shared<KeysErase>();
  auto* erase =
      line.add(keys, "erase", "make a project's sealed values unreadable for ever",
               "computehub keys erase --project old\n"
               "computehub keys erase --project old --log kafka --kafka-brokers 127.0.0.1:9092",
               [&line, told_erase, erased] { return run_with_key(line, *told_erase, line.local.keys_erase, *erased); });
  erase->add_option("--project", erased->project, "whose")->required()->type_name("NAME");
  erase->add_option("--encryption-key-file", erased->encryption.file, key_help)->type_name("FILE");
  add_log_flags(*erase, told_erase);
}

void add_keys(CLI::App& app, CommandLine& line) {
  auto* keys = add_group(app, "keys", "API keys and encryption keys of a stopped server");
  auto made = std::make_shared<KeysCreate>();
  auto expires = std::make_shared<std::string>();
  auto told = std::make_shared<ServerFlags>();
  auto* create = line.add(*keys, "create", "make an API key; it is shown once",
                          "computehub keys create --data /var/lib/computehub --role admin\n"
                          "computehub keys create --role admin --log kafka --kafka-brokers 127.0.0.1:9092",
                          [&line, told, made, expires] { return create_key(line, *told, *made, *expires); });
  add_log_flags(*create, told);
  create->add_option("--role", made->role, "admin, dev or viewer")
      ->required()
      ->check(CLI::IsMember({"admin", "dev", "viewer"}))
      ->type_name("ROLE");
  create->add_option("--project", made->project, "default when not given")->type_name("NAME");
  create->add_option("--name", made->name, "for people")->type_name("NAME");
  create->add_option("--partitions", made->partitions, "of the log, where there is none yet (16); for its whole life")
      ->check(CLI::Range(1, 1'024))
      ->type_name("N");
  create->add_option("--expires", *expires, "a time, or a span from now (90d); never when not given")
      ->type_name("TIME");
  line.add(*keys, "list", "the API keys, without their secrets", "computehub keys list", [&line] {
    return run_hook(line.session, line.local.keys_list, line.session.flags.data, line.session.console);
  });
  add_encryption_keys(*keys, line);
}

}  // namespace

void add_folder_commands(CLI::App& app, CommandLine& line) {
  add_audit(app, line);
  add_replay(app, line);
  add_projections(app, line);
  add_backup(app, line);
  add_keys(app, line);
}

}  // namespace hub::cli
