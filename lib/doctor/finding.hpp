#pragma once

// The checks and their findings. One list makes the enum, the printed names and the table in
// doc/doctor.md.
//
// To add a check: add a line here, a function that returns its findings, and run scripts/docs.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace natto {

// X(enumerator, name, what it looks at, what to do)
// clang-format off
#define NATTO_CHECKS(X)                                                                            \
  X(kHugepages, "hugepages",                                                                       \
    "free hugepage memory, in all and on the device's NUMA node, against what `natto.toml` needs", \
    "`natto-hugepages` with as many MiB as it says; by hand `/proc/sys/vm/nr_hugepages`, at boot " \
    "`vm.nr_hugepages`")                                                                           \
  X(kIommu, "iommu",                                                                               \
    "IOMMU groups; without them, vfio's no-IOMMU mode",                                            \
    "`natto-bind` switches that mode on, as most instances have no IOMMU; by hand `echo 1 > "      \
    "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode`")                                     \
  X(kDriver, "driver",                                                                             \
    "the kernel driver that has the network card",                                                 \
    "`natto-bind MAC`, which binds it at every boot too; by hand `dpdk-devbind.py "                \
    "--bind=vfio-pci` (or `igb_uio`). SSH needs another interface, or `kernel_interface`")         \
  X(kWriteCombining, "write_combining",                                                            \
    "how the ENA card's memory is mapped: what the kernel shows as root while natto runs, else "   \
    "whether the driver can map it write-combining",                                               \
    "use `igb_uio` with `wc_activate=1`, or the `vfio-pci` that AWS patches")                      \
  X(kLlq, "llq",                                                                                   \
    "whether low-latency queues stay on: the arguments of `device`, and DPDK's version",           \
    "take `enable_llq=0` or `llq_policy=0` out; DPDK 24.11.0 and 24.11.1 get `llq_policy=1` from " \
    "natto")                                                                                       \
  X(kIova, "iova",                                                                                 \
    "how DPDK addresses memory for the card, and what `[dpdk] eal` asks for",                      \
    "leave `--iova-mode` out; where addresses are physical, natto needs `CAP_SYS_ADMIN` and with " \
    "vfio `CAP_SYS_RAWIO`, as `natto.service` has, or root")                                       \
  X(kLcores, "lcores",                                                                             \
    "whether the cores of `[dpdk]` are online, and no two are threads of one core",                \
    "name other cores in `lcores` and `main_lcore`")                                               \
  X(kNuma, "numa",                                                                                 \
    "the NUMA node of the network card and of the workers' cores",                                 \
    "name cores of the card's node in `lcores`")                                                   \
  X(kIsolatedCores, "isolated_cores",                                                              \
    "whether the scheduler keeps other work off the workers' cores",                               \
    "`natto-isolate-cores`; by hand add `isolcpus=` with the cores to the kernel's command line")  \
  X(kNohzFull, "nohz_full",                                                                        \
    "whether the timer tick stays off the workers' cores",                                         \
    "`natto-isolate-cores`; by hand add `nohz_full=` and `rcu_nocbs=` with the cores to the "      \
    "kernel's command line")                                                                       \
  X(kGovernor, "governor",                                                                         \
    "the frequency governor of the cores",                                                         \
    "`cpupower frequency-set -g performance`")                                                     \
  X(kMtu, "mtu",                                                                                   \
    "the port's `mtu` against the interface's, or against the 9001 bytes of a VPC",                \
    "set `mtu` to what the path carries: 9001 in a VPC and its region, 8500 between regions")      \
  X(kPathMtu, "path_mtu",                                                                          \
    "the smallest `mtu` of the ports, what becomes of larger packets, and whether TCP is held to "  \
    "it where they differ",                                                                        \
    "`tcp_mss_clamp = \"auto\"` on a port ([MTU and MSS](mtu.md))")                                \
  X(kChecksums, "checksums",                                                                       \
    "of a port on a veth: whether the other end leaves TCP and UDP checksums half made, for "      \
    "hardware that is not there",                                                                  \
    "there: `ethtool -K INTERFACE tx off` ([why](troubleshooting.md#packets-do-not-arrive))")      \
  X(kQueues, "queues",                                                                             \
    "the queues of the ENA card (its MSI-X vectors, as root) against the number of `lcores`",      \
    "name fewer `lcores`, or take an instance type with more queues")                              \
  X(kKernelInterface, "kernel_interface",                                                          \
    "where a port has `kernel_interface`: whether `/dev/net/tun` is there",                        \
    "`modprobe tun`; natto then needs `CAP_NET_ADMIN` too ([rights](ec2-security.md#rights))")     \
  X(kMappedAddresses, "mapped_addresses",                                                          \
    "whether the ENIs own every mapped address, alone or in a delegated prefix",                   \
    "`aws ec2 assign-private-ip-addresses`; or route the addresses to the ENI and turn its "       \
    "source/destination check off")                                                                \
  X(kSourceDestCheck, "source_dest_check",                                                         \
    "the ENI's source/destination check, where packets come or go with addresses it does not own", \
    "`aws ec2 modify-network-interface-attribute --no-source-dest-check`")                         \
  X(kConnectionTracking, "connection_tracking",                                                    \
    "whether the ENI's security groups let all TCP and UDP in and out, which leaves them "         \
    "untracked; ICMP is always tracked",                                                           \
    "allow `0.0.0.0/0` in and out, and restrict with network ACLs")                                \
  X(kPorts, "ports",                                                                               \
    "of a natto that runs here: whether each port works, its resets, and what its device has lost " \
    "or EC2 has held back; `wrong` if it was lost in the last minute",                             \
    "what `natto show ports` advises for each counter "                                            \
    "([lost at the device](operations.md#what-is-lost-at-the-device))")
