#include "doctor/fake_machine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace natto::test {
namespace {

std::filesystem::path card_folder() { return std::filesystem::path("sys/bus/pci/devices") / kCard; }

Mapping mapping(std::string name, RealmId realm, std::string_view real, std::string_view mapped) {
  return {.name = std::move(name),
          .realm = realm,
          .real = *parse_ipv4_prefix(real),
          .mapped = *parse_ipv4_prefix(mapped),
          .line = 1};
}

PortConfig port(std::string realm, std::string device, std::string_view address) {
  PortConfig port;
  port.realm = std::move(realm);
  port.device = std::move(device);
  port.address = *parse_ipv4_prefix(address);
  port.mtu = 9001;
  return port;
}

/// PCI configuration space with an Express and an MSI-X capability of nine vectors, as ENA has.
std::string ena_config_space() {
  std::string config(256, '\0');
  config[0x34] = 0x70;
  config[0x70] = 0x10;
  config[0x71] = '\xb0';
  config[0xb0] = 0x11;
  config[0xb2] = 8;
  return config;
}

}  // namespace

FakeMachine::FakeMachine() {
  write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1024\n");
  write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1024\n");
  folder("sys/kernel/iommu_groups");
  write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
  write("etc/modprobe.d/dpdk.conf", "# ENA\noptions igb_uio wc_activate=1\n");
  write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  write("dev/net/tun", "");

  write("sys/devices/system/cpu/online", "0-3\n");
  write("sys/devices/system/cpu/isolated", "1-3\n");
  write("sys/devices/system/cpu/nohz_full", "1-3\n");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const auto core = fmt::format("sys/devices/system/cpu/cpu{}", cpu);
    write(core + "/cpufreq/scaling_governor", "performance\n");
    write(core + "/topology/thread_siblings_list", fmt::format("{}\n", cpu));
  }
  write("sys/devices/system/node/online", "0\n");
  write("sys/devices/system/node/node0/cpulist", "0-3\n");

  write_card("vendor", "0x1d0f\n");
  write_card("class", "0x020000\n");
  write_card("numa_node", "0\n");
  write_card("resource",
             "0x00000000febf8000 0x00000000febfbfff 0x0000000000040200\n"
             "0x00000000fe900000 0x00000000fe9fffff 0x0000000000042208\n"
             "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
  write_card("resource1_wc", "");
  write_card("config", ena_config_space());
  bind_card("igb_uio");
}

void FakeMachine::write(const std::filesystem::path& path, std::string_view bytes) const {
  std::filesystem::create_directories((root_.path() / path).parent_path());
  remove(path);  // some file systems wait for the disk when a file is emptied to be written anew
  std::ofstream(root_.path() / path, std::ios::binary) << bytes;
}

void FakeMachine::link(const std::filesystem::path& path,
                       const std::filesystem::path& target) const {
  remove(path);
  std::filesystem::create_symlink(target, root_.path() / path);
}

void FakeMachine::folder(const std::filesystem::path& path) const {
  std::filesystem::create_directories(root_.path() / path);
}

void FakeMachine::remove(const std::filesystem::path& path) const {
  std::filesystem::remove_all(root_.path() / path);
}

std::vector<std::filesystem::path> FakeMachine::files() const {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_.path())) {
    if (entry.is_regular_file()) {
      files.push_back(std::filesystem::relative(entry.path(), root_.path()));
    }
  }
  return files;
}

void FakeMachine::write_card(std::string_view file, std::string_view bytes) const {
  write(card_folder() / file, bytes);
}

void FakeMachine::bind_card(std::string_view driver) const {
  link(card_folder() / "driver", std::filesystem::path("../../../../bus/pci/drivers") / driver);
}

void FakeMachine::split_in_nodes() const {
  write("sys/devices/system/node/online", "0-1\n");
  write("sys/devices/system/node/node0/cpulist", "0-1\n");
  write("sys/devices/system/node/node1/cpulist", "2-3\n");
  for (const char* node : {"node0", "node1"}) {
    const auto pages = fmt::format("sys/devices/system/node/{}/hugepages/hugepages-2048kB", node);
    write(pages + "/nr_hugepages", "512\n");
    write(pages + "/free_hugepages", "512\n");
  }
}

Needs one_arm_needs() {
  Needs needs{.appliance = {}, .memory_mib = 600, .mappings_per_mib = 1'000, .dpdk = {22, 11, 11}};
  needs.appliance.config.dpdk.lcores = {1, 2, 3};
  needs.appliance.config.ports = {port("middle", std::string(kCard), "10.33.1.124/28")};
  needs.appliance.table.mappings = {mapping("a", 0, "10.32.1.157", "10.33.1.145"),
                                    mapping("b", 0, "10.34.1.125", "10.33.1.151")};
  return needs;
}

Needs two_arm_needs() {
  Needs needs = one_arm_needs();
  needs.appliance.config.ports = {port("a", "0000:00:06.0", "10.1.0.4/24"),
                                  port("b", "0000:00:07.0", "10.2.0.4/24")};
  needs.appliance.table.mappings = {mapping("a", 0, "10.1.9.0/28", "10.2.0.16/28"),
                                    mapping("b", 1, "10.2.9.9", "10.1.0.7")};
  return needs;
}

Finding only(const Findings& findings, Check check) {
  EXPECT_EQ(std::ranges::count(findings, check, &Finding::check), 1) << name_of(check);
  const auto found = std::ranges::find(findings, check, &Finding::check);
  return found != findings.end() ? *found : Finding{check, Health::kUnseen, "", "NOT FOUND", ""};
}

std::string told(const Finding& finding) {
  return fmt::format("{} {}{}{}", name_of(finding.health), finding.what,
                     finding.advice.empty() ? "" : " -> ", finding.advice);
}

}  // namespace natto::test
