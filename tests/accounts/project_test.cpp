#include "actors/accounts/project.hpp"

#include <gmock/gmock.h>

#include "tests/support/aggregate_spec.hpp"

namespace hub::accounts {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
const ProjectCreated created{"lab", "default", "user:ann"};

test::Spec<Project> lab() {
  test::Spec<Project> spec;
  spec.at(noon).on(project_id("default", "lab"));
  return spec;
}

TEST(Project, TheUserWhoCreatesItIsItsFirstAdmin) {
  lab().when(CreateProject{"lab"}).then({created, ProjectMemberSet{"ann", Role::admin}});
}

TEST(Project, TheKeyThatCreatesItIsItsFirstAdminByItsId) {
  lab()
      .by("key:key_1")
      .when(CreateProject{"lab"})
      .then({ProjectCreated{"lab", "default", "key:key_1"}, ProjectMemberSet{"key_1", Role::admin}});
}

TEST(Project, ASecondOneOfTheSameNameIsRefused) {
  lab().given({created}).when(CreateProject{"lab"}).then_refused("project.exists");
}

TEST(Project, TheSameNameInAnotherOrganisationIsAnotherProject) {
  EXPECT_NE(project_id("default", "lab"), project_id("other", "lab"));
  EXPECT_EQ(project_id("default", "lab"), project_id("default", "lab"));
}

TEST(Project, ANameSentToAnIdOfAnotherNameIsRefused) {
  lab().when(CreateProject{"other"}).then_refused("project.id");
  lab().in("other", "default").when(CreateProject{"lab"}).then_refused("project.id");
}

TEST(Project, ANameThatCouldBeAPathIsRefused) {
  for (const auto* name : {"", "..", "a/b", ".hidden", "a b", "ż"})
    lab().when(CreateProject{name}).then_refused("project.name");
  lab().when(CreateProject{std::string(kProjectNameSizeMax + 1, 'a')}).then_refused("project.name");
}

TEST(Project, TheDefaultOneIsThereBeforeAnythingWasRecorded) {
  test::Spec<Project> spec;
  spec.at(noon).on(project_id("default", "default"));
  spec.when(CreateProject{"default"}).then_refused("project.exists");
  spec.when(SetMember{"bob", Role::dev}).then({ProjectMemberSet{"bob", Role::dev}});
}

TEST(Project, AMemberGetsARoleAndLosesIt) {
  auto spec = lab();
  spec.given({created}).when(SetMember{"bob@example.org", Role::viewer});
  spec.then({ProjectMemberSet{"bob@example.org", Role::viewer}});
  spec.when(SetMember{"bob@example.org", Role::admin}).then({ProjectMemberSet{"bob@example.org", Role::admin}});
  spec.when(RemoveMember{"bob@example.org"}).then({ProjectMemberRemoved{"bob@example.org"}});
  spec.when(RemoveMember{"bob@example.org"}).then_refused("member.unknown");
}

TEST(Project, TheSameRoleAgainChangesNothing) {
  lab().given({created, ProjectMemberSet{"bob", Role::dev}}).when(SetMember{"bob", Role::dev}).then({});
}

TEST(Project, WhatIsNoRoleOrNoUserIsRefused) {
  lab().given({created}).when(SetMember{"bob", Role::none}).then_refused("member.role");
  lab().given({created}).when(SetMember{"bob/../x", Role::dev}).then_refused("member.user");
}

TEST(Project, OneThatDoesNotExistHasNoMembers) {
  lab().when(SetMember{"bob", Role::dev}).then_refused("project.unknown");
  lab().when(RemoveMember{"bob"}).then_refused("project.unknown");
}

TEST(Project, ItHasAtMostSoManyMembersAndItsStateStaysSmall) {
  auto spec = lab();
  spec.given({created});
  for (std::size_t i = 0; i < kMembersMax; ++i) {
    auto user = std::to_string(i);
    user.resize(kUserNameSizeMax, 'x');
    spec.given({ProjectMemberSet{user, Role::viewer}});
  }
  spec.when(SetMember{"bob", Role::dev}).then_refused("project.too_many_members");
  EXPECT_LE(Project::encode_state(spec.state()).size(), 64U << 10U);
}

TEST(Project, ItOwesNothing) {
  EXPECT_TRUE(lab().given({created}).agenda().empty());
}

TEST(Project, CommandsAreReadFromTheirJson) {
  const Project::Command command = SetMember{"bob", Role::dev};
  EXPECT_EQ(Project::decode_command("SetMember", encode_command(command)).value(), command);
  EXPECT_EQ(Project::decode_command("SetMember", R"({"user": "bob"})").error().code, "json.missing");
  EXPECT_EQ(Project::decode_command("SetMember", R"({"user": "bob", "role": "king"})").error().field, "role");
}

TEST(Project, AnErasureIsRecordedOnceForEachKey) {
  const ProjectKeyErased first{"prj_1.1", 1'000}, second{"prj_1.2", 0};
  lab().given({created}).when(RecordErasure{"prj_1.1", 1'000}).then({first});
  lab().given({created, first}).when(RecordErasure{"prj_1.1", 0}).then({});
  lab().given({created, first}).when(RecordErasure{"prj_1.2", 0}).then({second});
  lab().when(RecordErasure{"prj_1.1", 0}).then_refused("project.unknown");
}

}  // namespace
}  // namespace hub::accounts
