#include "doctor/running_ports.hpp"

#include <fmt/format.h>

namespace natto {
namespace {

/// What is left of an allowance, not what was lost.
bool is_level(const api::DeviceCounterReport& counter) {
  return counter.name.ends_with("_available");
}

void check_state(const Finder& found, const api::PortReport& port, Findings& findings) {
  if (port.state == "dead") {
    findings.push_back(
        found.wrong(fmt::format("its device seems dead: {} resets failed", port.failed_resets),
                    "stop and start the instance; natto's log says how the resets failed"));
  } else if (port.state == "interface gone") {
    findings.push_back(found.wrong("its interface is gone: no packets pass",
                                   "bring the interface back, then restart natto"));
  } else if (port.state != "up") {
    findings.push_back(found.wrong(fmt::format("{}: no packets pass", port.state),
                                   "natto's log says why; natto uses the port again once it can"));
  }
  if (port.resets > 0) {
    const std::string times =
        port.resets == 1 ? "once," : fmt::format("{} times, the last time", port.resets);
    findings.push_back(
        found.warning(fmt::format("reset {} because {}", times, port.reset_cause),
                      "look at natto's log of that time; if it comes again and again, stop and "
                      "start the instance"));
  }
}

Finding about(const Finder& found, const api::DeviceCounterReport& counter) {
  if (counter.last_minute > 0) {
    return found.wrong(fmt::format("{} grew by {} in the last minute, to {}: {}", counter.name,
                                   counter.last_minute, counter.value, counter.meaning),
                       counter.advice);
  }
  return found.warning(fmt::format("{} is {}: {}", counter.name, counter.value, counter.meaning),
                       counter.advice);
}

}  // namespace

Findings check_ports(const RunningPorts& ports) {
  if (!ports) {
    return {Finder(Check::kPorts).unseen(ports.error().what(), ports.error().advice())};
  }
  Findings findings;
  for (const api::PortReport& port : *ports) {
    const Finder found(Check::kPorts, port.realm);
    const std::size_t before = findings.size();
    check_state(found, port, findings);
    for (const api::DeviceCounterReport& counter : port.counters) {
      if (!is_level(counter)) {
        findings.push_back(about(found, counter));
      }
    }
    if (findings.size() == before) {
      findings.push_back(found.ok("up, never reset, and nothing lost at its device"));
    }
  }
  return findings;
}

}  // namespace natto
