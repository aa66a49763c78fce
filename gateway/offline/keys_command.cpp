#include <fmt/format.h>
#include <unistd.h>

#include "actors/accounts/create_key_offline.hpp"
#include "actors/accounts/record_erasure_offline.hpp"
#include "adapters/secrets/key_file.hpp"
#include "adapters/secrets/sealer.hpp"
#include "events/accounts/token.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/server/open_slots.hpp"
#include "gateway/server/public_key_file.hpp"
#include "gateway/server/shared_keys.hpp"
#include "gateway/server/shared_log.hpp"
#include "projections/accounts/access_table.hpp"
#include "projections/accounts/dev_login.hpp"

namespace hub::offline {
namespace {

namespace fs = std::filesystem;
using cli::Cell;
using cli::Colour;
using cli::Console;
using cli::Exit;

constexpr std::size_t kReadBytes = 1 << 20;

Result<void> fold_access(log::Log& log, accounts::AccessTable& table) {
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    for (Seq next = 1;;) {
      HUB_TRY(const auto batches, log.read(partition, next, kReadBytes));
      if (batches.empty()) break;
      if (partition == 0 && next == 1) table.made_at(batches.front()->end.index_time);
      for (const auto& batch : batches)
        for (const auto& record : batch->records) table.apply(partition, record);
      next = batches.back()->end.last + 1;
    }
  }
  return success();
}

/// Names of all projects of an organisation.
Result<std::vector<std::string>> project_names(const accounts::AccessTable& table) {
  std::vector<std::string> names;
  for (const auto& item : table.projects(accounts::kDefaultOrganisation, 0, SIZE_MAX).items) {
    HUB_TRY(const auto project, from_json<accounts::ProjectItem>(item, ReadMode::lenient));
    names.push_back(project.name);
  }
  return names;
}

std::pair<std::string, Colour> state_of(const accounts::ApiKeyItem& key, Instant now) {
  if (key.revoked_at.is_set()) return {"revoked", Colour::grey};
  if (key.expires_at.is_set() && key.expires_at <= now) return {"expired", Colour::yellow};
  return {"good", Colour::green};
}

void print_keys(const std::vector<accounts::ApiKeyItem>& keys, Console& console) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& key : keys) {
    const auto [state, colour] = state_of(key, console.now());
    rows.push_back({{key.id},
                    {key.name},
                    {std::string(accounts::role_name(key.role))},
                    {key.project},
                    {state, colour},
                    {cli::age_text(key.created_at, console.now())},
                    {key.expires_at.is_set() ? cli::age_text(key.expires_at, console.now()) : "never"}});
  }
  console.out(cli::render_table(
      {{"ID"}, {"NAME", false, 8}, {"ROLE"}, {"PROJECT", false, 8}, {"STATE"}, {"CREATED"}, {"EXPIRES"}}, rows,
      console));
}

/// Also holds the log, so that no server starts meanwhile.
struct OpenedSecrets {
  std::unique_ptr<log::Log> log;
  std::unique_ptr<secrets::SlotStore> store;
  bool dev = false;  ///< under the key that --dev keeps
};

Result<OpenedSecrets> open_secrets(const cli::EncryptionKey& given, const server::DataFolder& folder) {
  OpenedSecrets opened;
  // Opened for reading first: nothing is made where there is nothing. For writing then: the copy of a shared log
  // refuses that, and the secrets that nodes share are not in a folder.
  HUB_TRY(opened.log, open_to_read(folder));
  const auto partitions = opened.log->partitions();
  opened.log.reset();
  HUB_TRY(opened.log, open_to_write(folder, partitions));
  const auto source = key_source(given, folder);
  opened.dev = source.dev;
  HUB_TRY(auto key, secrets::load_key(source));
  if (!key) return no_encryption_key();
  HUB_TRY(opened.store, secrets::SlotStore::open(secrets::secrets_folder(folder.keys()), std::move(key)));
  return opened;
}

/// The key of a file; makes the file when it is not there.
Result<secrets::Key> next_key(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    const auto made = secrets::Key::generate();
    HUB_TRY(secrets::write_durably(file, secrets::to_hex_text(made) + "\n"));
  }
  HUB_TRY(auto key, secrets::load_key({"", file, false, {}}));
  return std::move(*key);
}

/// The log on Kafka, to add a little to while its nodes run, under this folder's name.
struct Visit {
  std::unique_ptr<log::Log> log;
  std::string node;
};
Result<Visit> visit(const cli::ServeOptions& options, const server::DataFolder& folder) {
  Visit visit;
  HUB_TRY(folder.make());
  HUB_TRY(visit.node, server::node_name(options, folder));
  auto opened = server::open_shared_log(options, folder, visit.node, server::Part::visitor);
  if (!opened) return explained(std::move(opened).error(), folder);
  visit.log = std::move(opened).value();
  return visit;
}

