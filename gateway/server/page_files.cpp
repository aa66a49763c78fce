#include "gateway/server/page_files.hpp"

#include <algorithm>
#include <charconv>

namespace hub::server {
namespace {

std::string_view take_until(std::string_view& rest, char end) {
  const auto field = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(field.size() + 1, rest.size()));
  return field;
}

std::optional<std::size_t> size_of(std::string_view digits) {
  std::size_t size = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (bad != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

}  // namespace

std::optional<PageFiles> PageFiles::of(std::string_view package) {
  const auto head = package.starts_with('\n') ? 0 : package.find("\n\n");
  if (head == std::string_view::npos) return std::nullopt;
  auto lines = package.substr(0, head == 0 ? 0 : head + 1);
  auto bytes = package.substr(head == 0 ? 1 : head + 2);
  PageFiles files;
  while (!lines.empty()) {
    auto line = take_until(lines, '\n');
    auto entry = std::make_unique<Entry>();
    entry->file.path = take_until(line, '\t');
    entry->file.content_type = take_until(line, '\t');
    entry->file.tag = take_until(line, '\t');
    const auto plain = size_of(take_until(line, '\t')), gzip = size_of(take_until(line, '\t'));
    if (!plain || !gzip || *plain > bytes.size() || *gzip > bytes.size() - *plain) return std::nullopt;
    entry->file.plain = bytes.substr(0, *plain);
    entry->file.gzip = bytes.substr(*plain, *gzip);
    bytes.remove_prefix(*plain + *gzip);
    files.entries_.push_back(std::move(entry));
  }
  if (!bytes.empty()) return std::nullopt;
  return files;
}

std::optional<std::size_t> PageFiles::find(std::string_view path) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const auto& entry, std::string_view wanted) { return entry->file.path < wanted; });
  if (at == entries_.end() || (*at)->file.path != path) return std::nullopt;
  return static_cast<std::size_t>(at - entries_.begin());
}

PageFiles::Bytes PageFiles::bytes(std::size_t index, bool gzip) const {
  auto& entry = *entries_[index];
  std::call_once(entry.once[gzip ? 1 : 0], [&] {
    entry.bytes[gzip ? 1 : 0] = std::make_shared<const std::string>(gzip ? entry.file.gzip : entry.file.plain);
  });
  return entry.bytes[gzip ? 1 : 0];
}

}  // namespace hub::server