// clang-format on

enum class Check : std::uint8_t {
#define NATTO_CHECK_ENUMERATOR(enumerator, ...) enumerator,
  NATTO_CHECKS(NATTO_CHECK_ENUMERATOR)
#undef NATTO_CHECK_ENUMERATOR
};

struct CheckInfo {
  Check check;
  std::string_view name;
  std::string_view looks_at;
  std::string_view what_to_do;
};

inline constexpr auto kChecks = std::to_array<CheckInfo>({
#define NATTO_CHECK_INFO(enumerator, name, looks_at, what_to_do) \
  {Check::enumerator, name, looks_at, what_to_do},
    NATTO_CHECKS(NATTO_CHECK_INFO)
#undef NATTO_CHECK_INFO
});

[[nodiscard]] constexpr std::string_view name_of(Check check) noexcept {
  return kChecks[static_cast<std::size_t>(check)].name;
}

enum class Health : std::uint8_t {
  kOk,
  kWarning,  ///< natto runs, but slower or in danger
  kWrong,    ///< natto does not start, or loses packets
  kUnseen,   ///< could not be checked from here
};

/// "ok", "warning", "wrong" or "unseen".
[[nodiscard]] constexpr std::string_view name_of(Health health) noexcept {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kWrong:
      return "wrong";
    case Health::kUnseen:
      return "unseen";
  }
  return "";
}

struct Finding {
  Check check;
  Health health;
  std::string subject;  ///< a PCI address, a realm, an ENI or "node N"; empty: the machine
  std::string what;     ///< what was seen
  std::string advice;   ///< what to do; empty if nothing
};

using Findings = std::vector<Finding>;

/// Makes the findings of one check about one subject.
class Finder {
 public:
  explicit Finder(Check check, std::string subject = "")
      : check_(check), subject_(std::move(subject)) {}

  [[nodiscard]] Finding ok(std::string what) const {
    return make(Health::kOk, std::move(what), "");
  }
  [[nodiscard]] Finding warning(std::string what, std::string advice) const {
    return make(Health::kWarning, std::move(what), std::move(advice));
  }
  [[nodiscard]] Finding wrong(std::string what, std::string advice) const {
    return make(Health::kWrong, std::move(what), std::move(advice));
  }
  [[nodiscard]] Finding unseen(std::string what, std::string advice) const {
    return make(Health::kUnseen, std::move(what), std::move(advice));
  }

 private:
  [[nodiscard]] Finding make(Health health, std::string what, std::string advice) const {
    return {check_, health, subject_, std::move(what), std::move(advice)};
  }

  Check check_;
  std::string subject_;
};

}  // namespace natto
