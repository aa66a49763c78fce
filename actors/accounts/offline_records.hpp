#pragma once
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "events/log/record.hpp"

namespace hub::accounts {

/// What an aggregate decided on a stopped server, as records of the entity of `context`, behind its version `had`.
template <class Event>
std::vector<log::Record> offline_records(const std::vector<Event>& events, const engine::Context& context,
                                         Version had) {
  std::vector<log::Record> records;
  for (const auto& event : events) {
    auto& record = records.emplace_back();
    record.type = type_of_event(event);
    record.entity = context.entity;
    record.version = had + records.size();
    record.time = context.now;
    record.command_id = context.command_id;
    record.actor = context.actor;
    record.organisation = context.organisation;
    record.project = context.project;
    record.data = encode_event(event);
  }
  return records;
}

}  // namespace hub::accounts
