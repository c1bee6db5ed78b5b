#pragma once

// Rules of iptables or nftables at work, on packets that nobody else sees: in a network namespace
// that exists for the proof alone, with a TUN device for each interface that the rules know. The
// machine's own rules and namespaces are not touched; neither root nor a right is needed where
// users may have namespaces of their own.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto::proof {

/// A program that gets its input, in their order.
struct LoaderStep {
  std::vector<std::string> words;
  std::string input;
};

struct SandboxPlan {
  std::vector<LoaderStep> steps;                         ///< what loads the rules
  std::map<std::string, std::vector<Ipv4Prefix>> hosts;  ///< by interface: who is behind it
};

class RuleSandbox {
 public:
  /// Errors say which tool is missing or what it refused. Main thread, before any other starts.
  [[nodiscard]] static Result<RuleSandbox> create(const SandboxPlan& plan);
  RuleSandbox(RuleSandbox&& other) noexcept
      : keeper_(std::move(other.keeper_)),
        process_(std::exchange(other.process_, -1)),
        devices_(std::move(other.devices_)) {}
  RuleSandbox& operator=(RuleSandbox&&) = delete;
  ~RuleSandbox();

  struct Output {
    std::string interface;
    std::vector<std::uint8_t> packet;
  };
  /// Lets an IPv4 packet arrive and takes what leaves meanwhile.
  [[nodiscard]] Status send(const std::string& interface, std::span<const std::uint8_t> packet,
                            std::vector<Output>& outputs);
  /// What is still on its way.
  void settle(std::vector<Output>& outputs);

 private:
  RuleSandbox(Descriptor keeper, pid_t process) : keeper_(std::move(keeper)), process_(process) {}
  bool take(std::vector<Output>& outputs);

  Descriptor keeper_;  ///< closed, it ends the process that holds the namespace
  pid_t process_;      ///< that one; -1: another owns it
  std::map<std::string, Descriptor> devices_;
};

}  // namespace natto::proof
