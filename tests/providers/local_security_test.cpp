// Secrets stay out of lists and files; paths stay in the workspace.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/providers/local/processes.hpp"
#include "adapters/providers/local/workspace.hpp"
#include "events/core/digest.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSecret = "s3cret-value-that-must-not-show";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LocalSecurityTest, ShowsEnvValuesToTheCommandAlone) {
  LocalHarness harness;
  const auto id = test_id("secret env");
  ::setenv("COMPUTEHUB_TEST_OF_THE_SERVER", "belongs to the server", 1);
  auto order = harness.shell(id,
                             "[ ${#TOKEN} -gt 20 ] && echo has token; echo server=$COMPUTEHUB_TEST_OF_THE_SERVER; "
                             "echo $HOME; sleep 3600");
  order.env["TOKEN"] = kSecret;
  harness.run(order);
  harness.observer().wait_seq(id, 3);
  ::unsetenv("COMPUTEHUB_TEST_OF_THE_SERVER");
  EXPECT_THAT(texts_of(harness.provider().logs(id, {}).value()),
              ElementsAre("has token", "server=", harness.folder_of(id) + "/workspace"));

  const auto leader = read_run(harness.folder_of(id))->pid;
  const auto supervisor = process_stat(leader)->parent;
  const auto of_supervisor = "/proc/" + std::to_string(supervisor);
  EXPECT_THAT(content_of(of_supervisor + "/environ"), IsEmpty());
  EXPECT_THAT(content_of(of_supervisor + "/cmdline"), Not(HasSubstr("sleep"))) << "nor the user's command";
  EXPECT_THAT(content_of(of_supervisor + "/cmdline"), HasSubstr(id));
  for (const auto& process : all_processes())
    EXPECT_THAT(content_of("/proc/" + std::to_string(process.pid) + "/cmdline"), Not(HasSubstr(kSecret)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(harness.folder.path()))
    if (entry.is_regular_file()) {
      EXPECT_THAT(content_of(entry.path()), Not(HasSubstr(kSecret))) << entry.path();
    }
}

TEST(LocalSecurityTest, WritesFilesBelowTheWorkspace) {
  LocalHarness harness;
  const auto id = test_id("files");
  auto order = harness.shell(id, "cat a/b/c.txt; ./run.sh");
  order.spec.files = {{"a/b/c.txt", "text\n", std::nullopt},
                      {"run.sh", std::nullopt, to_base64("#!/bin/sh\necho from a script\n")}};
  harness.run(order);
  harness.observer().wait_exit(id);
  EXPECT_THAT(texts_of(harness.provider().logs(id, {}).value()), ElementsAre("text", "from a script"));
}

TEST(LocalSecurityTest, RefusesPathsThatLeaveTheWorkspace) {
  LocalHarness harness;
  const std::vector<std::string> tricks{"",
                                        "/etc/x",
                                        "../x",
                                        "a/../../x",
                                        "a/..",
                                        ".",
                                        "a//b",
                                        "a/",
                                        "./a",
                                        std::string("a\0b", 3),
                                        std::string(2'000, 'x')};
  for (const auto& path : tricks) {
    auto order = harness.shell(test_id("trick " + path), "exit 0");
    order.spec.files = {{"fine.txt", "x", std::nullopt}, {path, "x", std::nullopt}};
    const auto created = harness.provider().create(order);
    ASSERT_FALSE(created.has_value()) << path;
    EXPECT_EQ(created.error().code, "provider.invalid") << path;
    EXPECT_EQ(created.error().field, "files[1].path") << path;
    EXPECT_EQ(harness.provider().get(order.order_id).error().code, "provider.not_found");
    EXPECT_TRUE(harness.provider().remove(order.order_id).has_value());
  }
  EXPECT_TRUE(harness.is_emptied());
}

TEST(LocalSecurityTest, FollowsNoLinkOutOfTheWorkspace) {
  TemporaryFolder inside, outside;
  ASSERT_EQ(::symlink(outside.path().c_str(), (inside.path() + "/link").c_str()), 0);
  ASSERT_EQ(::symlink((outside.path() + "/file").c_str(), (inside.path() + "/file").c_str()), 0);
  for (const char* path : {"link/x", "file"}) {
    const auto written = write_files(inside.path(), {{path, "x", std::nullopt}});
    ASSERT_FALSE(written.has_value()) << path;
    EXPECT_EQ(written.error().code, "provider.invalid");
  }
  EXPECT_THAT(names_in(outside.path()), IsEmpty());
}

TEST(LocalSecurityTest, TellsAPathThatCannotBeFromAMachineThatCannotWriteNow) {
  TemporaryFolder folder;
  const auto impossible = write_files(folder.path(), {{"a", "x", std::nullopt}, {"a/b", "x", std::nullopt}});
  EXPECT_EQ(impossible.error().code, "provider.invalid");
  EXPECT_EQ(impossible.error().field, "files[1].path");
  const auto for_now = write_files(folder.path() + "/not-there", {{"a", "x", std::nullopt}});
  EXPECT_EQ(for_now.error().kind, FailureKind::unavailable) << "tried again later";
}

TEST(LocalSecurityTest, RemovesFoldersDeeperThanThereAreDescriptors) {
  TemporaryFolder parent;
  const auto top = parent.path() + "/top";
  ASSERT_EQ(::mkdir(top.c_str(), 0700), 0);
  // What stands where a folder from below would be moved to.
  ASSERT_EQ(::mkdir((top + "/moved.0").c_str(), 0700), 0);
  ASSERT_EQ(::mkdir((top + "/moved.0/kept").c_str(), 0700), 0);
  std::ofstream(top + "/moved.1") << "x";
  Fd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 200; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0500 + (depth % 2) * 0200), 0);
    at = Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at.is_open());
  }
  at.reset();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_TRUE(remove_tree(top));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(names_in(parent.path()), IsEmpty());
}

TEST(LocalSecurityTest, RemovesALinkAndNotWhereItLeads) {
  TemporaryFolder outside;
  std::ofstream(outside.path() + "/kept") << "x";
  std::string inside = outside.path() + "-inside";
  ASSERT_EQ(::mkdir(inside.c_str(), 0700), 0);
  ASSERT_EQ(::symlink(outside.path().c_str(), (inside + "/link").c_str()), 0);
  EXPECT_TRUE(remove_tree(inside));
  EXPECT_THAT(names_in(outside.path()), ElementsAre("kept"));
}

TEST(LocalSecurityTest, RefusesWhatTheKernelWouldCutShort) {
  LocalHarness harness;
  auto order = harness.shell(test_id("zero byte"), "exit 0");
  order.spec.command.push_back(std::string("a\0b", 3));
  EXPECT_EQ(harness.provider().create(order).error().field, "command");
  order = harness.shell(test_id("bad name"), "exit 0");
  order.env["A=B"] = "x";
  EXPECT_EQ(harness.provider().create(order).error().field, "env.A=B");
}

}  // namespace
}  // namespace hub::providers::local
