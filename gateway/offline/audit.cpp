#include "events/log/audit.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "events/core/json.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/offline/words.hpp"

namespace hub::offline {
namespace {

using cli::Console;
using cli::count_text;
using cli::Exit;

std::string count(std::uint64_t value) {
  return count_text(static_cast<std::int64_t>(value));
}

std::string text_of_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// A checkpoint as `audit checkpoint` prints it, or a file with one.
Result<std::optional<log::Checkpoint>> checkpoint_of(const std::string& against) {
  if (against.empty()) return std::optional<log::Checkpoint>();
  const bool is_text =
      against.find_first_not_of(" \t\r\n") != std::string::npos && against[against.find_first_not_of(" \t\r\n")] == '{';
  std::error_code error;
  if (!is_text && !std::filesystem::is_regular_file(against, error))
    return cli::wrong_usage(fmt::format("--against: there is no file {}", against), "--against");
  auto text = is_text ? against : text_of_file(against);
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  auto parsed = log::parse_checkpoint(text);
  if (!parsed) {
    auto failure = std::move(parsed).error();
    failure.detail = "--against: " + failure.detail;
    return failure;
  }
  return std::optional<log::Checkpoint>(std::move(parsed).value());
}

/// A log that cannot even be opened, as a report: the position is part of the reason when the log knew it.
struct Findings {
  log::AuditReport report;
  std::string unopened;  ///< why; empty: it was opened
};

Result<Findings> examine(const cli::AuditVerify& wanted, const log::PublicKeys& keys,
                         const std::optional<log::Checkpoint>& against) {
  Findings found;
  if (!wanted.file.empty()) {
    std::ifstream in(wanted.file);
    if (!in) return not_found("export.absent", fmt::format("{} cannot be read", wanted.file.string()));
    found.report = log::verify_export(in, keys, against);
    return found;
  }
  auto opened = open_to_read({wanted.data});
  if (opened) {
    found.report = log::verify(*opened.value(), keys, against);
  } else if (opened.error().code == "log.corrupt") {
    found.unopened = opened.error().detail;
  } else {
    return std::move(opened).error();
  }
  return found;
}

std::string partition_json(std::size_t id, const log::AuditReport::Partition& partition) {
  return fmt::format(R"({{"partition":{},"head":{},"signed_up_to":{},"unsigned":{}}})", id, partition.head,
                     partition.signed_up_to, partition.unsigned_records());
}

std::string fault_json(const Findings& found) {
  if (!found.unopened.empty()) {
    const auto position = parse_position(found.unopened.substr(0, found.unopened.find(": ")));
    return fmt::format(R"({{"position":{},"reason":{}}})",
                       position ? json_string(to_text(position.value())) : std::string("null"),
                       json_string(to_valid_utf8(found.unopened)));
  }
  if (!found.report.fault) return "null";
  return fmt::format(R"({{"position":"{}","reason":{}}})", to_text(found.report.fault->position),
                     json_string(to_valid_utf8(found.report.fault->reason)));
}

std::uint64_t signed_by(const log::AuditReport& report, const std::string& id) {
  const auto found = report.signed_by.find(id);
  return found == report.signed_by.end() ? 0 : found->second;
}

std::string keys_json(const log::AuditReport& report, const log::PublicKeys& keys) {
  std::string text;
  for (const auto& [id, key] : keys.all())
    text += fmt::format(R"({}{{"id":"{}","checkpoints":{}}})", text.empty() ? "" : ",", id, signed_by(report, id));
  return text;
}

void print_as_json(const Findings& found, const log::PublicKeys& keys, Console& console) {
  const auto& report = found.report;
  const bool sound = found.unopened.empty() && !report.fault;
  auto text = fmt::format(
      R"({{"sound":{},"records":{},"batches":{},"checkpoints":{},"unsigned":{},"keys":[{}],"partitions":[)", sound,
      report.records, report.batches, report.checkpoints, report.unsigned_records(), keys_json(report, keys));
  for (std::size_t id = 0; id < report.partitions.size(); ++id)
    text += (id == 0 ? "" : ",") + partition_json(id, report.partitions[id]);
  console.line(text + "],\"fault\":" + fault_json(found) + "}");
}

/// Where records wait for the next checkpoint; nothing when there are none.
void print_unsigned(const log::AuditReport& report, Console& console) {
  std::vector<std::vector<cli::Cell>> rows;
  for (std::size_t id = 0; id < report.partitions.size(); ++id) {
    const auto& partition = report.partitions[id];
    if (partition.unsigned_records() == 0) continue;
    rows.push_back({{std::to_string(id)},
                    {count(partition.head)},
                    {count(partition.signed_up_to)},
                    {count(partition.unsigned_records())}});
  }
  if (rows.empty()) return;
  console.line("");
  console.out(cli::render_table({{"PARTITION", true}, {"RECORDS", true}, {"SIGNED UP TO", true}, {"NOT YET", true}},
                                rows, console));
  console.line("");
}

std::string signed_text(const log::AuditReport& report) {
  const auto open = report.unsigned_records();
  if (report.records == 0) return "nothing to sign";
  if (open == 0) return "all of it";
  return fmt::format("{} of {}; {} behind the last checkpoints {} not signed yet", count(report.records - open),
                     count(report.records), count(open), open == 1 ? "is" : "are");
}

/// Which keys counted, how much each has signed when there are several, and where they come from.
std::string keys_text(const cli::AuditVerify& wanted, const log::AuditReport& report, const log::PublicKeys& keys) {
  std::string text;
  for (const auto& [id, key] : keys.all()) {
    text += (text.empty() ? "" : ", ") + id;
    if (keys.size() > 1) text += ": " + counted(signed_by(report, id), "checkpoint");
  }
  if (wanted.public_keys.empty())
    return text + (keys.size() == 1 ? " (the one beside the log; --public-key takes one kept elsewhere)"
                                    : " (those beside the log; --public-key takes some kept elsewhere)");
  std::string files;
  for (const auto& file : wanted.public_keys) files += (files.empty() ? "" : ", ") + file.string();
  return text + " (" + files + ")";
}

void print_as_text(const cli::AuditVerify& wanted, const Findings& found, const log::PublicKeys& keys,
                   Console& console) {
  const auto& report = found.report;
  const bool sound = found.unopened.empty() && !report.fault;
  if (found.unopened.empty()) {
    console.out(cli::render_fields(
        {{sound ? "record" : "sound before it",
          {fmt::format("{} in {}, {}", counted(report.records, "record"), counted(report.batches, "batch"),
                       counted(report.checkpoints, "checkpoint"))}},
         {"signed", {signed_text(report)}},
         {keys.size() == 1 ? "key" : "keys", {keys_text(wanted, report, keys)}},
         {"against", {wanted.against.empty() || !sound ? "" : "nothing of what the kept checkpoint signs is missing"}}},
        console));
    print_unsigned(report, console);
  }
  // The last line says how it went.
  if (sound)
    return static_cast<void>(console.line(cli::coloured("sound", cli::Colour::green, console) +
                                          ": every record, hash, version and signature fits"));
  const auto what = found.unopened.empty()
                        ? fmt::format("{}: {}", to_text(report.fault->position), report.fault->reason)
                        : found.unopened;
  console.line(cli::coloured("bad", cli::Colour::red, console) + " at " + cli::printable(what));
}

bool is_sound(const log::AuditReport& report) {
  return !report.fault.has_value();
}

/// The head that the checkpoint is made of: the longest partition, so that it speaks for something.
PartitionId longest(const std::vector<log::Head>& heads) {
  PartitionId found = 0;
  for (PartitionId id = 0; id < heads.size(); ++id)
    if (heads[id].seq > heads[found].seq) found = id;
  return found;
}

/// Reads the private key; never makes one.
Result<log::Signer> signer_of(const server::DataFolder& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder.keys() / log::kSigningKeyFile, error))
    return not_found("key.absent", fmt::format("the signing key is not in {}", folder.keys().string()));
  return log::Signer::open(folder.keys());
}

}  // namespace

