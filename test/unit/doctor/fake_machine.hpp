#pragma once

// A made-up machine for the doctor's tests: a folder that stands for "/", in which everything is
// fit until a test changes it.

#include <filesystem>
#include <string>
#include <string_view>

#include "config/files.hpp"
#include "doctor/examination.hpp"

namespace natto::test {

inline constexpr std::string_view kCard = "0000:00:06.0";

class FakeMachine {
 public:
  /// Four cores in one NUMA node, 2 GiB of free hugepages, no IOMMU and vfio in no-IOMMU mode, and
  /// an ENA card that igb_uio has, loaded with wc_activate=1. Workers' cores 1-3 are isolated, and
  /// there is /dev/net/tun.
  FakeMachine();

  void write(const std::filesystem::path& path, std::string_view bytes) const;
  void link(const std::filesystem::path& path, const std::filesystem::path& target) const;
  void folder(const std::filesystem::path& path) const;
  /// With all that is in it.
  void remove(const std::filesystem::path& path) const;

  /// The paths of all files.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

  /// A file of the ENA card.
  void write_card(std::string_view file, std::string_view bytes) const;
  void bind_card(std::string_view driver) const;

  /// Two nodes: cores 0-1 on node 0, 2-3 on node 1, 1 GiB of free hugepages on each.
  void split_in_nodes() const;

  std::map<std::string, VethPeer> veth_peers;  ///< by realm
  std::optional<RunningPorts> running_ports;

  [[nodiscard]] const std::filesystem::path& path() const { return root_.path(); }
  [[nodiscard]] Tree tree() const { return Tree(root_.path()); }
  [[nodiscard]] Findings examine(const Needs* needs, const AwsFacts* aws = nullptr) const {
    return natto::examine(tree(), needs, aws, veth_peers, running_ports);
  }

 private:
  Folder root_;
};

/// One port "middle" on the card with mtu 9001, workers 1-3, main lcore 0, 600 MiB; two mappings,
/// to 10.33.1.145 and 10.33.1.151.
Needs one_arm_needs();

/// Ports "a" (10.1.0.4) and "b" (10.2.0.4); a mapping of each realm, to 10.2.0.16/28 and 10.1.0.7.
Needs two_arm_needs();

/// The only finding of `check`; fails the test if there are several or none.
Finding only(const Findings& findings, Check check);

/// "warning no core -> add isolcpus=...": the finding without check and subject.
std::string told(const Finding& finding);

}  // namespace natto::test
