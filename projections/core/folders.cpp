#include "projections/core/folders.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace hub::projections {
namespace {

constexpr std::string_view kCurrent = "current";

std::uint64_t number_of(const std::string& name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

void sync(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::fsync(file) != 0) stop_on_io_error("cannot sync a projection's folder", path.filename().string());
  ::close(file);
}

}  // namespace

Folders::Folders(const std::filesystem::path& root, const Projection& projection)
    : root_(root / (std::string(projection.name()) + "-v" + std::to_string(projection.version()))) {}

std::optional<std::filesystem::path> Folders::current() const {
  std::ifstream file(root_ / kCurrent);
  std::string name;
  if (!(file >> name) || number_of(name) == 0 || !std::filesystem::is_directory(root_ / name)) return std::nullopt;
  return root_ / name;
}

std::filesystem::path Folders::next() const {
  std::uint64_t last = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root_, ignored))
    last = std::max(last, number_of(entry.path().filename().string()));
  return root_ / std::to_string(last + 1);
}

void Folders::make_current(const std::filesystem::path& generation) const {
  const auto fresh = root_ / "current.new";
  std::ofstream file(fresh, std::ios::trunc);
  file << generation.filename().string() << '\n' << std::flush;
  if (!file) stop_on_io_error("cannot name a projection's generation", generation.filename().string());
  file.close();
  sync(fresh);
  std::error_code error;
  std::filesystem::rename(fresh, root_ / kCurrent, error);
  if (error) stop_on_io_error("cannot name a projection's generation", error.message());
  sync(root_);
}

void Folders::remove_others() const {
  const auto kept = current();
  std::error_code ignored;
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(root_, ignored))
    if (number_of(entry.path().filename().string()) > 0 && entry.path() != kept) others.push_back(entry.path());
  for (const auto& other : others) std::filesystem::remove_all(other, ignored);
}

}  // namespace hub::projections
