#include "actors/engine/state_store.hpp"

#include <algorithm>
#include <mutex>

#include "actors/engine/row_codec.hpp"
#include "actors/engine/rows.hpp"
#include "events/core/big_endian.hpp"

namespace hub::engine {
namespace {

// Keys: e<entity> · r<entity>.<key of a collection> · c<command id> · a<entity> · h<partition> · p<target><source> ·
// d<letter id> · l; numbers are big-endian, so that they sort.
constexpr std::string_view kLettersRead = "l";

std::string key_of(char table, std::string_view rest) {
  std::string key(1, table);
  key += rest;
  return key;
}

std::string collections_prefix(std::string_view entity) {
  return key_of('r', entity) + '.';
}

std::string head_key(PartitionId partition) {
  std::string key = "h";
  append_big_endian(key, partition);
  return key;
}

std::string consumed_prefix(PartitionId target) {
  std::string key = "p";
  append_big_endian(key, target);
  return key;
}

std::string consumed_key(PartitionId target, PartitionId source) {
  auto key = consumed_prefix(target);
  append_big_endian(key, source);
  return key;
}

class StoredCollectionRows final : public CollectionRows {
 public:
  StoredCollectionRows(Rows& rows, std::string prefix) : rows_(rows), prefix_(std::move(prefix)) {}

  std::optional<std::string> get(std::string_view key) const override {
    std::string value;
    if (!rows_.get(prefix_ + std::string(key), value)) return std::nullopt;
    return value;
  }

  void scan(std::string_view prefix, std::string_view from, const Visitor& visitor) const override {
    rows_.scan_from(
        prefix_ + std::string(prefix), prefix_ + std::string(from),
        [&](std::string_view key, std::string_view value) { return visitor(key.substr(prefix_.size()), value); });
  }

 private:
  Rows& rows_;
  std::string prefix_;
};

class RowStateStore final : public StateStore {
 public:
  explicit RowStateStore(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}

  Result<std::optional<EntityRow>> entity(std::string_view id) override {
    std::string bytes;
    if (!rows_->get(key_of('e', id), bytes)) return std::optional<EntityRow>{};
    EntityRow row;
    if (!decode_entity_row(bytes, row)) return internal_failure("state.corrupt", "a state row does not verify");
    return std::optional<EntityRow>(std::move(row));
  }

  std::optional<CommandRow> command(std::string_view command_id, Instant now) override {
    std::string bytes;
    CommandRow row;
    if (!rows_->get(key_of('c', command_id), bytes) || !decode_command_row(bytes, row)) return std::nullopt;
    if (row.expires.is_set() && row.expires <= now) return std::nullopt;
    return row;
  }

  log::Head head(PartitionId partition) override {
    std::string bytes;
    log::Head head;
    if (!rows_->get(head_key(partition), bytes) || !decode_head(bytes, head)) return {};
    return head;
  }

  void apply(const StateChanges& changes) override {
    RowChanges rows;
    rows.reserve(changes.entities.size() * 2 + changes.commands.size() + changes.heads.size());
    for (const auto& [id, row] : changes.entities) rows.emplace_back(key_of('e', id), encode_entity_row(row));
    for (const auto& [id, row] : changes.commands) rows.emplace_back(key_of('c', id), encode_command_row(row));
    for (const auto& [id, agenda] : changes.agendas) {
      if (agenda.empty())
        rows.emplace_back(key_of('a', id), std::nullopt);
      else
        rows.emplace_back(key_of('a', id), encode_agenda(agenda));
    }
    for (const auto& [id, changed] : changes.collections)
      for (const auto& [key, value] : changed) rows.emplace_back(collections_prefix(id) + key, value);
    for (const auto& consumed : changes.consumed)
      rows.emplace_back(consumed_key(consumed.target, consumed.source), encode_consumed(consumed.source, consumed.seq));
    for (const auto& [partition, head] : changes.heads) rows.emplace_back(head_key(partition), encode_head(head));
    rows_->write(rows);
  }

  void entities(std::string_view prefix, const EntityVisitor& visitor) override {
    rows_->scan(key_of('e', prefix), [&](std::string_view key, std::string_view value) {
      EntityRow row;
      if (decode_entity_row(value, row)) visitor(std::string(key.substr(1)), row);
      return true;
    });
  }

  std::unique_ptr<CollectionRows> collections_of(std::string_view id) override {
    return std::make_unique<StoredCollectionRows>(*rows_, collections_prefix(id));
  }

  void drop_collections_of(std::string_view id) override {
    RowChanges rows;
    add_removal(collections_prefix(id), rows);
    rows_->write(rows);
  }

  void agendas(const AgendaVisitor& visitor) override {
    rows_->scan("a", [&](std::string_view key, std::string_view value) {
      Agenda agenda;
      if (decode_agenda(value, agenda)) visitor(std::string(key.substr(1)), std::move(agenda));
      return true;
    });
  }