Result<Exit> audit_verify(const cli::AuditVerify& wanted, Console& console) {
  HUB_TRY(const auto against, checkpoint_of(wanted.against));
  HUB_TRY(const auto keys, load_public_keys({wanted.data}, wanted.public_keys));
  HUB_TRY(const auto found, examine(wanted, keys, against));
  if (console.json)
    print_as_json(found, keys, console);
  else
    print_as_text(wanted, found, keys, console);
  return found.unopened.empty() && is_sound(found.report) ? Exit::done : Exit::unverified;
}

Result<Exit> audit_export(const cli::AuditExport& wanted, Console& console) {
  HUB_TRY(const auto log, open_to_read({wanted.data}));
  if (wanted.file == "-") {
    HUB_TRY(log::export_log(*log, std::cout));
    return Exit::done;
  }
  std::ofstream out(wanted.file, std::ios::trunc | std::ios::binary);
  HUB_TRY(log::export_log(*log, out));
  out.close();
  if (!out) return unavailable("export.unwritable", "the export cannot be written");
  if (!console.json) console.line(fmt::format("exported to {}", wanted.file.string()));
  return Exit::done;
}

Result<Exit> audit_checkpoint(const cli::Folder& data, Console& console) {
  const server::DataFolder folder{data};
  HUB_TRY(const auto signer, signer_of(folder));
  HUB_TRY(auto keys, load_public_keys(folder));
  keys.add(signer.public_key());
  HUB_TRY(const auto log, open_to_read(folder));
  // What is signed is what was found sound: a signature of a changed record would vouch for the change.
  const auto report = log::verify(*log, keys);
  if (!is_sound(report)) {
    console.line(fmt::format("bad at {}: {}", to_text(report.fault->position), cli::printable(report.fault->reason)));
    return Exit::unverified;
  }
  std::vector<log::Head> heads;
  for (PartitionId id = 0; id < log->partitions(); ++id) heads.push_back(log->head(id));
  const auto own = longest(heads);
  if (heads[own].seq == 0) return not_found("log.absent", "the record is empty: there is nothing to sign");
  console.line(log::make_checkpoint(signer, own, heads[own], heads, console.now()).data);
  return Exit::done;
}

Result<Exit> audit_key(const cli::Folder& data, Console& console) {
  HUB_TRY(const auto keys, load_public_keys({data}));
  if (!console.json) {
    console.out(keys.pem());
    return Exit::done;
  }
  std::string items;
  for (const auto& [id, key] : keys.all())
    items += fmt::format(R"({}{{"id":"{}","pem":{}}})", items.empty() ? "" : ",", id, json_string(key.pem()));
  console.line("{\"items\":[" + items + "]}");
  return Exit::done;
}

}  // namespace hub::offline
