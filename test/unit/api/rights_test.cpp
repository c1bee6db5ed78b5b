#include "api/rights.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/peer.hpp"
#include "config/model.hpp"

namespace natto::api {
namespace {

constexpr uid_t kAlice = 54'321;
constexpr gid_t kDaemon = 1;
constexpr gid_t kBin = 2;

Access access() {
  return Access::create({.socket = {}, .group = "daemon", .admin_group = "bin"}).value();
}

TEST(Rights, RootAndTheServersOwnUserMayDoAll) {
  const Access closed = Access::create({}).value();
  EXPECT_EQ(closed.of({.user = 0}), Rights::kChange);
  EXPECT_EQ(closed.of({.user = geteuid()}), Rights::kChange);
}

TEST(Rights, OthersAreJudgedByTheirGroups) {
  EXPECT_EQ(access().of({.user = kAlice, .groups = {kAlice}}), Rights::kNone);
  EXPECT_EQ(access().of({.user = kAlice, .groups = {kAlice, kDaemon}}), Rights::kRead);
  EXPECT_EQ(access().of({.user = kAlice, .groups = {kBin}}), Rights::kChange);
  EXPECT_EQ(access().of({.user = kAlice, .groups = {kDaemon, kBin}}), Rights::kChange);
  EXPECT_EQ(Access::create({}).value().of({.user = kAlice, .groups = {kDaemon}}), Rights::kNone);
}

TEST(Rights, ARefusalSaysWhatToDo) {
  const Peer outsider{.user = kAlice};
  EXPECT_EQ(access().refusal(outsider).kind, ErrorKind::kDenied);
  EXPECT_EQ(access().refusal(outsider).message,
            "? (uid 54321) may not ask this natto\n"
            "  ask as root (sudo natto …), or join the group daemon and log in again");
  EXPECT_EQ(access().refusal({.user = kAlice, .groups = {kDaemon}}).message,
            "? (uid 54321) may read what natto does, but change nothing\n"
            "  ask as root (sudo natto …), or join the group bin and log in again");
  EXPECT_EQ(Access::create({}).value().refusal(outsider).message,
            "? (uid 54321) may not ask this natto\n"
            "  ask as root (sudo natto …), or join a group that [api] group of natto.toml names");
}

TEST(Rights, AGroupThatTheMachineDoesNotHaveIsAnError) {
  const auto missing = Access::create({.socket = {}, .group = {}, .admin_group = "no-such-group"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kInput);
  EXPECT_NE(missing.error().message.find("[api] admin_group"), std::string::npos);
}

}  // namespace
}  // namespace natto::api
