#pragma once
#include <map>
#include <string>

#include "events/accounts/api_key_events.hpp"
#include "events/accounts/project_events.hpp"
#include "events/log/record.hpp"

namespace hub::test {

/// Records of facts as a log would hold them: versions count per entity, time goes on by a millisecond a record.
class Records {
 public:
  explicit Records(Instant start) : time_(start) {}

  template <class Event>
  log::Record next(const std::string& entity, const Event& event) {
    log::Record record;
    record.seq = ++seq_;
    record.type = type_of_event(event);
    record.entity = entity;
    record.version = ++versions_[entity];
    record.time = time_ = time_ + milliseconds(1);
    record.actor = "user:ann";
    record.organisation = "default";
    record.data = encode_event(event);
    return record;
  }

 private:
  Instant time_;
  Seq seq_ = 0;
  std::map<std::string, Version> versions_;
};

}  // namespace hub::test
