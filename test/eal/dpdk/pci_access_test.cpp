#include "dpdk/pci_access.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <stdlib.h>

#include <fstream>

namespace natto {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDevice = "0000:00:06.0";

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

/// A made-up /sys and /dev with one device.
class PciAccess : public testing::Test {
 protected:
  PciAccess() {
    std::string name = (fs::temp_directory_path() / "natto-pci-XXXXXX").string();
    root_ = mkdtemp(name.data());
    fs::create_directories(device_ = root_ / "sys/bus/pci/devices" / kDevice);
    write("dev/vfio/vfio");
  }
  ~PciAccess() override { fs::remove_all(root_); }

  void write(const fs::path& file, const std::string& text = "") const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << '\n';
  }
  void set_driver(const char* driver) const {
    fs::create_symlink(fs::path("../../../../bus/pci/drivers") / driver, device_ / "driver");
  }
  void set_group(const char* number, const char* name) const {
    write(fs::path("sys/kernel/iommu_groups") / number / "name", name);
    fs::create_symlink(root_ / "sys/kernel/iommu_groups" / number, device_ / "iommu_group");
  }
  [[nodiscard]] std::string obstacles(const ProcessRights& rights) const {
    return pci_obstacles(kDevice, rights, root_);
  }

  static constexpr ProcessRights kAll{.capabilities = ~std::uint64_t{0}, .locks_any_memory = true};
  fs::path root_;
  fs::path device_;
};

TEST_F(PciAccess, NamesADeviceThatIsNotThere) {
  EXPECT_EQ(pci_obstacles("0000:00:07.0,llq_policy=1", kAll, root_),
            "\n  this machine has no PCI device 0000:00:07.0: dpdk-devbind.py --status lists those "
            "it has");
}

TEST_F(PciAccess, NamesTheKernelsDriver) {
  set_driver("ena");
  EXPECT_EQ(obstacles(kAll),
            "\n  0000:00:06.0 has the kernel's driver ena: give it to vfio-pci with "
            "natto-bind, or dpdk-devbind.py --bind");
}

TEST_F(PciAccess, SaysThatThereIsNoDriver) {
  EXPECT_NE(obstacles(kAll).find("0000:00:06.0 has no driver: "), std::string::npos);
}

TEST_F(PciAccess, NeedsTwoCapabilitiesWithoutAnIommu) {
  set_driver("vfio-pci");
  set_group("0", "vfio-noiommu");
  write("dev/vfio/noiommu-0");
  EXPECT_EQ(obstacles({.capabilities = bit(CAP_SYS_RAWIO) | bit(CAP_SYS_ADMIN)}), "");
  EXPECT_EQ(obstacles({.capabilities = bit(CAP_SYS_ADMIN)}),
            "\n  CAP_SYS_RAWIO is missing: vfio without an IOMMU needs it; run natto as its "
            "service does, or as root");
  EXPECT_EQ(obstacles({.capabilities = bit(CAP_SYS_RAWIO)}),
            "\n  CAP_SYS_ADMIN is missing: giving physical addresses to a device without an IOMMU "
            "needs it; run natto as its service does, or as root");
}

TEST_F(PciAccess, NeedsOnlyLockedMemoryWithAnIommu) {
  set_driver("vfio-pci");
  set_group("17", "");
  write("dev/vfio/17");
  EXPECT_EQ(obstacles({.capabilities = 0, .locks_any_memory = true}), "");
  EXPECT_EQ(obstacles({.capabilities = bit(CAP_IPC_LOCK), .locks_any_memory = false}), "");
  EXPECT_NE(obstacles({}).find("LimitMEMLOCK=infinity"), std::string::npos);
}

TEST_F(PciAccess, NamesTheGroupsFile) {
  set_driver("vfio-pci");
  set_group("0", "vfio-noiommu");
  EXPECT_EQ(obstacles(kAll),
            "\n  no access to /dev/vfio/noiommu-0: No such file or directory; run natto as its "
            "service does, or as root");
}

TEST_F(PciAccess, NamesTheFilesOfUio) {
  set_driver("igb_uio");
  fs::create_directories(device_ / "uio/uio3");
  write("dev/uio3");
  write(fs::path("sys/bus/pci/devices") / kDevice / "config");
  EXPECT_EQ(obstacles(kAll), "");
  fs::remove(root_ / "dev/uio3");
  fs::remove(device_ / "config");
  const std::string text = obstacles(kAll);
  EXPECT_NE(text.find("no access to /dev/uio3: "), std::string::npos) << text;
  EXPECT_NE(text.find("no access to /sys/bus/pci/devices/0000:00:06.0/config: "), std::string::npos)
      << text;
}

}  // namespace
}  // namespace natto
