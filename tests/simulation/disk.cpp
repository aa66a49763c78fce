#include "tests/simulation/disk.hpp"

namespace hub::simulation {

class DiskRows final : public engine::Rows {
 public:
  explicit DiskRows(Disk& disk) : disk_(disk) {}

  bool get(std::string_view key, std::string& value) override {
    const auto found = disk_.rows_.find(key);
    if (found == disk_.rows_.end()) return false;
    value = found->second;
    return true;
  }
  void write(const engine::RowChanges& changes) override {
    for (const auto& [key, value] : changes) {
      const auto found = disk_.rows_.find(key);
      const bool was_there = found != disk_.rows_.end();
      disk_.undo_.emplace_back(key, was_there ? std::optional(found->second) : std::nullopt);
      if (value && was_there)
        found->second = *value;
      else if (value)
        disk_.rows_.emplace(key, *value);
      else if (was_there)
        disk_.rows_.erase(found);
    }
  }
  void write_durably(const engine::RowChanges& changes) override {
    for (const auto& [key, value] : changes) {
      if (value)
        disk_.rows_[key] = *value;
      else
        disk_.rows_.erase(key);
    }
  }
  void scan_from(std::string_view prefix, std::string_view from, const Visitor& visitor) override {
    for (auto at = disk_.rows_.lower_bound(from); at != disk_.rows_.end() && at->first.starts_with(prefix); ++at)
      if (!visitor(at->first, at->second)) return;
  }
  void flush() override { disk_.flush(); }

 private:
  Disk& disk_;
};

std::unique_ptr<engine::Rows> Disk::open() {
  return std::make_unique<DiskRows>(*this);
}

void Disk::crash() {
  for (auto change = undo_.rbegin(); change != undo_.rend(); ++change) {
    if (change->second)
      rows_.insert_or_assign(change->first, std::move(*change->second));
    else
      rows_.erase(change->first);
  }
  undo_.clear();
}

void Disk::erase() {
  rows_.clear();
  undo_.clear();
}

void Disk::flip_a_byte(Random& random) {
  const auto first = rows_.lower_bound("e");
  const auto count = static_cast<std::uint64_t>(std::distance(first, rows_.lower_bound("f")));
  if (count == 0) return;
  auto& bytes = std::next(first, static_cast<std::ptrdiff_t>(random.below(count)))->second;
  auto& byte = bytes[random.below(bytes.size())];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << random.below(8)));
}

}  // namespace hub::simulation
