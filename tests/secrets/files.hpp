#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace hub::test {

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// Every file below `folder`.
inline std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

/// How many files below `folder` hold `needle` in their name or bytes.
inline std::size_t files_with(const std::filesystem::path& folder, std::string_view needle) {
  std::size_t count = 0;
  for (const auto& file : files_below(folder))
    if (file.string().find(needle) != std::string::npos || bytes_of(file).find(needle) != std::string::npos) ++count;
  return count;
}

}  // namespace hub::test
