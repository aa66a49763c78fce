#include "adapters/secrets/secrets.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "adapters/secrets/slot_store.hpp"
#include "events/core/digest.hpp"
#include "tests/secrets/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::secrets {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::files_below;
using test::files_with;
using testing::ElementsAre;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
const std::string canary = "canary-5c1e9f-do-not-find-me";

std::unique_ptr<SlotStore> open(const fs::path& folder, const Key& key) {
  auto store = SlotStore::open(folder, key.clone());
  EXPECT_TRUE(store) << store.error().code;
  return std::move(store).value();
}

struct SecretsStore : testing::Test {
  test::TempFolder temp;
  fs::path folder = temp.path() / "keys" / "secrets";
  Key key = Key::generate();
  std::unique_ptr<SlotStore> store = open(folder, key);
  Secrets secrets{*store};

  std::string read(std::string_view name, std::string_view project = "lab") const {
    auto value = secrets.get("default", project, name);
    return value ? std::string(value.value().view()) : value.error().code;
  }
  void put(std::string_view name, std::string_view value) {
    auto stored = secrets.put("default", "lab", name, value, noon);
    ASSERT_TRUE(stored) << stored.error().code;
  }
  std::string code_of_put(std::string_view name, std::string_view value) {
    auto stored = secrets.put("default", "lab", name, value, noon);
    return stored ? "stored" : stored.error().code;
  }
  void reopen(const Key& with) {
    store.reset();
    store = open(folder, with);
    std::destroy_at(&secrets);
    std::construct_at(&secrets, *store);
  }
  fs::path file_of(std::string_view name) const {
    return folder / "g1" / file_name_of({"secret", "default", "lab", std::string(name)});
  }
};

TEST_F(SecretsStore, AValueIsReadBackAlsoAfterARestart) {
  put("token", canary);
  put("empty", "");
  reopen(key);
  EXPECT_EQ(read("token"), canary);
  EXPECT_EQ(read("empty"), "");
}

TEST_F(SecretsStore, NoFileHoldsAValueInPlainText) {
  for (int i = 0; i < 50; ++i) put("name-" + std::to_string(i), canary + std::to_string(i));
  put("name-0", canary + "again");
  EXPECT_EQ(files_with(temp.path(), canary), 0U);
  EXPECT_EQ(files_with(temp.path(), to_base64(canary).substr(0, 20)), 0U);
  EXPECT_EQ(files_with(temp.path(), to_hex(key.bytes())), 0U);
  EXPECT_EQ(files_with(temp.path(), key.bytes()), 0U);
}

