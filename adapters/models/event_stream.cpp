#include "adapters/models/event_stream.hpp"

namespace hub::calls {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kField = "data";

}  // namespace

bool EventStream::refuse() {
  too_large_ = true;
  return false;
}

bool EventStream::keep(std::string_view bytes) {
  if (line_.size() + bytes.size() > kEventBytesMax) return refuse();
  line_.append(bytes);
  return true;
}

bool EventStream::take_line() {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    line.remove_prefix(kByteOrderMark.size());
  if (line.substr(0, kField.size()) != kField) return true;
  line.remove_prefix(kField.size());
  // "data" alone is an empty data line; "database: …" is another field.
  if (!line.empty() && line.front() != ':') return true;
  if (!line.empty()) line.remove_prefix(1);
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (data_.size() + line.size() >= kEventBytesMax) return refuse();
  if (has_data_) data_ += '\n';
  has_data_ = true;
  data_.append(line);
  return true;
}

}  // namespace hub::calls
