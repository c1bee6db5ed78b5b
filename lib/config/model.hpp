#pragma once

// What natto.toml says, once it is known to be right.
//
// Only the loaders (table/loader.hpp) make these values, so everything that holds one may rely on
// what the comments promise. Nothing here changes after it was loaded.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "config/config_values.hpp"
#include "packet/icmp_rules.hpp"
#include "packet/role.hpp"

namespace natto {

/// [dpdk]
struct DpdkConfig {
  std::vector<unsigned> lcores = {1};  ///< workers; ascending, not empty, main_lcore not among them
  unsigned main_lcore = 0;             ///< the control thread
  std::optional<std::uint32_t> mbufs;  ///< packet buffers; absent: enough for every ring and cache
  std::vector<std::string> eal;        ///< extra EAL arguments, verbatim
};

/// What natto does with a packet whose source its realm does not map (R24).
enum class SourceNotMapped { kDrop, kPass };

/// What natto does with a packet from one host of a realm to another's mapped address (R38).
enum class Hairpin { kAllow, kDrop };

/// Whether a port's checksum hardware may be used.
enum class ChecksumOffload { kAuto, kOff };

/// What natto does with packets with a record route or timestamp option (R23).
enum class RecordRoute { kDrop, kPass };

/// [[port]]
struct PortConfig {
  std::string realm;                      ///< unique, not empty
  std::string device;                     ///< PCI address or DPDK vdev; unique
  Ipv4Prefix address;                     ///< natto's own address, host bits kept
  std::optional<Ipv4Address> gateway;     ///< inside `address`'s subnet, not the address itself
  std::optional<MacAddress> gateway_mac;  ///< static next hop: unicast, not zero
  std::uint16_t mtu = 1500;               ///< bytes of the largest IPv4 packet
  ChecksumOffload checksum_offload = ChecksumOffload::kAuto;
  SourceNotMapped source_not_mapped = SourceNotMapped::kDrop;
  Hairpin hairpin = Hairpin::kAllow;  ///< kDrop only where there are several ports
  RecordRoute record_route = RecordRoute::kDrop;
  /// Holds TCP segments to what the MTUs carry (packet/mss.hpp), and to as many bytes; absent: not.
  std::optional<std::uint16_t> tcp_mss_clamp = std::nullopt;
  /// The kernel's interface for `address`; unique. Absent: the kernel does not have the address.
  std::optional<std::string> kernel_interface = std::nullopt;
  std::uint32_t kernel_packets_per_second = 10'000;  ///< at most, each way; at least 1
};

/// [icmp]
struct IcmpConfig {
  IcmpRules rules = {};
  std::uint32_t errors_per_second = 1000;  ///< that natto makes itself (R19), 0: none
  std::uint32_t error_burst = 100;         ///< of those at once after a quiet time, at least 1
};

/// [table], beside the file: who has to agree to it, and how much a reload may take away.
struct TableConfig {
  std::optional<std::filesystem::path> signers;  ///< resolved against natto.toml's folder
  std::vector<std::string> require;  ///< parties whose signatures it needs; none without `signers`
  double max_removed = 0.5;          ///< a share, 0 to 1, of mappings
};

/// [api]
struct ApiConfig {
  std::optional<std::filesystem::path> socket;  ///< an absolute path
  std::optional<std::string> group;             ///< whose members may read
  std::optional<std::string> admin_group;       ///< whose members may change as well
};

/// [state]
struct StateConfig {
  std::optional<std::filesystem::path> directory;  ///< an absolute path
};

/// [log]
struct LogConfig {
  bool refused = false;                               ///< the record of refusals is kept
  std::optional<std::filesystem::path> refused_file;  ///< absolute; absent: standard error
  bool audit = true;                                  ///< who changed what is recorded
  std::optional<std::filesystem::path> audit_file;    ///< absolute; absent: in state_folder()
};

/// [ha]
struct HaConfig {
  Role start = Role::kActive;
  std::optional<std::string> peer;  ///< a destination of ssh(1)
};

/// natto.toml
struct Config {
  DpdkConfig dpdk;
  IcmpConfig icmp;
  TableConfig table;
  ApiConfig api;
  StateConfig state;
  LogConfig log;
  HaConfig ha;
  std::vector<PortConfig> ports;     ///< 1..kMaxPorts; the index is the RealmId
  std::filesystem::path table_file;  ///< [table] file, resolved against natto.toml's folder

  std::filesystem::path file;  ///< natto.toml itself; empty if no file says this
  ConfigValues values;         ///< all of the above as texts, to tell what another file changes

  /// Of the ports, by RealmId.
  [[nodiscard]] std::vector<std::string> realm_names() const {
    std::vector<std::string> names;
    for (const PortConfig& port : ports) {
      names.push_back(port.realm);
    }
    return names;
  }
  [[nodiscard]] std::optional<RealmId> find_realm(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (ports[i].realm == name) {
        return static_cast<RealmId>(i);
      }
    }
    return std::nullopt;
  }
};

}  // namespace natto
