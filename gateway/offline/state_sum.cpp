#include "gateway/offline/state_sum.hpp"

#include "events/core/varint.hpp"

namespace hub::offline {

void StateSum::add(const log::Batch& batch) {
  std::map<std::string, std::vector<const log::Record*>> events;
  for (const auto& record : batch.records) {
    if (record.kind != log::RecordKind::event) continue;
    kinds_.for_each_evolving(record, [&](const std::string& id, Version) { events[id].push_back(&record); });
  }
  for (const auto& [id, records] : events) fold(id, records);
}

void StateSum::fold(const std::string& id, const std::vector<const log::Record*>& events) {
  auto& entity = states_[id];
  const auto* kind = kinds_.of(id);
  if (entity.folds && kind != nullptr) {
    if (auto folded = kind->fold(entity.state, events, &entity.rows)) {
      entity.state = std::move(folded.value().state);
      entity.rows.apply(folded.value().rows);
      return;
    }
  }
  if (entity.folds) ++unfolded_;
  entity.folds = false;
  std::string bytes;
  append_sized(bytes, entity.state);
  for (const auto* event : events) {
    append_sized(bytes, event->type);
    append_sized(bytes, event->data);
  }
  entity.state = to_hex(sha256(bytes));
}

Digest StateSum::value() const {
  Digest sum{};
  std::string bytes;
  for (const auto& [id, entity] : states_) {
    bytes.assign(as_bytes(sum));
    append_sized(bytes, id);
    append_sized(bytes, entity.state);
    for (const auto& [key, value] : entity.rows.rows()) {
      append_sized(bytes, key);
      append_sized(bytes, value);
    }
    sum = sha256(bytes);
  }
  return sum;
}

}  // namespace hub::offline
