#include "doctor/examination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "doctor/device_checks.hpp"
#include "doctor/machine_checks.hpp"
#include "doctor/path_mtu.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

void append(Findings& findings, Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

std::size_t count(const Findings& findings, Health health) {
  return static_cast<std::size_t>(std::ranges::count(findings, health, &Finding::health));
}

/// `device_text` is what natto.toml says of the device.
void examine_device(const Machine& machine, const PciDevice& device, std::string_view device_text,
                    const Needs* needs, Findings& findings) {
  findings.push_back(check_driver(device));
  if (device.presence != PciDevice::Presence::kPresent) {
    return;
  }
  if (device.is_ena() || !device.vendor) {
    findings.push_back(check_write_combining(machine, device));
    if (needs != nullptr) {
      findings.push_back(check_llq(device, device_text, needs->dpdk));
    }
  }
  if (needs != nullptr) {
    findings.push_back(check_numa(machine, device, *needs));
    findings.push_back(check_queues(device, needs->config().dpdk.lcores.size()));
  }
}

/// Of the appliance, or else of what the machine has for DPDK.
struct Devices {
  std::vector<PciDevice> devices;
  std::vector<std::string> texts;  ///< of natto.toml, one for each
};

Devices devices_of(const Tree& tree, const Needs* needs) {
  Devices found;
  if (needs == nullptr) {
    found.devices = devices_for_dpdk(tree);
    found.texts.resize(found.devices.size());
    return found;
  }
  for (const PortConfig& port : needs->config().ports) {
    if (const auto address = pci_address(port.device)) {
      found.devices.push_back(read_pci_device(tree, *address));
      found.texts.push_back(port.device);
    }
  }
  return found;
}

}  // namespace

Findings examine(const Tree& tree, const Needs* needs, const AwsFacts* aws,
                 const std::map<std::string, VethPeer>& veth_peers,
                 const std::optional<RunningPorts>& running_ports) {
  const Machine machine = read_machine(tree);
  const auto [devices, texts] = devices_of(tree, needs);

  Findings findings = check_hugepages(machine, devices, needs);
  if (needs == nullptr || !devices.empty()) {
    findings.push_back(check_iommu(machine, devices));
    findings.push_back(check_iova(machine, devices, needs));
  }
  if (needs == nullptr && devices.empty()) {
    findings.push_back(Finder(Check::kDriver)
                           .warning("no network card is bound to a driver for DPDK",
                                    how_to_bind("ADDRESS") +
                                        " (SSH needs another interface, or kernel_interface)"));
  }
  for (std::size_t i = 0; i < devices.size(); ++i) {
    examine_device(machine, devices[i], texts[i], needs, findings);
  }
  if (needs != nullptr) {
    append(findings, check_lcores(machine, *needs));
  }
  findings.push_back(check_isolated_cores(machine, needs));
  findings.push_back(check_nohz_full(machine, needs));
  findings.push_back(check_governor(machine, needs));
  if (needs != nullptr) {
    for (const PortConfig& port : needs->config().ports) {
      findings.push_back(check_mtu(port, link_of(port, machine, tree)));
      if (const auto peer = veth_peers.find(port.realm); peer != veth_peers.end()) {
        findings.push_back(check_checksums(port, peer->second));
      }
    }
    findings.push_back(check_path_mtu(machine, *needs));
    if (needs->has_kernel_interfaces()) {
      findings.push_back(check_kernel_interface(machine));
    }
  }
  if (needs != nullptr && aws != nullptr) {
    append(findings, check_enis(*aws, *needs));
  }
  if (running_ports) {
    append(findings, check_ports(*running_ports));
  }
  return findings;
}

bool has_wrong(const Findings& findings) { return count(findings, Health::kWrong) > 0; }

std::string findings_text(const Findings& findings) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const Finding& finding : findings) {
    const std::string name = fmt::format("{}{}{}", name_of(finding.check),
                                         finding.subject.empty() ? "" : " ", finding.subject);
    fmt::format_to(out, "{:<8} {:<29} {}\n", name_of(finding.health), name, finding.what);
    if (!finding.advice.empty()) {
      fmt::format_to(out, "    -> {}\n", finding.advice);
    }
  }
  fmt::format_to(out, "{} ok, {} warning, {} wrong, {} unseen\n", count(findings, Health::kOk),
                 count(findings, Health::kWarning), count(findings, Health::kWrong),
                 count(findings, Health::kUnseen));
  return text;
}

std::string findings_json(const Findings& findings) {
  Json report = Json::object();
  for (const Health health : {Health::kOk, Health::kWarning, Health::kWrong, Health::kUnseen}) {
    report[std::string(name_of(health))] = count(findings, health);
  }
  report["findings"] = Json::array();
  for (const Finding& finding : findings) {
    report["findings"].push_back({{"check", name_of(finding.check)},
                                  {"subject", finding.subject},
                                  {"health", name_of(finding.health)},
                                  {"what", finding.what},
                                  {"advice", finding.advice}});
  }
  // What the kernel or AWS says may be no UTF-8.
  return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace natto