/// The secrets that the nodes of a namespace share, under the key that is given.
Result<std::unique_ptr<secrets::SharedSlots>> shared_secrets(const cli::ServeOptions& options,
                                                             const cli::EncryptionKey& given) {
  HUB_TRY(auto key, secrets::load_key({given.text, given.file, false, {}}));
  if (!key) return no_encryption_key();
  return server::open_shared_slots(options, std::move(key));
}

/// A new token where --dev keeps one; false where there was none.
Result<bool> renew_dev_token(const server::DataFolder& folder) {
  std::error_code error;
  if (!fs::exists(accounts::dev_token_file(folder.keys()), error)) return false;
  HUB_TRY(accounts::dev_token(folder.keys(), accounts::make_token()));
  return true;
}

/// What a rotation came to.
struct Rotated {
  std::string before;  ///< id of the key that was in force
  std::string after;
  bool new_token = false;
};

Result<Rotated> rotate_shared(const cli::KeysRotate& wanted) {
  if (wanted.next_file.empty())
    return cli::wrong_usage("--new-key-file: give the file that holds the new key, or shall hold it", "--new-key-file");
  HUB_TRY(const auto slots, shared_secrets(wanted.server, wanted.encryption));
  HUB_TRY(const auto next, next_key(wanted.next_file));
  Rotated rotated{slots->key_id(), {}, false};
  HUB_TRY(slots->rotate(next));
  rotated.after = slots->key_id();
  return rotated;
}

Result<Rotated> rotate_folder(const cli::KeysRotate& wanted, const server::DataFolder& folder) {
  HUB_TRY(const auto opened, open_secrets(wanted.encryption, folder));
  Rotated rotated{opened.store->key_id(), {}, false};
  if (opened.dev && wanted.next_file.empty()) {
    HUB_TRY(secrets::rotate_dev_key(*opened.store, folder.keys()));
  } else if (wanted.next_file.empty()) {
    return cli::wrong_usage("--new-key-file: give the file that holds the new key, or shall hold it", "--new-key-file");
  } else {
    HUB_TRY(const auto next, next_key(wanted.next_file));
    HUB_TRY(opened.store->rotate(next));
    // The key that --dev kept opens nothing any more.
    if (opened.dev) {
      HUB_TRY(secrets::destroy(folder.keys() / "encryption-key"));
    }
  }
  HUB_TRY(rotated.new_token, renew_dev_token(folder));
  rotated.after = opened.store->key_id();
  return rotated;
}

/// What it takes to erase: what cannot be recorded is not done, so the log and who signs it come first.
struct Erasing {
  std::unique_ptr<log::Log> log;
  std::optional<log::Signer> signer;
  std::unique_ptr<secrets::Slots> slots;
};

Result<Erasing> open_to_erase(const cli::KeysErase& wanted, const server::DataFolder& folder) {
  Erasing erasing;
  if (wanted.server.log == cli::LogKind::kafka) {
    HUB_TRY(erasing.slots, shared_secrets(wanted.server, wanted.encryption));
    HUB_TRY(auto to, visit(wanted.server, folder));
    HUB_TRY(auto keys, server::open_keys(wanted.server, folder, *to.log, to.node));
    erasing.log = std::move(to.log);
    erasing.signer = std::move(keys.signer);
  } else {
    HUB_TRY(auto opened, open_secrets(wanted.encryption, folder));
    HUB_TRY(erasing.signer, server::open_signer(folder, *opened.log));
    erasing.log = std::move(opened.log);
    erasing.slots = std::move(opened.store);
  }
  return erasing;
}

}  // namespace

Result<Exit> keys_create(const cli::KeysCreate& wanted, Console& console) {
  const server::DataFolder folder{wanted.data};
  Visit to;
  if (wanted.server.log == cli::LogKind::kafka) {
    HUB_TRY(to, visit(wanted.server, folder));
  } else {
    HUB_TRY(to.log, open_to_write(folder, wanted.partitions));
  }
  // The first writer of a log makes the key that signs it.
  HUB_TRY(const auto keys, server::open_keys(wanted.server, folder, *to.log, to.node));
  accounts::OfflineKey key;
  if (!wanted.name.empty()) key.name = wanted.name;
  if (!wanted.project.empty()) key.project = wanted.project;
  key.role = accounts::role_of(wanted.role).value_or(accounts::Role::none);
  if (wanted.expires_at.is_set()) key.expires_at = wanted.expires_at;
  HUB_TRY(const auto made, accounts::create_key_offline(*to.log, keys.signer, key, console.now()));
  if (console.json) {
    console.line(fmt::format(R"({{"id":"{}","token":"{}","role":{},"project":{}}})", made.id, made.token,
                             json_string(wanted.role), json_string(key.project)));
    return Exit::done;
  }
  // The token alone on standard output, so that it can be put into a file.
  console.err(fmt::format("{} is {} of project {}; its token is shown only now:", made.id, wanted.role, key.project));
  console.line(made.token);
  return Exit::done;
}

