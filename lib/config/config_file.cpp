#include "config/config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/address_checks.hpp"
#include "config/section_reader.hpp"
#include "config/toml/document.hpp"
#include "config/values.hpp"

namespace natto {
namespace {

/// What must differ from port to port, and the line of the port that has it.
class UniqueTexts {
 public:
  explicit UniqueTexts(std::string_view what) : what_(what) {}

  /// Whether `text` is new; reports it if it is not.
  bool add(std::string text, Position position, Diagnostics& diagnostics) {
    const auto [found, is_new] = lines_.try_emplace(std::move(text), position.line);
    if (!is_new) {
      diagnostics.add(position,
                      fmt::format("{} {} is already taken ({}); choose another", what_,
                                  in_quotes(found->first), diagnostics.place(found->second)));
    }
    return is_new;
  }

 private:
  std::string_view what_;
  std::map<std::string, std::uint32_t> lines_;
};

DpdkConfig read_dpdk(const SectionReader& section, Diagnostics& diagnostics) {
  DpdkConfig dpdk;
  const IntegerRange range = section.schema().key("lcores").range;
  const auto lcores = section.parsed(
      "lcores", [range](std::string_view text) { return parse_lcores(text, range); });
  const auto main_lcore = section.integer("main_lcore");
  if (lcores) {
    dpdk.lcores = lcores->value;
  }
  if (main_lcore) {
    dpdk.main_lcore = static_cast<unsigned>(main_lcore->value);
  }
  if (lcores && main_lcore && std::ranges::binary_search(dpdk.lcores, dpdk.main_lcore)) {
    // Where both are written, the later one is to blame; a default never is.
    diagnostics.add(std::max(lcores->position, main_lcore->position),
                    fmt::format("main_lcore {} is among the lcores {}; the control thread and the "
                                "workers need different cores",
                                dpdk.main_lcore, fmt::join(dpdk.lcores, ",")));
  }
  if (const auto mbufs = section.integer("mbufs")) {
    dpdk.mbufs = static_cast<std::uint32_t>(mbufs->value);
  }
  dpdk.eal = section.text_list("eal");
  return dpdk;
}

IcmpConfig read_icmp(const SectionReader& section) {
  IcmpConfig icmp;
  icmp.rules.outer_source = section.choice<OuterSource>("outer_source");
  icmp.rules.inner_checksum_bad = section.choice<InnerChecksumBad>("inner_checksum_bad");
  if (const auto rate = section.integer("errors_per_second")) {
    icmp.errors_per_second = static_cast<std::uint32_t>(rate->value);
  }
  if (const auto burst = section.integer("error_burst")) {
    icmp.error_burst = static_cast<std::uint32_t>(burst->value);
  }
  return icmp;
}

Result<std::filesystem::path> parse_socket_path(std::string_view text) {
  constexpr std::size_t kMaxBytes = 107;  // of a UNIX socket's name, see unix(7)
  if (!text.starts_with('/') || text.size() > kMaxBytes) {
    return input_error(
        fmt::format("{} is not an absolute path of at most {} bytes, as "
                    "\"/run/natto/natto.sock\"",
                    in_quotes(text), kMaxBytes));
  }
  return std::filesystem::path(text);
}

ApiConfig read_api(const SectionReader& section) {
  ApiConfig api;
  if (const auto socket = section.parsed("socket", parse_socket_path)) {
    api.socket = socket->value;
  }
  if (const auto group = section.text("group")) {
    api.group = group->value;
  }
  if (const auto group = section.text("admin_group")) {
    api.admin_group = group->value;
  }
  return api;
}

Result<std::filesystem::path> parse_absolute_path(std::string_view text) {
  if (!text.starts_with('/')) {
    return input_error(
        fmt::format("{} is not an absolute path, as \"/var/lib/natto\"", in_quotes(text)));
  }
  return std::filesystem::path(text);
}

TableConfig read_table(const SectionReader& section, const std::filesystem::path& folder,
                       Diagnostics& diagnostics) {
  TableConfig table{.signers = std::nullopt,
                    .require = section.text_list("require"),
                    .max_removed = section.share("max_removed")};
  const Position place = section.position_of("require");
  for (auto party = table.require.begin(); party != table.require.end(); ++party) {
    if (!is_party(*party)) {
      diagnostics.add(place, fmt::format("require has {}; a party is named by at most 64 of the "
                                         "characters A-Z a-z 0-9 _ . - @ +, no dot first",
                                         in_quotes(*party)));
    } else if (std::find(table.require.begin(), party, *party) != party) {
      diagnostics.add(place,
                      fmt::format("require has {} twice; name each party once", in_quotes(*party)));
    }
  }
  if (section.has("require") && table.require.empty()) {
    diagnostics.add(place, "require names nobody; leave it out if the table needs no signature");
  }
  if (const auto signers = section.text("signers")) {
    table.signers = folder / signers->value;
  } else if (section.has("require") && !section.has("signers")) {
    diagnostics.add(place,
                    "require needs signers as well: the file with the parties' keys, as "
                    "signers = \"allowed_signers\"");
  }
  return table;
}

StateConfig read_state(const SectionReader& section) {
  StateConfig state;
  if (const auto directory = section.parsed("directory", parse_absolute_path)) {
    state.directory = directory->value;
  }
  return state;
}

LogConfig read_log(const SectionReader& section, Diagnostics& diagnostics) {
  LogConfig log{.refused = section.boolean("refused"),
                .refused_file = std::nullopt,
                .audit = section.boolean("audit"),
                .audit_file = std::nullopt};
  if (const auto file = section.parsed("refused_file", parse_absolute_path)) {
    log.refused_file = file->value;
    if (!log.refused && !section.has("refused")) {
      diagnostics.add(file->position,
                      "refused_file is given, but nothing is written there: add refused = true");
    }
  }
  if (const auto file = section.parsed("audit_file", parse_absolute_path)) {
    log.audit_file = file->value;
  }
  return log;
}

Result<std::string> parse_ssh_destination(std::string_view text) {
  // What begins with a dash would be an option of ssh, and a blank would end the word.
  if (text.starts_with('-') || text.find(' ') != std::string_view::npos) {
    return input_error(fmt::format(
        "{} is not a destination of ssh, as \"natto-b\" or \"root@10.0.0.2\"", in_quotes(text)));
  }
  return std::string(text);
}

HaConfig read_ha(const SectionReader& section) {
  HaConfig ha{.start = section.choice<Role>("start"), .peer = std::nullopt};
  if (const auto peer = section.parsed("peer", parse_ssh_destination)) {
    ha.peer = peer->value;
  }
  return ha;
}

class PortReader {
 public:
  explicit PortReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void read(const SectionReader& section, ConfigFile& into) {
    PortConfig port{};
    KnownPort known;
    const auto realm = section.text("realm");
    if (realm && realms_.add(realm->value, realm->position, diagnostics_)) {
      port.realm = known.realm = realm->value;
    } else {
      into.ports.complete = false;
    }
    if (const auto device = section.text("device")) {
      port.device = device->value;
      // Before the first comma is the device, after it are its arguments.
      devices_.add(device->value.substr(0, device->value.find(',')), device->position,
                   diagnostics_);
    }
    read_addresses(section, port, known);
    if (const auto mtu = section.integer("mtu")) {
      port.mtu = static_cast<std::uint16_t>(mtu->value);
    }
    port.checksum_offload = section.choice<ChecksumOffload>("checksum_offload");
    port.source_not_mapped = section.choice<SourceNotMapped>("source_not_mapped");
    port.hairpin = section.choice<Hairpin>("hairpin");
    port.record_route = section.choice<RecordRoute>("record_route");
    port.tcp_mss_clamp = read_mss_clamp(section);
    read_kernel_interface(section, port);

    into.config.ports.push_back(std::move(port));
    into.ports.ports.push_back(std::move(known));
  }

