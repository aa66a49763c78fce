#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace hub::test {

/// A folder of its own, gone at the end of the test.
class TempFolder {
 public:
  TempFolder() {
    auto name = ::testing::TempDir() + "hub-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
    count +=
        file.string().find(needle) != std::string::npos || bytes_of(file).find(needle) != std::string::npos ? 1 : 0;
  return count;
}

}  // namespace hub::test
