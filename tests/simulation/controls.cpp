#include "tests/simulation/controls.hpp"

#include <algorithm>

#include "events/log/chain.hpp"
#include "tests/simulation/forwarding_log.hpp"

namespace hub::simulation {
namespace {

class ForwardingStore : public engine::StateStore {
 public:
  explicit ForwardingStore(std::unique_ptr<engine::StateStore> inner) : inner_(std::move(inner)) {}

  Result<std::optional<engine::EntityRow>> entity(std::string_view id) override { return inner_->entity(id); }
  std::optional<engine::CommandRow> command(std::string_view command_id, Instant now) override {
    return inner_->command(command_id, now);
  }
  log::Head head(PartitionId partition) override { return inner_->head(partition); }
  void apply(const engine::StateChanges& changes) override { inner_->apply(changes); }
  std::unique_ptr<engine::CollectionRows> collections_of(std::string_view id) override {
    return inner_->collections_of(id);
  }
  void drop_collections_of(std::string_view id) override { inner_->drop_collections_of(id); }
  void agendas(const AgendaVisitor& visitor) override { inner_->agendas(visitor); }
  std::vector<Seq> consumed(PartitionId target, std::uint32_t partitions) override {
    return inner_->consumed(target, partitions);
  }
  void entities(std::string_view prefix, const EntityVisitor& visitor) override { inner_->entities(prefix, visitor); }
  std::uint64_t commands_consumed(PartitionId target) override { return inner_->commands_consumed(target); }
  std::vector<engine::DeadLetter> keep(std::vector<engine::DeadLetter> letters) override {
    return inner_->keep(std::move(letters));
  }
  std::optional<engine::DeadLetter> dead_letter(std::string_view id) override { return inner_->dead_letter(id); }
  bool change_dead_letter(std::string_view id, const std::function<void(engine::DeadLetter&)>& change) override {
    return inner_->change_dead_letter(id, change);
  }
  bool drop_dead_letter(std::string_view id) override { return inner_->drop_dead_letter(id); }
  std::uint64_t letters_read() override { return inner_->letters_read(); }
  void set_letters_read(std::uint64_t offset) override { inner_->set_letters_read(offset); }
  std::vector<engine::DeadLetter> dead_letters(std::size_t count_max) override {
    return inner_->dead_letters(count_max);
  }
  void drop_partition(PartitionId partition, std::uint32_t partitions) override {
    inner_->drop_partition(partition, partitions);
  }
  void flush() override { inner_->flush(); }

 private:
  std::unique_ptr<engine::StateStore> inner_;
};

class ForgetfulStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::optional<engine::CommandRow> command(std::string_view, Instant) override { return std::nullopt; }
};

class PositionlessStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::vector<Seq> consumed(PartitionId, std::uint32_t partitions) override { return std::vector<Seq>(partitions); }
};

class EpochlessLog final : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    const auto answer = inner().append(batches);
    if (answer != log::Append::fenced) return answer;
    std::vector<log::BatchPtr> again;
    for (const auto& batch : batches) {
      auto copy = *batch;
      auto head = inner().head(batch->partition);
      copy.end.epoch = head.epoch;
      log::seal(copy, head);
      again.push_back(std::make_shared<const log::Batch>(std::move(copy)));
    }
    return inner().append(again);
  }
};

class TrustingLog final : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    const auto answer = inner().append(batches);
    return answer == log::Append::unknown ? log::Append::committed : answer;
  }
};

class BeginningStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::uint64_t commands_consumed(PartitionId) override { return 0; }
};

class OwingNothingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  void agendas(const AgendaVisitor&) override {}
};

/// Hands on what it is told, but for some commands.
class DeafInputs final : public log::Inputs {
 public:
  explicit DeafInputs(log::Inputs& inner) : inner_(inner) {}
  Result<void> start(Handler handler) override {
    auto kept = handler;
    kept.arrived = [this, arrived = std::move(handler.arrived)](PartitionId partition, std::uint64_t session,
                                                                std::uint64_t offset,
                                                                std::optional<log::Command> command) {
      if (++heard_ % kEach != 0) arrived(partition, session, offset, std::move(command));
    };
    return inner_.start(std::move(kept));
  }
  void stop() override { inner_.stop(); }
  std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) override {
    return inner_.begin(partition, session, offset);
  }
  void publish(PartitionId partition, const log::Command& command, Delivered delivered) override {
    inner_.publish(partition, command, std::move(delivered));
  }

 private:
  static constexpr int kEach = 40;
  log::Inputs& inner_;
  int heard_ = 0;
};

class DeafLog final : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  log::Inputs* inputs() override {
    if (inner().inputs() == nullptr) return nullptr;
    if (!inputs_) inputs_ = std::make_unique<DeafInputs>(*inner().inputs());
    return inputs_.get();
  }

 private:
  std::unique_ptr<DeafInputs> inputs_;
};

class ChainlessLog final : public ForwardingLog {
 public:
  ChainlessLog(std::unique_ptr<log::Log> inner, Position torn) : ForwardingLog(std::move(inner)), torn_(torn) {}

  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    auto batches = inner().read(partition, from, bytes_max);
    if (!batches || partition != torn_.partition) return batches;
    for (auto& batch : batches.value()) {
      if (batch->end.first > torn_.seq || torn_.seq > batch->end.last) continue;
      auto copy = *batch;
      copy.records.erase(copy.records.begin() + static_cast<std::ptrdiff_t>(torn_.seq - batch->end.first));
      batch = std::make_shared<const log::Batch>(std::move(copy));
    }
    return batches;
  }

 private:
  const Position torn_;
};

template <class Decorated, class Port, class... Extra>
auto decorate(Extra... extra) {
  return [extra...](std::unique_ptr<Port> inner) -> std::unique_ptr<Port> {
    return std::make_unique<Decorated>(std::move(inner), extra...);
  };
}

}  // namespace

Decorations without_dedup() {
  return {nullptr, decorate<ForgetfulStore, engine::StateStore>(), nullptr};
}
Decorations without_message_positions() {
  return {nullptr, decorate<PositionlessStore, engine::StateStore>(), nullptr};
}
Decorations without_epochs() {
  return {decorate<EpochlessLog, log::Log>(), nullptr, nullptr};
}
Decorations without_read_back() {
  return {decorate<TrustingLog, log::Log>(), nullptr, nullptr};
}
Decorations with_lost_commands() {
  return {decorate<DeafLog, log::Log>(), nullptr, nullptr};
}
Decorations with_lost_effects() {
  constexpr int kEach = 100;
  return {nullptr, nullptr,
          [asked = std::make_shared<int>()](const engine::EffectRequest&) { return ++*asked % kEach == 0; }};
}
Decorations without_command_positions() {
  return {nullptr, decorate<BeginningStore, engine::StateStore>(), nullptr};
}
Decorations without_agendas() {
  return {nullptr, decorate<OwingNothingStore, engine::StateStore>(), nullptr};
}
Decorations without_chain(Position torn) {
  return {decorate<ChainlessLog, log::Log>(torn), nullptr, nullptr};
}

}  // namespace hub::simulation