Result<Exit> keys_list(const cli::Folder& data, Console& console) {
  HUB_TRY(const auto log, open_to_read({data}));
  accounts::AccessTable table;
  HUB_TRY(fold_access(*log, table));
  HUB_TRY(const auto projects, project_names(table));
  std::vector<accounts::ApiKeyItem> keys;
  std::string json;
  for (const auto& project : projects) {
    for (const auto& item : table.api_keys(accounts::kDefaultOrganisation, project, 0, SIZE_MAX).items) {
      HUB_TRY(auto key, from_json<accounts::ApiKeyItem>(item, ReadMode::lenient));
      keys.push_back(std::move(key));
      json += (json.empty() ? "" : ",") + item;
    }
  }
  if (console.json)
    console.line(fmt::format(R"({{"items":[{}],"total":{}}})", json, keys.size()));
  else if (keys.empty())
    console.line("no API keys yet: computehub keys create --role admin");
  else
    print_keys(keys, console);
  return Exit::done;
}

Result<Exit> keys_rotate(const cli::KeysRotate& wanted, Console& console) {
  const server::DataFolder folder{wanted.data};
  const bool shared = wanted.server.log == cli::LogKind::kafka;
  HUB_TRY(const auto rotated, shared ? rotate_shared(wanted) : rotate_folder(wanted, folder));
  if (console.json) {
    console.line(fmt::format(R"({{"key_id_before":"{}","key_id":"{}","dev_token_renewed":{}}})", rotated.before,
                             rotated.after, rotated.new_token));
    return Exit::done;
  }
  const auto where = wanted.next_file.empty() ? folder.keys() / "encryption-key" : wanted.next_file;
  console.out(cli::render_fields(
      {{"secrets", {fmt::format("are under key {} now, in {}", rotated.after, where.string())}},
       {"old key", {rotated.before.empty() ? "" : rotated.before + " opens nothing here any more"}},
       {"dev token",
        {rotated.new_token ? "is a new one, in " + accounts::dev_token_file(folder.keys()).string() : ""}}},
      console));
  if (shared)
    console.line(
        "nodes that were started without --encryption-key-next-file read no secret until they are started with it");
  if (!wanted.next_file.empty())
    console.line(fmt::format("start it with:  computehub serve --encryption-key-file {}", where.string()));
  return Exit::done;
}

Result<Exit> keys_erase(const cli::KeysErase& wanted, Console& console) {
  const server::DataFolder folder{wanted.data};
  HUB_TRY(const auto opened, open_to_erase(wanted, folder));
  accounts::AccessTable table;
  HUB_TRY(fold_access(*opened.log, table));
  if (!table.has_project(accounts::kDefaultOrganisation, wanted.project))
    return not_found("project.unknown", fmt::format("there is no project \"{}\"", wanted.project));
  secrets::Sealer sealer(*opened.slots);
  HUB_TRY(const auto key_id, sealer.erase(accounts::project_id(accounts::kDefaultOrganisation, wanted.project)));
  // Between the two the process may end: then the key is gone, and the same command again writes the event.
  if (!key_id.empty()) {
    HUB_TRY(accounts::record_erasure_offline(*opened.log, *opened.signer, accounts::kDefaultOrganisation,
                                             wanted.project, {key_id, ::geteuid()}, console.now()));
  }
  const auto kept = opened.slots->count("secret", accounts::kDefaultOrganisation, wanted.project);
  if (console.json) {
    console.line(fmt::format(R"({{"project":{},"erased":true,"key_id":{},"secrets_kept":{}}})",
                             json_string(wanted.project), key_id.empty() ? "null" : json_string(key_id), kept));
    return Exit::done;
  }
  console.line(fmt::format("the sealed values of project {} can never be read again; the record still verifies",
                           cli::printable(wanted.project)));
  if (kept > 0) console.line(fmt::format("its {} named secrets stay: DELETE /api/v1/secrets/NAME removes one", kept));
  console.line("backups made with --with-keys before now still hold the key: destroy them too");
  return Exit::done;
}

}  // namespace hub::offline
