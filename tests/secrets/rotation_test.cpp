#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/secrets/key_file.hpp"
#include "adapters/secrets/secrets.hpp"
#include "tests/secrets/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::secrets {
namespace {

namespace fs = std::filesystem;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
constexpr int kValues = 3;

void fill(SlotStore& store) {
  Secrets secrets(store);
  for (int i = 0; i < kValues; ++i)
    ASSERT_TRUE(secrets.put("default", "lab", "n" + std::to_string(i), "value " + std::to_string(i), noon));
}

void expect_all_readable(SlotStore& store) {
  Secrets secrets(store);
  EXPECT_EQ(secrets.list("default", "lab").size(), static_cast<std::size_t>(kValues));
  for (int i = 0; i < kValues; ++i) {
    const auto value = secrets.get("default", "lab", "n" + std::to_string(i));
    ASSERT_TRUE(value) << value.error().code;
    EXPECT_EQ(value.value().view(), "value " + std::to_string(i));
  }
}

/// Runs `work` in a process of its own and answers its exit code.
template <class Work>
int in_child(Work work) {
  const auto child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

constexpr int kKilled = 77;

/// Ends the process at the `n`-th step, from 0.
SlotStore::OnStep killed_at(int n) {
  return [n, seen = 0](std::string_view) mutable {
    if (seen++ == n) ::_exit(kKilled);
  };
}

TEST(Rotation, EverythingIsUnderTheNewKeyAndNothingUnderTheOld) {
  test::TempFolder temp;
  const auto folder = temp.path() / "secrets";
  const auto old_key = Key::generate(), new_key = Key::generate();
  {
    auto store = SlotStore::open(folder, old_key.clone()).value();
    fill(*store);
    ASSERT_TRUE(store->rotate(new_key));
    expect_all_readable(*store);
    EXPECT_EQ(store->rotate(new_key).error().code, "secrets.same_key");
  }
  EXPECT_EQ(test::files_with(folder, old_key.id()), 0U);
  EXPECT_FALSE(fs::exists(folder / "g1"));
  EXPECT_EQ(SlotStore::open(folder, old_key.clone()).error().code, "secrets.wrong_key");
  auto store = SlotStore::open(folder, new_key.clone()).value();
  expect_all_readable(*store);
}

TEST(Rotation, KilledAtEveryStepItLeavesAllReadableUnderExactlyOneKey) {
  bool finished = false;
  for (int n = 0; !finished; ++n) {
    test::TempFolder temp;
    const auto folder = temp.path() / "secrets";
    const auto old_key = Key::generate(), new_key = Key::generate();
    fill(*SlotStore::open(folder, old_key.clone()).value());
    const auto code = in_child([&] {
      auto store = SlotStore::open(folder, old_key.clone(), killed_at(n)).value();
      if (!store->rotate(new_key)) ::_exit(1);
    });
    finished = code == 0;
    ASSERT_TRUE(finished || code == kKilled) << code;
    if (finished) {
      EXPECT_EQ(n, kValues + 3) << "steps";
      break;
    }
    const bool replaced = stored_key_id(folder).value() == new_key.id();
    EXPECT_EQ(SlotStore::open(folder, (replaced ? old_key : new_key).clone()).error().code, "secrets.wrong_key");
    auto store = SlotStore::open(folder, (replaced ? new_key : old_key).clone()).value();
    expect_all_readable(*store);
    EXPECT_EQ(test::files_below(folder).size(), kValues + 2U) << "something is left over";
    ASSERT_TRUE(store->rotate(Key::generate()));
    expect_all_readable(*store);
  }
}

TEST(Rotation, ADamagedValueStopsItAndNothingChanges) {
  test::TempFolder temp;
  const auto folder = temp.path() / "secrets";
  const auto key = Key::generate();
  auto store = SlotStore::open(folder, key.clone()).value();
  fill(*store);
  const auto damaged = folder / "g1" / file_name_of({"secret", "default", "lab", "n1"});
  const auto good = test::bytes_of(damaged);
  test::write_bytes(damaged, good.substr(0, good.size() - 1));
  EXPECT_EQ(store->rotate(Key::generate()).error().code, "secrets.tampered");
  test::write_bytes(damaged, good);
  expect_all_readable(*store);
  EXPECT_EQ(store->key_id(), key.id());
}

struct DevKey : testing::Test {
  test::TempFolder temp;
  fs::path keys = temp.path() / "keys";
  Key load() const {
    auto key = load_key({"", {}, true, keys});
    EXPECT_TRUE(key) << key.error().code;
    return std::move(*std::move(key).value());
  }
  std::unique_ptr<SlotStore> open(SlotStore::OnStep on_step = {}) const {
    auto store = SlotStore::open(secrets_folder(keys), load(), std::move(on_step));
    EXPECT_TRUE(store) << store.error().code;
    return std::move(store).value();
  }
};

TEST_F(DevKey, IsMadeOnceAndClosedToOthers) {
  const auto made = load();
  EXPECT_EQ(load().id(), made.id());
  EXPECT_EQ(fs::status(keys / "encryption-key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(keys).permissions(), fs::perms::owner_all);
}

TEST_F(DevKey, IsFoundAgainWhereverItsRotationWasKilled) {
  fill(*open());
  int killed = 0;
  for (int n = 0; in_child([&] {
                    auto store = open(killed_at(n));
                    if (!rotate_dev_key(*store, keys)) ::_exit(1);
                  }) == kKilled;
       ++n) {
    ++killed;
    expect_all_readable(*open());
    EXPECT_FALSE(fs::exists(keys / "encryption-key.next"));
  }
  EXPECT_EQ(killed, kValues + 3);
  expect_all_readable(*open());
}

TEST_F(DevKey, IsNotMadeWithoutDev) {
  const auto none = load_key({"", {}, false, keys});
  ASSERT_TRUE(none);
  EXPECT_FALSE(none.value());
  EXPECT_FALSE(fs::exists(keys));
}

TEST_F(DevKey, AKeyIsTakenFromTextOrFileButNotBoth) {
  const auto key = Key::generate();
  const auto file = temp.path() / "key.txt";
  test::write_bytes(file, to_hex_text(key) + "\n");
  EXPECT_EQ(load_key({"", file, true, keys}).value()->id(), key.id());
  EXPECT_EQ(load_key({to_hex_text(key), {}, true, keys}).value()->id(), key.id());
  EXPECT_EQ(load_key({to_hex_text(key), file, false, keys}).error().code, "secrets.key_twice");
  EXPECT_EQ(load_key({"", temp.path() / "absent", false, keys}).error().code, "secrets.absent");
  EXPECT_EQ(load_key({"weak", {}, false, keys}).error().code, "secrets.key_invalid");
}

}  // namespace
}  // namespace hub::secrets
