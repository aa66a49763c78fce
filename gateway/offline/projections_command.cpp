#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/describe.hpp>

#include "events/core/json_codec.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/opened.hpp"
#include "projections/accounts/access_store.hpp"
#include "projections/core/offline.hpp"
#include "projections/deployments/table.hpp"
#include "projections/tasks/projection.hpp"

namespace hub::offline {
namespace {

using cli::Cell;
using cli::Colour;
using cli::Console;
using cli::Exit;

constexpr std::size_t kCacheBytes = 16 << 20;
constexpr std::size_t kWriteBytes = 16 << 20;
constexpr std::string_view kNames[] = {"accounts", "deployments", "tasks"};

/// What was found of one projection.
struct Finding {
  std::string name;
  std::optional<bool> equal;  ///< of verify
  std::uint64_t records = 0;  ///< of the log that its rows know
  std::string state;          ///< for people
};
BOOST_DESCRIBE_STRUCT(Finding, (), (name, equal, records))

/// One of those that the server folds while it runs.
std::shared_ptr<const projections::Projection> folded(std::string_view name) {
  return name == "tasks" ? task_rows::make_projection() : deployments::make_projection();
}

std::uint64_t sum(const std::vector<std::uint64_t>& seqs) {
  std::uint64_t total = 0;
  for (const auto seq : seqs) total += seq;
  return total;
}

std::uint64_t records_of(log::Log& log) {
  std::uint64_t total = 0;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) total += log.head(partition).seq;
  return total;
}

Result<std::vector<std::string>> wanted_names(const std::vector<std::string>& given) {
  if (given.empty()) return std::vector<std::string>(std::begin(kNames), std::end(kNames));
  for (const auto& name : given)
    if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames))
      return not_found("projection.unknown", fmt::format("there is no projection \"{}\": there are {}", name,
                                                         fmt::join(std::begin(kNames), std::end(kNames), " and ")));
  return given;
}

std::filesystem::path scratch_folder() {
  return std::filesystem::temp_directory_path() / fmt::format("computehub-verify-{}", ::getpid());
}

Result<Finding> rebuild_one(const std::string& name, const server::DataFolder& folder, log::Log& log) {
  Finding finding{name, {}, records_of(log), "made anew"};
  if (name == "accounts") {
    HUB_TRY(accounts::AccessStore::rebuild(folder.accounts(), log));
    return finding;
  }
  HUB_TRY(const auto cursor, projections::rebuild(log, folder.projections(), *folded(name),
                                                  projections::make_resources(kCacheBytes, kWriteBytes)));
  finding.records = sum(cursor.seqs);
  return finding;
}

Result<Finding> verify_one(const std::string& name, const server::DataFolder& folder, log::Log& log) {
  Finding finding{name, {}, 0, {}};
  if (name == "accounts") {
    HUB_TRY(const auto verified, accounts::AccessStore::verify(folder.accounts(), log));
    finding.equal = verified.equal;
    finding.records = verified.records;
    return finding;
  }
  HUB_TRY(const auto verified,
          projections::verify(log, folder.projections(), *folded(name),
                              projections::make_resources(kCacheBytes, kWriteBytes), scratch_folder()));
  finding.equal = verified.equal;
  finding.records = sum(verified.cursor.seqs);
  return finding;
}

/// A projection that cannot be read, or is of another log, is as bad as one that differs.
bool is_finding(const Failure& failure) {
  return failure.code == "projection.corrupt" || failure.code == "projection.other_log" ||
         failure.code == "log.corrupt";
}

void print(const std::vector<Finding>& findings, std::uint64_t records, Console& console) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& finding : findings) {
    const auto colour = finding.equal.value_or(true) ? Colour::green : Colour::red;
    const auto behind = records - std::min(records, finding.records);
    rows.push_back({{finding.name},
                    {finding.state, colour},
                    {cli::count_text(static_cast<std::int64_t>(finding.records))},
                    {cli::count_text(static_cast<std::int64_t>(behind))}});
  }
  console.out(cli::render_table({{"PROJECTION"}, {"STATE"}, {"RECORDS", true}, {"TO COME", true}}, rows, console));
}

}  // namespace

Result<Exit> projections_rebuild(const cli::Projections& wanted, Console& console) {
  HUB_TRY(const auto names, wanted_names(wanted.names));
  const server::DataFolder folder{wanted.data};
  HUB_TRY(const auto log, open_to_read(folder));
  std::vector<Finding> findings;
  for (const auto& name : names) {
    HUB_TRY(auto finding, rebuild_one(name, folder, *log));
    findings.push_back(std::move(finding));
  }
  if (console.json)
    console.line("{\"items\":" + to_json(findings) + "}");
  else
    print(findings, records_of(*log), console);
  return Exit::done;
}

Result<Exit> projections_verify(const cli::Projections& wanted, Console& console) {
  HUB_TRY(const auto names, wanted_names(wanted.names));
  const server::DataFolder folder{wanted.data};
  HUB_TRY(const auto log, open_to_read(folder));
  std::vector<Finding> findings;
  std::string bad;
  for (const auto& name : names) {
    auto found = verify_one(name, folder, *log);
    if (!found && !is_finding(found.error())) return std::move(found).error();
    Finding finding = found ? std::move(found).value() : Finding{name, false, 0, found.error().detail};
    if (found) finding.state = *finding.equal ? "equal" : "differs from the record";
    if (!*finding.equal && bad.empty()) bad = name + ": " + finding.state;
    findings.push_back(std::move(finding));
  }
  if (console.json) {
    console.line("{\"items\":" + to_json(findings) + "}");
  } else {
    print(findings, records_of(*log), console);
    console.line(bad.empty() ? "equal: what queries are answered from is what the record says"
                             : cli::coloured("bad", Colour::red, console) + ": " + cli::printable(bad) +
                                   "; mend it with computehub projections rebuild");
  }
  return bad.empty() ? Exit::done : Exit::unverified;
}

}  // namespace hub::offline
