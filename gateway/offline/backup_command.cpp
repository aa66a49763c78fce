#include <fmt/format.h>

#include "events/core/json_codec.hpp"
#include "events/log/audit.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/backup.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/copying.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/offline/words.hpp"

namespace hub::offline {
namespace {

using cli::Console;
using cli::Exit;

std::vector<BackupHead> heads_of(const std::vector<log::Head>& heads) {
  std::vector<BackupHead> all;
  for (PartitionId id = 0; id < heads.size(); ++id) all.push_back({id, heads[id].seq, to_hex(heads[id].hash)});
  return all;
}

bool operator==(const BackupHead& a, const BackupHead& b) {
  return a.partition == b.partition && a.seq == b.seq && a.hash == b.hash;
}

/// The first that is not what the manifest says; empty when all are.
std::string first_bad_head(const std::vector<BackupHead>& found, const std::vector<BackupHead>& wanted) {
  if (found.size() != wanted.size()) return "the log has another number of partitions than the backup says";
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(found[i] == wanted[i]))
      return fmt::format("{}:{}: the partition does not end as the backup says", found[i].partition,
                         std::min(found[i].seq, wanted[i].seq) + 1);
  return {};
}

std::string first_bad_file(const std::vector<BackupEntry>& found, const std::vector<BackupEntry>& wanted) {
  for (std::size_t i = 0; i < std::max(found.size(), wanted.size()); ++i) {
    if (i >= wanted.size() || (i < found.size() && found[i].path < wanted[i].path))
      return found[i].path + " is not of the backup";
    if (i >= found.size() || wanted[i].path < found[i].path) return wanted[i].path + " is missing";
    if (found[i].size != wanted[i].size || found[i].sha256 != wanted[i].sha256) return found[i].path + " was changed";
  }
  return {};
}

/// Chain, versions and signatures of a copied log; empty when they hold.
Result<std::string> first_bad_position(const server::DataFolder& folder) {
  HUB_TRY(const auto keys, load_public_keys(folder));
  HUB_TRY(const auto log, open_to_read(folder));
  const auto report = log::verify(*log, keys);
  return report.fault ? to_text(report.fault->position) + ": " + report.fault->reason : std::string();
}

Result<Exit> say_bad(const std::string& what, Console& console) {
  if (console.json)
    console.line(fmt::format(R"({{"sound":false,"fault":{}}})", json_string(to_valid_utf8(what))));
  else
    console.line(cli::coloured("bad", cli::Colour::red, console) + " at " + cli::printable(what));
  return Exit::unverified;
}

void say_backup(const cli::Backup& wanted, const BackupManifest& manifest, std::size_t outputs, Console& console) {
  if (console.json) return static_cast<void>(console.line(to_json(manifest)));
  const auto folder = wanted.data / "keys";
  console.out(cli::render_fields(
      {{"record", {counted(manifest.records, "record") + ", verified"}},
       {"output", {fmt::format("lines and metrics of {}; workspaces are not copied", counted(outputs, "deployment"))}},
       {"keys",
        {manifest.keys ? "in it: who has the backup can read all that is sealed, and sign in its name"
                       : "not in it: keep " + folder.string() +
                             " apart, for without it nothing sealed can be read and no server goes on "
                             "with this record (--with-keys puts it in)"}}},
      console));
  console.line(fmt::format("backed up to {}", wanted.other.string()));
}

void say_restored(const cli::Backup& wanted, const BackupManifest& manifest, Console& console) {
  if (console.json)
    return static_cast<void>(
        console.line(fmt::format(R"({{"sound":true,"records":{},"keys":{}}})", manifest.records, manifest.keys)));
  console.out(cli::render_fields(
      {{"record",
        {fmt::format("{} of {}, verified", counted(manifest.records, "record"), to_rfc3339(manifest.made_at))}},
       {"keys",
        {manifest.keys ? "restored"
                       : "none: put the keys folder to " + (wanted.data / "keys").string() +
                             " before a server goes on with it; --read-only needs none"}}},
      console));
  console.line(fmt::format("restored to {}", wanted.data.string()));
}

}  // namespace

Result<Exit> backup(const cli::Backup& wanted, Console& console) {
  const server::DataFolder from{wanted.data}, to{wanted.other};
  // Held from first to last, so that all of it is of one moment.
  HUB_TRY(const auto held, open_to_read(from));
  HUB_TRY(NewFolder made, NewFolder::make(to.root));
  HUB_TRY(const auto copied, copy_record(from, to, std::nullopt, true));
  if (wanted.keys) {
    HUB_TRY(copy_private(from.keys(), to.keys()));
  }
  HUB_TRY(const auto bad, first_bad_position(to));
  if (!bad.empty()) return say_bad(bad, console);
  BackupManifest manifest;
  manifest.made_at = console.now();
  manifest.keys = wanted.keys;
  manifest.records = copied.log.records;
  manifest.heads = heads_of(copied.log.heads);
  HUB_TRY(manifest.files, list_files(to.root));
  HUB_TRY(write_manifest(to.root, manifest));
  HUB_TRY(sync_tree(to.root));
  made.keep();
  say_backup(wanted, manifest, copied.outputs, console);
  return Exit::done;
}

Result<Exit> restore(const cli::Backup& wanted, Console& console) {
  const server::DataFolder from{wanted.other}, to{wanted.data};
  HUB_TRY(const auto manifest, read_manifest(from.root));
  HUB_TRY(const auto files, list_files(from.root));
  if (const auto bad = first_bad_file(files, manifest.files); !bad.empty()) return say_bad(bad, console);
  HUB_TRY(NewFolder made, NewFolder::make(to.root));
  const auto copied = copy_record(from, to, std::nullopt, true);
  if (!copied && copied.error().code == "log.corrupt") return say_bad(copied.error().detail, console);
  if (!copied) return copied.error();
  if (const auto bad = first_bad_head(heads_of(copied.value().log.heads), manifest.heads); !bad.empty())
    return say_bad(bad, console);
  HUB_TRY(const auto bad, first_bad_position(to));
  if (!bad.empty()) return say_bad(bad, console);
  if (manifest.keys) {
    HUB_TRY(copy_private(from.keys(), to.keys()));
  }
  HUB_TRY(sync_tree(to.root));
  made.keep();
  say_restored(wanted, manifest, console);
  return Exit::done;
}

}  // namespace hub::offline
