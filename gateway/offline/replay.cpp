#include "gateway/offline/replay.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "events/deployments/events.hpp"
#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/text.hpp"

namespace hub::offline {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kHistoryPage = 1'000;
/// So many candidates are named when a text means several.
constexpr std::size_t kNamedMax = 3;

/// What the whole log says of its entities.
struct Directory {
  std::set<std::string> ids;
  std::map<std::string, std::string> names;  ///< of deployments, by id

  Result<void> add(const log::Record& record) {
    if (record.kind != log::RecordKind::event) return success();
    ids.insert(record.entity);
    if (record.type != deployments::DeploymentRequested::type && record.type != deployments::DeploymentChanged::type)
      return success();
    HUB_TRY(const auto event, deployments::decode_event(record.type, record.data));
    if (const auto* requested = std::get_if<deployments::DeploymentRequested>(&event))
      names[record.entity] = requested->spec.name;
    if (const auto* changed = std::get_if<deployments::DeploymentChanged>(&event); changed && changed->name)
      names[record.entity] = *changed->name;
    return success();
  }

  std::vector<std::string> meant_by(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& [id, name] : names)
      if (name == text) found.push_back(id);
    if (!found.empty()) return found;
    for (const auto& id : ids) {
      const bool begins = id.compare(0, text.size(), text) == 0;
      const bool begins_behind_prefix = is_id(id) && id.compare(prefix_of(id).size(), text.size(), text) == 0;
      if (begins || begins_behind_prefix) found.push_back(id);
    }
    return found;
  }
};

Result<Directory> read_directory(log::Log& log) {
  Directory directory;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    for (Seq next = 1;;) {
      HUB_TRY(const auto batches, log.read(partition, next, kReadBytes));
      if (batches.empty()) break;
      for (const auto& batch : batches)
        for (const auto& record : batch->records) {
          HUB_TRY(directory.add(record));
        }
      next = batches.back()->end.last + 1;
    }
  }
  return directory;
}

Failure unknown(const std::string& text) {
  return not_found("entity.not_found", fmt::format("the record knows nothing of \"{}\"", text));
}

bool is_within(const log::EntityRecord& event, const Until& until) {
  if (until.time && event.index_time > *until.time) return false;
  return !until.position || event.position.seq <= until.position->seq;
}

}  // namespace

Result<Until> parse_until(const std::string& text, Instant now) {
  Until until;
  if (text.empty()) return until;
  if (const auto position = parse_position(text)) {
    until.position = position.value();
    return until;
  }
  const auto time = cli::parse_moment(text, now);
  if (!time)
    return cli::wrong_usage("--at: write a time (2026-03-01T12:00:00Z), a span before now (10m) or a position (3:17)",
                            "--at");
  until.time = time.value();
  return until;
}

Result<std::string> find_entity(log::Log& log, const std::string& text) {
  if (is_id(text)) return text;
  HUB_TRY(const auto directory, read_directory(log));
  const auto found = directory.meant_by(text);
  if (found.empty()) return unknown(text);
  if (found.size() == 1) return found.front();
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kNamedMax); ++i) list += (i == 0 ? "" : ", ") + found[i];
  return conflict("entity.ambiguous", fmt::format("\"{}\" means {} entities: {}{}", text, found.size(), list,
                                                  found.size() > kNamedMax ? ", …" : ""));
}

Result<std::vector<Step>> replay_entity(log::Log& log, const engine::Kinds& kinds, const std::string& id,
                                        const Until& until) {
  const auto* kind = kinds.of(id);
  if (kind == nullptr) return unknown(id);
  if (until.position && until.position->partition != partition_of(id, log.partitions()))
    return invalid("position.unknown", "the position is of another partition than the entity's", "--at");
  std::vector<Step> steps;
  std::string state;
  engine::CollectionRowsInMemory rows;
  for (Version next = 1;;) {
    HUB_TRY(auto page, log.history(id, next, kHistoryPage));
    for (auto& event : page) {
      if (!is_within(event, until)) page.clear();
      if (page.empty()) break;
      HUB_TRY(auto folded, kind->fold(state, {&event.record}, &rows));
      rows.apply(folded.rows);
      state = std::move(folded.state);
      steps.push_back({std::move(event), state});
    }
    if (page.size() < kHistoryPage) break;
    next += page.size();
  }
  if (steps.empty()) return unknown(id);
  return steps;
}

}  // namespace hub::offline