 private:
  void read_addresses(const SectionReader& section, PortConfig& port, KnownPort& known) {
    const auto address = section.parsed("address", parse_interface_address);
    if (address && accept("address", *address, address_error(address->value))) {
      port.address = address->value;
      known.address = address->value;
    }
    known.leads_on = section.has("gateway") || section.has("gateway_mac");
    const auto gateway = section.parsed("gateway", parse_address);
    if (gateway && known.address &&
        accept("gateway", *gateway, gateway_error(gateway->value, *known.address))) {
      port.gateway = gateway->value;
      known.gateway = gateway->value;
    }
    if (const auto mac = section.parsed("gateway_mac", parse_host_mac)) {
      port.gateway_mac = mac->value;
    }
  }

  static std::optional<std::uint16_t> read_mss_clamp(const SectionReader& section) {
    enum class Choice { kOff, kAuto };
    if (section.has_integer("tcp_mss_clamp")) {
      const auto bytes = section.integer("tcp_mss_clamp");
      return bytes ? std::optional(static_cast<std::uint16_t>(bytes->value)) : std::nullopt;
    }
    return section.choice<Choice>("tcp_mss_clamp") == Choice::kAuto
               ? std::optional(std::numeric_limits<std::uint16_t>::max())
               : std::nullopt;
  }

