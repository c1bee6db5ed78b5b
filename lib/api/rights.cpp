#include "api/rights.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "api/peer.hpp"
#include "base/process_facts.hpp"
#include "config/model.hpp"

namespace natto::api {

Result<std::optional<Access::Group>> Access::find(const std::optional<std::string>& name,
                                                  const char* key) {
  if (!name) {
    return std::optional<Group>();
  }
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(1 << 20);  // a group may have many members
  getgrnam_r(name->c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return input_error(
        fmt::format("[api] {}: this machine has no group {}\n  make it (addgroup --system {}), or "
                    "leave the key out",
                    key, *name, *name));
  }
  return std::optional(Group{.name = *name, .id = found->gr_gid});
}

Result<Access> Access::create(const ApiConfig& config) {
  Access access;
  Result<std::optional<Group>> readers = find(config.group, "group");
  Result<std::optional<Group>> admins = find(config.admin_group, "admin_group");
  if (!readers || !admins) {
    return readers ? admins.error() : readers.error();
  }
  access.readers_ = *std::move(readers);
  access.admins_ = *std::move(admins);
  return access;
}

Rights Access::of(const Peer& peer) const {
  const auto in = [&peer](const std::optional<Group>& group) {
    return group && std::ranges::find(peer.groups, group->id) != peer.groups.end();
  };
  if (peer.user == 0 || peer.user == geteuid() || in(admins_)) {
    return Rights::kChange;
  }
  return in(readers_) ? Rights::kRead : Rights::kNone;
}

Error Access::refusal(const Peer& peer) const {
  const bool reads = of(peer) == Rights::kRead;
  const std::optional<Group>& wanted = reads || !readers_ ? admins_ : readers_;
  return {ErrorKind::kDenied,
          fmt::format("{} may {}\n  ask as root (sudo natto …), or {}", user_name(peer.user),
                      reads ? "read what natto does, but change nothing" : "not ask this natto",
                      wanted ? fmt::format("join the group {} and log in again", wanted->name)
                             : fmt::format("join a group that [api] {} of natto.toml names",
                                           reads ? "admin_group" : "group"))};
}

}  // namespace natto::api
