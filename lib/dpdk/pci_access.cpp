#include "dpdk/pci_access.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace natto {
namespace {

namespace fs = std::filesystem;

/// The last part of what a link points to; empty if there is no link.
std::string target_name(const fs::path& link) {
  std::error_code error;
  return fs::read_symlink(link, error).filename();
}

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

class Obstacles {
 public:
  Obstacles(const ProcessRights& rights, const fs::path& root) : rights_(rights), root_(root) {}

  [[nodiscard]] std::string of(const std::string& address) && {
    const fs::path device = root_ / "sys/bus/pci/devices" / address;
    std::error_code error;
    if (!fs::exists(device, error)) {
      add("this machine has no PCI device {}: dpdk-devbind.py --status lists those it has",
          address);
      return std::move(text_);
    }
    const std::string driver = target_name(device / "driver");
    if (driver == "vfio-pci") {
      check_vfio(device);
    } else if (driver == "igb_uio" || driver == "uio_pci_generic") {
      check_uio(device);
    } else {
      add("{} has {}: give it to vfio-pci with natto-bind, or dpdk-devbind.py --bind", address,
          driver.empty() ? "no driver" : "the kernel's driver " + driver);
    }
    return std::move(text_);
  }

 private:
  void check_vfio(const fs::path& device) {
    const std::string group = target_name(device / "iommu_group");
    const bool without_iommu = first_line(device / "iommu_group/name") == "vfio-noiommu";
    need_file("dev/vfio/vfio");
    need_file(fmt::format("dev/vfio/{}{}", without_iommu ? "noiommu-" : "", group));
    if (without_iommu) {
      need_capability(CAP_SYS_RAWIO, "CAP_SYS_RAWIO", "vfio without an IOMMU");
      need_physical_addresses();
    } else if (!rights_.locks_any_memory && !has(CAP_IPC_LOCK)) {
      add("the memory that the device reaches must be locked: raise the limit "
          "(LimitMEMLOCK=infinity "
          "in systemd, ulimit -l unlimited), or give natto CAP_IPC_LOCK");
    }
  }

  void check_uio(const fs::path& device) {
    std::error_code error;
    for (const auto& uio : fs::directory_iterator(device / "uio", error)) {
      need_file("dev" / uio.path().filename());
    }
    need_file(fs::relative(device / "config", root_, error));
    need_physical_addresses();
  }

  void need_physical_addresses() {
    need_capability(CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
                    "giving physical addresses to a device without an IOMMU");
  }

  void need_file(const fs::path& file) {
    if (access((root_ / file).c_str(), R_OK | W_OK) != 0) {
      add("no access to /{}: {}; run natto as its service does, or as root", file.string(),
          std::strerror(errno));
    }
  }

  void need_capability(int capability, std::string_view name, std::string_view purpose) {
    if (!has(capability)) {
      add("{} is missing: {} needs it; run natto as its service does, or as root", name, purpose);
    }
  }

  [[nodiscard]] bool has(int capability) const {
    return (rights_.capabilities >> capability & 1) != 0;
  }

  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    text_ += "\n  " + fmt::format(format, std::forward<Values>(values)...);
  }

  const ProcessRights& rights_;
  const fs::path& root_;
  std::string text_;
};

}  // namespace

ProcessRights ProcessRights::current() {
  ProcessRights rights;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) {
      rights.capabilities = std::strtoull(line.c_str() + std::strlen("CapEff:"), nullptr, 16);
    }
  }
  rlimit limit{};
  rights.locks_any_memory =
      getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  return rights;
}

std::string pci_obstacles(std::string_view address, const ProcessRights& rights,
                          const std::filesystem::path& root) {
  return Obstacles(rights, root).of(std::string(address.substr(0, address.find(','))));
}

}  // namespace natto