  std::vector<Seq> consumed(PartitionId target, std::uint32_t partitions) override {
    std::vector<Seq> consumed(partitions);
    rows_->scan(consumed_prefix(target), [&](std::string_view, std::string_view value) {
      PartitionId source = 0;
      Seq seq = 0;
      if (decode_consumed(value, source, seq) && source < partitions) consumed[source] = seq;
      return true;
    });
    return consumed;
  }

  std::uint64_t commands_consumed(PartitionId target) override {
    std::string bytes;
    PartitionId source = 0;
    Seq offset = 0;
    if (!rows_->get(consumed_key(target, kCommands), bytes) || !decode_consumed(bytes, source, offset)) return 0;
    return offset;
  }

  std::vector<DeadLetter> keep(std::vector<DeadLetter> letters) override {
    const std::lock_guard lock(letters_mutex_);
    RowChanges rows;
    std::vector<DeadLetter> fresh;
    std::string ignored;
    for (auto& letter : letters) {
      auto key = key_of('d', letter.id);
      const auto is_it = [&](const auto& row) { return row.first == key; };
      if (rows_->get(key, ignored) || std::any_of(rows.begin(), rows.end(), is_it)) continue;
      rows.emplace_back(std::move(key), encode_dead_letter(letter));
      fresh.push_back(std::move(letter));
    }
    if (!rows.empty()) rows_->write_durably(rows);
    return fresh;
  }

  std::optional<DeadLetter> dead_letter(std::string_view id) override {
    std::string bytes;
    DeadLetter letter;
    if (!rows_->get(key_of('d', id), bytes) || !decode_dead_letter(bytes, letter)) return std::nullopt;
    return letter;
  }

  bool change_dead_letter(std::string_view id, const std::function<void(DeadLetter&)>& change) override {
    const std::lock_guard lock(letters_mutex_);
    auto letter = dead_letter(id);
    if (!letter) return false;
    change(*letter);
    rows_->write_durably({{key_of('d', id), encode_dead_letter(*letter)}});
    return true;
  }

  bool drop_dead_letter(std::string_view id) override {
    const std::lock_guard lock(letters_mutex_);
    auto key = key_of('d', id);
    std::string ignored;
    if (!rows_->get(key, ignored)) return false;
    rows_->write_durably({{std::move(key), std::nullopt}});
    return true;
  }

  std::uint64_t letters_read() override {
    std::string bytes;
    PartitionId ignored = 0;
    Seq offset = 0;
    if (!rows_->get(kLettersRead, bytes) || !decode_consumed(bytes, ignored, offset)) return 0;
    return offset;
  }

  void set_letters_read(std::uint64_t offset) override {
    rows_->write({{std::string(kLettersRead), encode_consumed(0, offset)}});
  }

  std::vector<DeadLetter> dead_letters(std::size_t count_max) override {
    std::vector<DeadLetter> letters;
    rows_->scan("d", [&](std::string_view, std::string_view value) {
      DeadLetter letter;
      if (decode_dead_letter(value, letter)) letters.push_back(std::move(letter));
      return true;
    });
    std::sort(letters.begin(), letters.end(), [](const DeadLetter& one, const DeadLetter& other) {
      return std::tie(one.at, one.id) > std::tie(other.at, other.id);
    });
    if (letters.size() > count_max) letters.resize(count_max);
    return letters;
  }

  void drop_partition(PartitionId partition, std::uint32_t partitions) override {
    RowChanges rows;
    rows.emplace_back(head_key(partition), std::nullopt);
    for (const char table : {'e', 'a', 'r'}) {
      rows_->scan(std::string(1, table), [&](std::string_view key, std::string_view) {
        const auto id = key.substr(1, key.find('.') - 1);
        if (is_id(id) && partition_of(id, partitions) == partition) rows.emplace_back(std::string(key), std::nullopt);
        return true;
      });
    }
    add_removal(consumed_prefix(partition), rows);
    rows_->write(rows);
  }

  void flush() override { rows_->flush(); }

 private:
  void add_removal(const std::string& prefix, RowChanges& changes) {
    rows_->scan(prefix, [&](std::string_view key, std::string_view) {
      changes.emplace_back(std::string(key), std::nullopt);
      return true;
    });
  }

  std::unique_ptr<Rows> rows_;
  std::mutex letters_mutex_;  ///< from looking at a letter to writing it
};

}  // namespace

Result<std::unique_ptr<StateStore>> open_state_store(const std::filesystem::path& folder) {
  HUB_TRY(auto rows, open_rocks_rows(folder));
  return std::unique_ptr<StateStore>(std::make_unique<RowStateStore>(std::move(rows)));
}

std::unique_ptr<StateStore> make_memory_state_store() {
  return make_state_store(make_memory_rows());
}

std::unique_ptr<StateStore> make_state_store(std::unique_ptr<Rows> rows) {
  return std::make_unique<RowStateStore>(std::move(rows));
}

}  // namespace hub::engine
