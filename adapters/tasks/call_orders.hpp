#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/engine/state_store.hpp"
#include "actors/models/model.hpp"
#include "adapters/models/request.hpp"
#include "events/log/log.hpp"

namespace hub::models {

/// Answers at once, without a call: for load tests.
inline constexpr std::string_view kNoopType = "noop";

/// What a model's calls have in common.
struct CallTarget {
  bool noop = false;
  calls::ModelSettings settings;
  std::string organisation;
  std::string project;
  std::string api_key;  ///< plain
};

/// Where a task's call goes, and what it asks.
class CallOrders {
 public:
  using Target = std::shared_ptr<const CallTarget>;
  /// The plain value of a secret.
  using OpenKey = std::function<Result<std::string>(const std::string& organisation, const std::string& project,
                                                    const std::string& name)>;
  /// A task's input as it was before it was sealed; `sealed` is the JSON of its event.
  using OpenInput = std::function<Result<std::string>(const std::string& task, const std::string& sealed)>;

  CallOrders(engine::StateStore& state, log::Log& log, OpenKey open_key, OpenInput open_input)
      : state_(state), log_(log), open_key_(std::move(open_key)), open_input_(std::move(open_input)) {}

  /// Of the description with this number (CallData::spec). May block. Fails: as secrets do; internal `log.corrupt`.
  Result<Target> target(const std::string& model, std::uint64_t spec);
  /// Of another model, which lends the slot of this call. May block. Fails: unavailable when it is not to be had, for
  /// the lender may have another description by now.
  Result<Target> target(const std::string& model, const tasks::Loan& loan) const;
  /// Fails: as seals do, and as calls::make_request.
  Result<calls::Request> request(const CallTarget& target, const std::string& task) const;

 private:
  struct Known {
    std::uint64_t spec = 0;
    Target target;
  };
  Result<Known> read(const std::string& model) const;
  /// `row`: of the model whose task it is.
  Result<Target> target_of(const engine::EntityRow& row, const Spec& spec) const;

  engine::StateStore& state_;
  log::Log& log_;
  const OpenKey open_key_;
  const OpenInput open_input_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace hub::models
