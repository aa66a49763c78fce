#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/json.hpp"

namespace hub::models {

/// `draining`: what runs is finished, nothing new is started.
enum class Status { online, offline, draining };
BOOST_DESCRIBE_ENUM(Status, online, offline, draining)

/// Of a million tokens, in micro-USD; 0: costs nothing.
struct Price {
  std::int64_t prompt_usd_micro_per_million = 0;
  std::int64_t completion_usd_micro_per_million = 0;
  bool operator==(const Price&) const = default;
};
BOOST_DESCRIBE_STRUCT(Price, (), (prompt_usd_micro_per_million, completion_usd_micro_per_million))

/// What a task gets that does not say it itself.
struct TaskDefaults {
  Duration timeout = seconds(300);
  std::int32_t max_retries = 3;
  Duration retry_delay = seconds(60);
  bool operator==(const TaskDefaults&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskDefaults, (), (timeout, max_retries, retry_delay))

/// A place to which tasks are sent, as users describe it.
struct Spec {
  std::string name;                    ///< unique in its project
  std::string type;                    ///< "openai" | "local" | "custom" | "noop"
  RawJson settings;                    ///< of its type, without secrets
  std::optional<std::string> api_key;  ///< name of a secret of the project
  std::optional<std::string> api_key_last4;
  std::int32_t max_workers = 5;          ///< calls at any instant; >= 1
  std::int64_t max_queue_size = 10'000;  ///< pending tasks, those that wait for a time included; >= 0
  TaskDefaults task_defaults;
  Price price;
  std::map<std::string, std::string> labels;
  std::vector<std::string> fallbacks;  ///< ids of models of its project that its tasks may be called at, in order
  bool operator==(const Spec&) const = default;
};
BOOST_DESCRIBE_STRUCT(Spec, (),
                      (name, type, settings, api_key, api_key_last4, max_workers, max_queue_size, task_defaults, price,
                       labels, fallbacks))

struct TaskDefaultsChange {
  std::optional<Duration> timeout;
  std::optional<std::int32_t> max_retries;
  std::optional<Duration> retry_delay;
  bool operator==(const TaskDefaultsChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskDefaultsChange, (), (timeout, max_retries, retry_delay))

struct PriceChange {
  std::optional<std::int64_t> prompt_usd_micro_per_million;
  std::optional<std::int64_t> completion_usd_micro_per_million;
  bool operator==(const PriceChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(PriceChange, (), (prompt_usd_micro_per_million, completion_usd_micro_per_million))

/// What is to be another way; what is absent stays as it is, so two changes at once lose nothing of each other. A
/// model's type stays.
struct SpecChange {
  std::optional<std::string> name;
  /// By name, each in place of the one before, and of headers each by its own name; null takes it away.
  std::map<std::string, RawJson> settings;
  std::optional<std::string> api_key;  ///< "": it has none any longer
  std::optional<std::string> api_key_last4;
  std::optional<std::int32_t> max_workers;
  std::optional<std::int64_t> max_queue_size;
  std::optional<TaskDefaultsChange> task_defaults;
  std::optional<PriceChange> price;
  std::map<std::string, std::optional<std::string>> labels;  ///< null takes one away
  std::optional<std::vector<std::string>> fallbacks;
  bool operator==(const SpecChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(SpecChange, (),
                      (name, settings, api_key, api_key_last4, max_workers, max_queue_size, task_defaults, price,
                       labels, fallbacks))

/// The description with the change in it.
Spec changed(Spec spec, const SpecChange& change);

}  // namespace hub::models
