#include "events/log/signing.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "events/log/checkpoint.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

TEST(Signing, AKeyIsMadeOnceForItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto keys = folder.path() / "keys";
  const auto first = Signer::open(keys).value(), second = Signer::open(keys).value();
  EXPECT_EQ(first.public_key().id(), second.public_key().id());
  EXPECT_TRUE(second.public_key().verify("text", first.sign("text")));
  struct stat status {};
  ASSERT_EQ(stat((keys / "checkpoint-key.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(keys.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(Signing, AKeyThatOthersMayReadIsRefused) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Signer::open(folder.path()));
  std::filesystem::permissions(folder.path() / "checkpoint-key.pem", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const auto opened = Signer::open(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "key.permissions");
}

TEST(Signing, WhatIsNoKeyIsRefusedAndNotOverwritten) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "checkpoint-key.pem";
  std::ofstream(file) << "no key";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const auto opened = Signer::open(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "key.invalid");
  EXPECT_EQ(std::filesystem::file_size(file), 6U);
  EXPECT_FALSE(PublicKey::parse(""));
  EXPECT_EQ(PublicKey::load(folder.path() / "absent").error().code, "key.absent");
}

TEST(Signing, ThePublicHalfVerifiesAndOnlyTheSameBytes) {
  const auto signer = Signer::temporary();
  const auto key = PublicKey::parse(signer.public_key().pem()).value();
  EXPECT_EQ(key.id(), signer.public_key().id());
  auto signature = signer.sign("text");
  EXPECT_TRUE(key.verify("text", signature));
  EXPECT_FALSE(key.verify("test", signature));
  EXPECT_FALSE(key.verify("text", signature.substr(1)));
  signature[5] = static_cast<char>(signature[5] ^ 1);
  EXPECT_FALSE(key.verify("text", signature));
  EXPECT_FALSE(Signer::temporary().public_key().verify("text", signer.sign("text")));
}

TEST(Checkpoint, EveryChangeOfItsTextIsFound) {
  const auto signer = Signer::temporary();
  const std::vector<Head> heads{{7, 1, sha256("a"), {}}, {9, 1, sha256("b"), {}}, {}};
  const auto text = make_checkpoint(signer, 1, heads[1], heads, {5}).data;
  const auto checkpoint = parse_checkpoint(text).value();
  EXPECT_EQ(to_text(checkpoint), text);
  ASSERT_EQ(checkpoint.heads.size(), 1U);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = text[i] == '1' ? '2' : '1';
    const auto parsed = parse_checkpoint(changed);
    EXPECT_TRUE(!parsed || !verify_checkpoint(parsed.value(), signer.public_key())) << changed;
  }
}

}  // namespace
}  // namespace hub::log::testing
