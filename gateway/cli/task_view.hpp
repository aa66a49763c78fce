#pragma once
#include <boost/json.hpp>
#include <string>

#include "gateway/cli/session.hpp"

namespace hub::cli {

/// "pending: no_free_slot (2 of 2)", "failed: the endpoint answered 400"; just the status when there is no more to say.
std::string task_status_text(const boost::json::value& task);
bool task_has_ended(const boost::json::value& task);

/// The table of `task ls`, with whole ids.
std::string tasks_table(const boost::json::array& items, const Console& console);
/// What `task show` prints: the task, its attempts, its input and its result.
std::string task_fields(const boost::json::value& task, const Console& console);

/// The result of a task that has ended on standard output, text as it is (on a terminal without what would steer it),
/// anything else as JSON; of one that came to none its reason on standard error. With -o json the whole task, which is
/// `body`. `done` only when it has completed.
Exit print_result(Session& session, const boost::json::value& task, std::string_view body);

}  // namespace hub::cli