TEST_F(SecretsStore, FilesAndFoldersAreClosedToOthers) {
  put("token", canary);
  struct stat status {};
  for (const auto& each : {folder, folder / "g1"}) {
    ASSERT_EQ(::stat(each.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U) << each;
  }
  for (const auto& each : files_below(folder)) {
    ASSERT_EQ(::stat(each.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << each;
  }
}

TEST_F(SecretsStore, AnotherProjectOrOrganisationReadsNothing) {
  put("token", canary);
  EXPECT_EQ(read("token", "default"), "secrets.unknown");
  EXPECT_EQ(secrets.get("other", "lab", "token").error().code, "secrets.unknown");
  EXPECT_TRUE(secrets.list("other", "lab").empty());
}

TEST_F(SecretsStore, AListHasNamesTimesAndVersionsOnly) {
  put("b", canary);
  put("a", canary);
  ASSERT_TRUE(secrets.put("default", "lab", "b", "other", noon + seconds(1)));
  reopen(key);
  std::vector<std::string> items;
  for (const auto& item : secrets.list("default", "lab")) items.push_back(encode_item(item));
  EXPECT_THAT(items, ElementsAre(R"({"name":"a","project":"lab","created_at":"2026-03-01T12:00:00.000000Z",)"
                                 R"("updated_at":"2026-03-01T12:00:00.000000Z","version":1})",
                                 R"({"name":"b","project":"lab","created_at":"2026-03-01T12:00:00.000000Z",)"
                                 R"("updated_at":"2026-03-01T12:00:01.000000Z","version":2})"));
}

TEST_F(SecretsStore, ARemovedSecretIsGone) {
  put("token", canary);
  ASSERT_TRUE(secrets.remove("default", "lab", "token"));
  EXPECT_EQ(read("token"), "secrets.unknown");
  EXPECT_EQ(secrets.remove("default", "lab", "token").error().code, "secrets.unknown");
  EXPECT_FALSE(fs::exists(file_of("token")));
}

TEST_F(SecretsStore, TheBytesOfAReplacedValueAreOverwritten) {
  put("token", canary);
  const auto other_name = folder / "kept";
  fs::create_hard_link(file_of("token"), other_name);
  put("token", "new");
  EXPECT_EQ(bytes_of(other_name), std::string(bytes_of(other_name).size(), '\0'));
  EXPECT_EQ(read("token"), "new");
}

TEST_F(SecretsStore, NamesAndSizesHaveLimits) {
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a b"), std::string("ż"),
                                  std::string("a\0b", 3), std::string(kNameSizeMax + 1, 'a')})
    EXPECT_EQ(code_of_put(name, "x"), "secrets.name");
  EXPECT_EQ(code_of_put(std::string(kNameSizeMax, 'a'), "x"), "stored");
  EXPECT_EQ(code_of_put("big", std::string(kValueSizeMax + 1, 'x')), "secrets.too_large");
  EXPECT_EQ(code_of_put("big", std::string(kValueSizeMax, 'x')), "stored");
  EXPECT_EQ(read("big").size(), kValueSizeMax);
}

TEST_F(SecretsStore, AProjectKeepsSoManySecrets) {
  for (std::size_t i = 0; i < kSecretsMax; ++i) put("n" + std::to_string(i), "x");
  EXPECT_EQ(code_of_put("one-more", "x"), "secrets.too_many");
  EXPECT_EQ(code_of_put("n0", "y"), "stored");
}

TEST_F(SecretsStore, AByteThatWasChangedAnywhereIsFound) {
  put("token", canary);
  const auto file = file_of("token");
  const auto good = bytes_of(file);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    test::write_bytes(file, bad);
    EXPECT_EQ(read("token"), "secrets.tampered") << "byte " << i;
    test::write_bytes(file, good.substr(0, i));
    EXPECT_EQ(read("token"), "secrets.tampered") << "cut at " << i;
  }
  test::write_bytes(file, good);
  EXPECT_EQ(read("token"), canary);
}

TEST_F(SecretsStore, AFileInThePlaceOfAnotherIsFound) {
  put("mine", canary);
  put("yours", "other");
  fs::copy_file(file_of("yours"), file_of("mine"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(read("mine"), "secrets.tampered");
  reopen(key);
  EXPECT_EQ(read("mine"), "secrets.tampered");
}

TEST_F(SecretsStore, AWrongKeyIsRefusedAtTheStart) {
  put("token", canary);
  store.reset();
  const auto opened = SlotStore::open(folder, Key::generate());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "secrets.wrong_key");
  EXPECT_THAT(opened.error().detail, testing::HasSubstr(key.id()));
}

TEST_F(SecretsStore, WithoutAKeyNothingIsStoredOrReadButNamesAreListed) {
  put("token", canary);
  store.reset();
  auto opened = SlotStore::open(folder, std::nullopt);
  ASSERT_TRUE(opened);
  Secrets keyless(*opened.value());
  EXPECT_EQ(keyless.put("default", "lab", "x", "y", noon).error().code, "secrets.no_key");
  EXPECT_EQ(keyless.get("default", "lab", "token").error().code, "secrets.no_key");
  EXPECT_EQ(keyless.list("default", "lab").size(), 1U);
  EXPECT_TRUE(keyless.remove("default", "lab", "token"));
}

TEST_F(SecretsStore, TwoProcessesNeverShareIt) {
  EXPECT_EQ(SlotStore::open(folder, key.clone()).error().code, "secrets.locked");
}

TEST(Keys, AreWrittenInHexadecimalOrBase64) {
  const auto key = Key::generate();
  for (const auto& text : {to_hex(key.bytes()), to_base64(key.bytes()), to_base64url(key.bytes()),
                           " " + to_hex(key.bytes()) + "\n", to_base64url(key.bytes()) + "="}) {
    const auto read = parse_key(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read.value().id(), key.id());
  }
  for (const std::string& bad :
       {std::string(), std::string("secret"), std::string(64, 'g'), std::string(31, 'a'), to_hex(key.bytes()) + "00"}) {
    EXPECT_EQ(parse_key(bad).error().code, "secrets.key_invalid");
    EXPECT_TRUE(bad.empty() || parse_key(bad).error().detail.find(bad) == std::string::npos);
  }
}

}  // namespace
}  // namespace hub::secrets