  void read_kernel_interface(const SectionReader& section, PortConfig& port) {
    const auto name = section.text("kernel_interface");
    if (name && accept("kernel_interface", *name, interface_name_error(name->value)) &&
        kernel_interfaces_.add(name->value, name->position, diagnostics_)) {
      port.kernel_interface = name->value;
    }
    if (const auto rate = section.integer("kernel_packets_per_second")) {
      port.kernel_packets_per_second = static_cast<std::uint32_t>(rate->value);
    }
  }

  /// Linux has folders of these names among its interfaces' settings.
  static std::string interface_name_error(std::string_view name) {
    const bool reserved = name == "." || name == ".." || name == "all" || name == "default";
    return reserved
               ? fmt::format("no interface can have the name {}; choose another, as \"natto0\"",
                             in_quotes(name))
               : "";
  }

  static std::string address_error(const Ipv4Prefix& address) {
    std::string error = reserved_error({address.address, 32});
    return error.empty() ? subnet_edge_error(address.address, address) : error;
  }

  static std::string gateway_error(Ipv4Address gateway, const Ipv4Prefix& address) {
    if (!address.contains(gateway)) {
      return fmt::format("{} is outside the port's subnet {}", to_string(gateway),
                         subnet_name(address));
    }
    if (gateway == address.address) {
      return fmt::format("{} is the port's own address; give that of the router",
                         to_string(gateway));
    }
    std::string error = reserved_error({gateway, 32});
    return error.empty() ? subnet_edge_error(gateway, address) : error;
  }

  template <typename T>
  bool accept(std::string_view key, const Located<T>& value, const std::string& error) {
    if (!error.empty()) {
      diagnostics_.add(value.position, fmt::format("{}: {}", key, error));
    }
    return error.empty();
  }

  Diagnostics& diagnostics_;
  UniqueTexts realms_{"realm"};
  UniqueTexts devices_{"device"};
  UniqueTexts kernel_interfaces_{"kernel_interface"};
};

void read_ports(const FileReader& reader, ConfigFile& into, Diagnostics& diagnostics) {
  PortReader port_reader(diagnostics);
  const std::vector<SectionReader> sections = reader.sections("port");
  for (const SectionReader& section : sections) {
    if (into.config.ports.size() == kMaxPorts) {
      diagnostics.add(section.position(),
                      fmt::format("more than {} ports; remove this one", kMaxPorts));
      into.ports.complete = false;
      return;
    }
    port_reader.read(section, into);
  }
  into.ports.complete = into.ports.complete && !into.config.ports.empty();
  if (sections.size() == 1 && into.config.ports[0].hairpin == Hairpin::kDrop) {
    diagnostics.add(sections[0].text("hairpin")->position,
                    "hairpin is \"drop\" on the only port, by which every packet comes and "
                    "leaves: none would pass; remove it, or give each company a port of its own");
  }
}

}  // namespace

ConfigFile read_config_file(const std::filesystem::path& file, Diagnostics& diagnostics) {
  ConfigFile out;
  const auto root = read_toml(file, diagnostics);
  if (!root) {
    out.ports.complete = false;
    return out;
  }
  const FileReader reader(config_schema(), *root, diagnostics);
  out.config.dpdk = read_dpdk(reader.section("dpdk"), diagnostics);
  out.config.icmp = read_icmp(reader.section("icmp"));
  out.config.api = read_api(reader.section("api"));
  out.config.state = read_state(reader.section("state"));
  out.config.log = read_log(reader.section("log"), diagnostics);
  out.config.ha = read_ha(reader.section("ha"));
  read_ports(reader, out, diagnostics);
  const SectionReader table = reader.section("table");
  out.config.table = read_table(table, file.parent_path(), diagnostics);
  if (const auto name = table.text("file")) {
    out.config.table_file = file.parent_path() / name->value;
  }
  out.config.file = file;
  out.config.values = config_values(config_schema(), *root);
  return out;
}

}  // namespace natto
