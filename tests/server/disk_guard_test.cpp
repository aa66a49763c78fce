#include "gateway/server/disk_guard.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.hpp"

namespace hub::server {
namespace {

// How a full disk is met is shown on a small file system by tests/system/test_disk.py.

TEST(DiskGuard, KeepsSomeRoomBack) {
  const test::TempFolder folder;
  DiskGuard guard(folder.path());
  const auto ballast = folder.path() / "ballast";
  ASSERT_TRUE(std::filesystem::exists(ballast));
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(ballast));
  EXPECT_GE(size, 16 << 20);
  EXPECT_LE(size, 64 << 20);
  EXPECT_TRUE(guard.has_room());
  EXPECT_FALSE(guard.room().full);
  EXPECT_EQ(guard.room().refuse_below_bytes, size);
}

TEST(DiskGuard, GivesItFreeOnceAndFindsItAgain) {
  const test::TempFolder folder;
  const auto ballast = folder.path() / "ballast";
  {
    DiskGuard guard(folder.path());
    guard.release();
    EXPECT_FALSE(std::filesystem::exists(ballast));
    guard.release();
  }
  const DiskGuard again(folder.path());
  EXPECT_TRUE(std::filesystem::exists(ballast));
}

}  // namespace
}  // namespace hub::server
