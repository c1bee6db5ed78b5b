#pragma once

// Who may do what: root and natto's own user all, [api] admin_group as well, [api] group may read.

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"

namespace natto {
struct ApiConfig;
}

namespace natto::api {

struct Peer;

enum class Rights { kNone, kRead, kChange };

class Access {
 public:
  /// An error of kind kInput if there is no such group on this machine.
  [[nodiscard]] static Result<Access> create(const ApiConfig& config);

  [[nodiscard]] Rights of(const Peer& peer) const;
  /// For a peer that has not the right that it needs: what to do.
  [[nodiscard]] Error refusal(const Peer& peer) const;

 private:
  struct Group {
    std::string name;
    gid_t id;
  };
  [[nodiscard]] static Result<std::optional<Group>> find(const std::optional<std::string>& name,
                                                         const char* key);

  std::optional<Group> readers_;
  std::optional<Group> admins_;
};

}  // namespace natto::api
