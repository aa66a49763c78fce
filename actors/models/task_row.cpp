#include "actors/models/task_row.hpp"

#include "events/core/varint.hpp"

namespace hub::models {
namespace {

constexpr char kRowVersion = 1;
constexpr char kIsDue = 1, kSeeks = 2;

void append(std::string& out, std::int64_t value) {
  append_varint(out, static_cast<std::uint64_t>(value));
}

template <class Number>
bool take(std::string_view& bytes, Number& value) {
  std::uint64_t read = 0;
  if (!take_varint(bytes, read)) return false;
  value = static_cast<Number>(read);
  return true;
}

}  // namespace

std::string encode_task_row(const TaskRow& row) {
  std::string bytes{kRowVersion, static_cast<char>(row.status), static_cast<char>(row.priority),
                    static_cast<char>((row.due ? kIsDue : 0) | (row.seeks ? kSeeks : 0))};
  append_varint(bytes, row.version);
  append_varint(bytes, row.order);
  append(bytes, row.attempts);
  append(bytes, row.retries);
  append(bytes, row.max_retries);
  append(bytes, row.timeout.micros);
  append(bytes, row.retry_delay.micros);
  if (row.due) append(bytes, row.due->micros);
  if (row.seeks) append(bytes, *row.seeks);
  return bytes;
}

std::optional<TaskRow> decode_task_row(std::string_view bytes) {
  constexpr std::size_t kHead = 4;
  if (bytes.size() < kHead || bytes[0] != kRowVersion) return std::nullopt;
  if (bytes[1] < 0 || bytes[1] > static_cast<char>(tasks::Status::cancelled)) return std::nullopt;
  TaskRow row;
  row.status = static_cast<tasks::Status>(bytes[1]);
  row.priority = bytes[2];
  const char flags = bytes[3];
  bytes.remove_prefix(kHead);
  if ((flags & kIsDue) != 0) row.due.emplace();
  if ((flags & kSeeks) != 0) row.seeks.emplace();
  const bool good = take(bytes, row.version) && take(bytes, row.order) && take(bytes, row.attempts) &&
                    take(bytes, row.retries) && take(bytes, row.max_retries) && take(bytes, row.timeout.micros) &&
                    take(bytes, row.retry_delay.micros) && (!row.due || take(bytes, row.due->micros)) &&
                    (!row.seeks || take(bytes, *row.seeks));
  if (!good || !bytes.empty()) return std::nullopt;
  return row;
}

}  // namespace hub::models
