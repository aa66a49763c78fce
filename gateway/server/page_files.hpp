#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::server {

/// The files of a page, out of the package that ops/scripts/pack_dashboard.py makes of them.
class PageFiles {
 public:
  struct File {
    std::string_view path;          ///< "index.html", "assets/main-4f2a.js"
    std::string_view content_type;  ///< lives as long as the package
    std::string tag;                ///< strong, for the plain bytes: 32 hexadecimal digits
    std::string_view plain;
    std::string_view gzip;  ///< empty: not worth it
  };
  /// Shared by all answers, and made when it is asked for the first time.
  using Bytes = std::shared_ptr<const std::string>;

  /// Views into `package`, which outlives it. None when it is malformed.
  static std::optional<PageFiles> of(std::string_view package);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const File& file(std::size_t index) const { return entries_[index]->file; }
  /// By its path; none when there is no such file.
  std::optional<std::size_t> find(std::string_view path) const;
  Bytes bytes(std::size_t index, bool gzip) const;

 private:
  struct Entry {
    File file;
    std::once_flag once[2];
    Bytes bytes[2];
  };
  std::vector<std::unique_ptr<Entry>> entries_;  ///< by path
};

}  // namespace hub::server
