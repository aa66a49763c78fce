#include "adapters/secrets/sealer.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "adapters/secrets/slot_store.hpp"
#include "tests/secrets/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::secrets {
namespace {

const std::string subject = "prj_00000000000000000000000000aa";
const std::string canary = "canary-71d0-do-not-find-me";

struct Sealing : testing::Test {
  test::TempFolder temp;
  Key key = Key::generate();
  std::unique_ptr<SlotStore> store = SlotStore::open(temp.path() / "secrets", key.clone()).value();
  std::unique_ptr<Sealer> sealer = std::make_unique<Sealer>(*store);

  std::string seal(std::string_view plain, std::string_view associated = "env/TOKEN") {
    auto sealed = sealer->seal(subject, plain, associated);
    EXPECT_TRUE(sealed) << sealed.error().code;
    return sealed ? sealed.value() : std::string();
  }
  std::string open(std::string_view sealed, std::string_view associated = "env/TOKEN") {
    auto plain = sealer->open(sealed, associated);
    return plain ? std::string(plain.value().view()) : plain.error().code;
  }
  void reopen() {
    sealer.reset();
    store.reset();
    store = SlotStore::open(temp.path() / "secrets", key.clone()).value();
    sealer = std::make_unique<Sealer>(*store);
  }
};

TEST_F(Sealing, WhatIsSealedIsOpenedAlsoAfterARestart) {
  const auto sealed = seal(canary), empty = seal("");
  EXPECT_EQ(open(sealed), canary);
  reopen();
  EXPECT_EQ(open(sealed), canary);
  EXPECT_EQ(open(empty), "");
}

TEST_F(Sealing, TheTextNamesItsKeyAndShowsNothing) {
  EXPECT_THAT(seal(canary), testing::MatchesRegex(subject + "\\.1:[A-Za-z0-9+/]+=*"));
  EXPECT_NE(seal(canary), seal(canary));
  EXPECT_EQ(test::files_with(temp.path(), canary), 0U);
}

TEST_F(Sealing, ATextOpensOnlyWhereItBelongs) {
  const auto sealed = seal(canary);
  EXPECT_EQ(open(sealed, "env/OTHER"), "sealed.tampered");
  auto changed = sealed;
  changed[changed.size() - 8] = changed[changed.size() - 8] == 'A' ? 'B' : 'A';
  EXPECT_EQ(open(changed), "sealed.tampered");
}

TEST_F(Sealing, ASubjectsTextIsNothingToAnother) {
  const std::string other = "prj_00000000000000000000000000bb";
  ASSERT_TRUE(sealer->seal(other, "x", "env/TOKEN"));
  const auto sealed = seal(canary);
  EXPECT_EQ(open(other + sealed.substr(subject.size())), "sealed.tampered");
}

TEST_F(Sealing, WhatIsNoSealedTextIsRefused) {
  seal(canary);
  for (const std::string& bad :
       {std::string(), std::string("plain"), subject + ":AAAA", subject + ".1:!", subject + ".0:AAAA",
        subject + ".x:AAAA", std::string("../x.1:AAAA"), subject + ".-1:AAAA"})
    EXPECT_EQ(open(bad), "sealed.malformed") << bad;
  EXPECT_EQ(open(subject + ".2:AAAA"), "sealed.unknown_key");
  EXPECT_EQ(open("prj_nobody.1:AAAA"), "sealed.unknown_key");
  EXPECT_EQ(open(subject + ".1:AAAA"), "sealed.tampered");
}

TEST_F(Sealing, AnErasedSubjectIsUnreadableForEver) {
  const auto sealed = seal(canary);
  ASSERT_TRUE(sealer->erase(subject));
  EXPECT_EQ(open(sealed), "sealed.erased");
  reopen();
  EXPECT_EQ(open(sealed), "sealed.erased");
}

TEST_F(Sealing, AnErasedKeyIsNowhereInTheFolder) {
  const auto sealed = seal(canary);
  const Slot slot{"data-key", "", subject, "ring"};
  const auto kept = store->get(slot);
  ASSERT_TRUE(kept);
  const auto file = temp.path() / "secrets" / "g1" / file_name_of(slot);
  const auto before = test::bytes_of(file);
  std::filesystem::create_hard_link(file, temp.path() / "same-bytes");
  ASSERT_TRUE(sealer->erase(subject));
  EXPECT_EQ(test::files_with(temp.path(), before.substr(before.size() - 40)), 0U);
  EXPECT_EQ(store->get(slot).value().size(), 1U) << "only the number of the erased key is left";
}

TEST_F(Sealing, AfterAnErasureNewTextsGetANewKey) {
  const auto old = seal(canary);
  ASSERT_TRUE(sealer->erase(subject));
  const auto fresh = seal("new");
  EXPECT_EQ(open(fresh), "new");
  EXPECT_EQ(open(old), "sealed.erased");
  EXPECT_THAT(fresh, testing::StartsWith(subject + ".2:"));
  reopen();
  EXPECT_EQ(open(fresh), "new");
  EXPECT_EQ(open(old), "sealed.erased");
}

TEST_F(Sealing, ErasingTwiceOrNobodyIsNoTrouble) {
  EXPECT_TRUE(sealer->erase(subject));
  seal(canary);
  EXPECT_TRUE(sealer->erase(subject));
  EXPECT_TRUE(sealer->erase(subject));
  EXPECT_EQ(sealer->erase("../x").error().code, "sealed.subject");
}

TEST_F(Sealing, ErasingOneSubjectLeavesTheOthers) {
  const auto other = sealer->seal("prj_other", canary, "a").value();
  seal(canary);
  ASSERT_TRUE(sealer->erase(subject));
  EXPECT_EQ(open(other, "a"), canary);
}

TEST_F(Sealing, SealedTextsOutliveARotation) {
  const auto sealed = seal(canary);
  key = Key::generate();
  ASSERT_TRUE(store->rotate(key));
  reopen();
  EXPECT_EQ(open(sealed), canary);
}

TEST_F(Sealing, WithoutAKeyNothingIsSealed) {
  const auto sealed = seal(canary);
  sealer.reset();
  store.reset();
  store = SlotStore::open(temp.path() / "secrets", std::nullopt).value();
  sealer = std::make_unique<Sealer>(*store);
  EXPECT_EQ(sealer->seal(subject, "x", "a").error().code, "secrets.no_key");
  EXPECT_EQ(open(sealed), "secrets.no_key");
}

TEST_F(Sealing, TooLargeATextIsRefused) {
  EXPECT_EQ(sealer->seal(subject, std::string(kSealedSizeMax + 1, 'x'), "a").error().code, "sealed.too_large");
  EXPECT_EQ(open(seal(std::string(kValueSizeMax, 'x'))).size(), kValueSizeMax);
}

TEST_F(Sealing, ManyThreadsMakeOneKeyAndAnErasureBetweenThemIsWhole) {
  std::vector<std::string> sealed(8);
  std::vector<std::thread> threads;
  for (auto& text : sealed) threads.emplace_back([&] { text = seal(canary); });
  for (auto& thread : threads) thread.join();
  for (const auto& text : sealed) EXPECT_EQ(open(text), canary);
  threads.clear();
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const auto read = open(seal("x"));
        EXPECT_TRUE(read == "x" || read == "sealed.erased") << read;
      }
    });
  EXPECT_TRUE(sealer->erase(subject));
  for (auto& thread : threads) thread.join();
  for (const auto& text : sealed) EXPECT_EQ(open(text), "sealed.erased");
}

}  // namespace
}  // namespace hub::secrets
