#include "config/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace natto {
namespace {

using enum ValueKind;

constexpr IntegerRange kLcores = {0, 1023};
constexpr IntegerRange kRealmNameLength = {1, 32};
constexpr IntegerRange kInterfaceNameLength = {1, 15};  // IFNAMSIZ of Linux, without its NUL
constexpr IntegerRange kGroupNameLength = {1, 32};
constexpr IntegerRange kMappingNameLength = {1, 64};

constexpr std::array<std::string_view, 2> kChecksumOffloads = {"auto", "off"};
constexpr std::array<std::string_view, 2> kMssClamps = {"off", "auto"};
constexpr std::array<std::string_view, 2> kAllowOrDrop = {"allow", "drop"};
constexpr std::array<std::string_view, 2> kAllowOrDeny = {"allow", "deny"};
constexpr std::array<std::string_view, 2> kProhibitedOrDrop = {"prohibited", "drop"};
constexpr std::array<std::string_view, 2> kDropOrPass = {"drop", "pass"};
constexpr std::array<std::string_view, 2> kPassOrDrop = {"pass", "drop"};
constexpr std::array<std::string_view, 2> kRoles = {"active", "standby"};
constexpr std::array<std::string_view, 3> kOuterSources = {"own", "mapped-destination", "drop"};

constexpr std::array kDpdkKeys = {
    KeySchema{.name = "lcores",
              .kind = kLcoreList,
              .if_absent = "1",
              .meaning = "The CPU cores of the workers, ascending, such as `\"1-3,5\"`.",
              .range = kLcores},
    KeySchema{.name = "main_lcore",
              .kind = kInteger,
              .if_absent = 0,
              .meaning = "The CPU core of the control thread; not one of `lcores`.",
              .range = kLcores},
    KeySchema{.name = "mbufs",
              .kind = kInteger,
              .if_absent = LeftOut{"enough for every ring, burst and cache"},
              .meaning = "The number of packet buffers, of 2.5 KiB. Where workers are on several "
                         "NUMA nodes, each node gets some more. Beside them natto needs 24 MiB for "
                         "each worker's caches (up to 120 more with over 65,536 mappings), two "
                         "versions of the table (170 bytes a mapping, 40 more for each further "
                         "worker), 4 MiB for each queue of each "
                         "port, and 32 MiB for the rest.",
              .range = {512, 16'777'216}},
    KeySchema{.name = "eal",
              .kind = kTextList,
              .if_absent = LeftOut{"none"},
              .meaning = "Further arguments of DPDK's EAL, passed on as they are."},
};

constexpr std::array kPortKeys = {
    KeySchema{.name = "realm",
              .kind = kName,
              .if_absent = Required{},
              .meaning = "The name of the network behind the port; each port has its own.",
              .range = kRealmNameLength},
    KeySchema{.name = "device",
              .kind = kText,
              .if_absent = Required{},
              .meaning = "A PCI address such as `\"0000:00:06.0\"`, or a DPDK vdev such as "
                         "`\"net_af_packet0,iface=eth1\"`; each port has its own."},
    KeySchema{.name = "address",
              .kind = kInterfaceAddress,
              .if_absent = Required{},
              .meaning = "natto's own address on the port, with the prefix length of its subnet."},
    KeySchema{.name = "gateway",
              .kind = kAddress,
              .if_absent = LeftOut{"only the subnet itself is reached"},
              .meaning = "The next hop for everything outside the subnet, in the subnet; found by "
                         "ARP unless `gateway_mac` is given."},
    KeySchema{.name = "gateway_mac",
              .kind = kMacAddress,
              .if_absent = LeftOut{"found by ARP"},
              .meaning = "The next hop's MAC address, where ARP cannot find it (labs, captures)."},
    KeySchema{.name = "mtu",
              .kind = kInteger,
              .if_absent = 1500,
              .meaning = "The longest IPv4 packet that the port sends, in bytes.",
              .range = {68, 9216}},  // RFC 791 §3.2: every link carries 68 bytes
    KeySchema{.name = "checksum_offload",
              .kind = kChoice,
              .if_absent = "auto",
              .meaning = "Whether the port's hardware may compute checksums: `auto` where it can.",
              .choices = kChecksumOffloads},
    KeySchema{.name = "source_not_mapped",
              .kind = kChoice,
              .if_absent = "drop",
              .meaning =
                  "What natto does with a packet from an address that the realm does not map: "
                  "`pass` translates the destination only.",
              .choices = kDropOrPass},
    KeySchema{.name = "hairpin",
              .kind = kChoice,
              .if_absent = "allow",
              .meaning = "Whether hosts of the realm reach each other by their mapped addresses. "
                         "`drop` needs a second port: behind a single one, every packet is a "
                         "hairpin.",
              .choices = kAllowOrDrop},
    KeySchema{.name = "record_route",
              .kind = kChoice,
              .if_absent = "drop",
              .meaning =
                  "What natto does with a packet with a record route or timestamp option, which "
                  "would show one side's addresses to the other.",
              .choices = kDropOrPass},
    KeySchema{.name = "tcp_mss_clamp",
              .kind = kChoiceOrInteger,
              .if_absent = "off",
              .meaning = "Whether natto lowers the MSS of TCP connections through the port: `auto` "
                         "to what the MTUs of both their ports carry, a number to at most so many "
                         "bytes as well ([MTU and MSS](mtu.md)).",
              .range = {536, 9176},  // RFC 9293 §3.7.1: what every host takes; mtu's most, less 40
              .choices = kMssClamps},
    KeySchema{.name = "kernel_interface",
              .kind = kName,
              .if_absent = LeftOut{"the kernel does not have the address"},
              .meaning =
                  "A network interface, as `\"natto0\"`, that natto makes for the kernel and "
                  "gives `address`: what natto does not answer itself goes there (SSH, "
                  "instance metadata). Each port has its own.",
              .range = kInterfaceNameLength},
    KeySchema{.name = "kernel_packets_per_second",
              .kind = kInteger,
              .if_absent = 10'000,
              .meaning = "The most packets a second to `kernel_interface`, and the most from it.",
              .range = {1, 100'000}},
};

constexpr std::array kIcmpKeys = {
    KeySchema{.name = "outer_source",
              .kind = kChoice,
              .if_absent = "own",
              .meaning = "The source of an ICMP error from a router without a mapping: natto's own "
                         "address on the port it leaves by, the mapped address of the host that "
                         "the packet was for, or `drop`, which breaks path MTU discovery.",
              .choices = kOuterSources},
    KeySchema{
        .name = "inner_checksum_bad",
        .kind = kChoice,
        .if_absent = "pass",
        .meaning = "What natto does with an ICMP error that quotes a header with a wrong checksum.",
        .choices = kPassOrDrop},
    KeySchema{.name = "errors_per_second",
              .kind = kInteger,
              .if_absent = 1000,
              .meaning = "The most ICMP errors a second that natto itself sends; 0 for none.",
              .range = {0, 1'000'000}},
    KeySchema{.name = "error_burst",
              .kind = kInteger,
              .if_absent = 100,
              .meaning = "The most of them at once, after a quiet time.",
              .range = {1, 1'000'000}},
};

constexpr std::array kTableKeys = {
    KeySchema{.name = "file",
              .kind = kText,
              .if_absent = Required{},
              .meaning = "The mapping table, relative to this file; read again when it changes."},
    KeySchema{.name = "signers",
              .kind = kText,
              .if_absent = LeftOut{"natto looks at no signatures"},
              .meaning = "A file with the keys that may sign the table, relative to this one, as "
                         "OpenSSH has it: allowed_signers of ssh-keygen(1) "
                         "([signatures](signing.md))."},
    KeySchema{.name = "require",
              .kind = kTextList,
              .if_absent = LeftOut{"the table needs no signature"},
              .meaning = "The parties that must have signed the table, as principals of "
                         "`signers`: of each, natto wants a valid `FILE.PARTY.sig` beside the "
                         "table, or it refuses the table."},
    KeySchema{.name = "max_removed",
              .kind = kShare,
              .if_absent = "0.5",
              .meaning = "The largest share of the mappings that a table may take away from ten "
                         "or more without `natto reload --confirm` ([the guard](operations.md"
                         "#a-table-that-takes-much-away)); `1` lets every one go."},
};

constexpr std::array kApiKeys = {
    KeySchema{
        .name = "socket",
        .kind = kText,
        .if_absent = LeftOut{"/run/natto/natto.sock, or where that cannot be made, natto.sock in "
                             "$XDG_RUNTIME_DIR/natto or /tmp/natto-UID"},
        .meaning = "The socket on which natto answers, an absolute path of at most 107 bytes; "
                   "each natto of a machine has its own."},
    KeySchema{.name = "group",
              .kind = kName,
              .if_absent = LeftOut{"only root and the user that runs natto may"},
              .meaning = "A group whose members may ask natto what it does.",
              .range = kGroupNameLength},
    KeySchema{.name = "admin_group",
              .kind = kName,
              .if_absent = LeftOut{"only root and the user that runs natto may"},
              .meaning = "A group whose members may also have natto load its table or the one "
                         "before.",
              .range = kGroupNameLength},
};

constexpr std::array kStateKeys = {
    KeySchema{.name = "directory",
              .kind = kText,
              .if_absent = LeftOut{"systemd's $STATE_DIRECTORY, else /var/lib/natto"},
              .meaning = "Where natto keeps the table in force for its next start, the audit and "
                         "the history of counters, an absolute path; each natto.toml has a folder "
                         "of its own there."},
};

constexpr std::array kLogKeys = {
    KeySchema{.name = "refused",
              .kind = kBoolean,
              .if_absent = "false",
              .meaning =
                  "Whether natto records who was refused what: a line for each new source, "
                  "destination, protocol, port and reason, and each minute the counts of "
                  "those that go on ([record of refusals](operations.md#record-of-refusals))."},
    KeySchema{.name = "refused_file",
              .kind = kText,
              .if_absent = LeftOut{"standard error, which systemd gives to its journal"},
              .meaning =
                  "The file for these lines instead, an absolute path. When it has 16 MiB it "
                  "becomes FILE.1, and that FILE.2, up to FILE.4."},
    KeySchema{.name = "audit",
              .kind = kBoolean,
              .if_absent = "true",
              .meaning =
                  "Whether natto records who changed what: each start, stop, reload, refusal "
                  "and rollback as a line of JSON that carries the hash of the line before "
                  "([audit](audit.md))."},
    KeySchema{.name = "audit_file",
              .kind = kText,
              .if_absent = LeftOut{"audit.jsonl in the folder of `[state] directory`"},
              .meaning = "The file for these lines, an absolute path. natto only ever appends to "
                         "it."},
};

constexpr std::array kHaKeys = {
    KeySchema{.name = "start",
              .kind = kChoice,
              .if_absent = "active",
              .meaning = "The role that natto starts in. A `standby` answers ARP for its own "
                         "addresses only, not for mapped ones, and translates what reaches it all "
                         "the same; `natto activate` and `natto standby` change the role.",
              .choices = kRoles},
    KeySchema{.name = "peer",
              .if_absent = LeftOut{"no other natto has the same table"},
              .meaning = "The other natto of a pair, as `ssh` knows its machine: `natto push` "
                         "gives the table to it, and `natto health` warns when its table is "
                         "another ([high availability](high-availability.md))."},
};

constexpr std::array kMappingKeys = {
    KeySchema{.name = "name",
              .kind = kName,
              .if_absent = Required{},
              .meaning = "The mapping's name in counters and messages; unique.",
              .range = kMappingNameLength},
    KeySchema{.name = "realm",
              .kind = kName,
              .if_absent = LeftOut{"the only port's realm; required when there are several ports"},
              .meaning = "The realm where the host has its real address.",
              .range = kRealmNameLength},
    KeySchema{.name = "real",
              .kind = kAddressRange,
              .if_absent = Required{},
              .meaning = "The host's or network's own address, in its realm."},
    KeySchema{.name = "mapped",
              .kind = kAddressRange,
              .if_absent = Required{},
              .meaning = "The address by which all others know it; a prefix of the same length as "
                         "`real`."},
};

constexpr std::array kConfigSections = {
    SectionSchema{.name = "dpdk", .meaning = "The machine: cores and memory.", .keys = kDpdkKeys},
    SectionSchema{.name = "port",
                  .repeated = true,
                  .required = true,
                  .if_missing = "add one for each network that natto connects",
                  .meaning = "One network port and the realm behind it.",
                  .keys = kPortKeys},
    SectionSchema{.name = "icmp",
                  .meaning = "ICMP errors: those that pass, and those that natto makes.",
                  .keys = kIcmpKeys},
    SectionSchema{.name = "table",
                  .required = true,
                  .if_missing = "add one that names the file of the mappings",
                  .meaning = "Where the mappings are.",
                  .keys = kTableKeys},
    SectionSchema{
        .name = "api", .meaning = "Who may ask the running natto, and where.", .keys = kApiKeys},
    SectionSchema{
        .name = "state", .meaning = "What outlives the running natto.", .keys = kStateKeys},
    SectionSchema{
        .name = "log", .meaning = "What natto writes down beside its own log.", .keys = kLogKeys},
    SectionSchema{.name = "ha",
                  .meaning = "A pair of natto with the same table, of which one is active.",
                  .keys = kHaKeys},
};

constexpr std::array kPolicyKeys = {
    KeySchema{.name = "default",
              .kind = kChoice,
              .if_absent = "allow",
              .meaning = "What happens to a packet that no `[[allow]]` allows.",
              .choices = kAllowOrDeny},
    KeySchema{.name = "answer",
              .kind = kChoice,
              .if_absent = "prohibited",
              .meaning = "What the sender of a refused packet gets: ICMP 3/13 (administratively "
                         "prohibited), as often as `[icmp]` allows, or nothing.",
              .choices = kProhibitedOrDrop},
};

constexpr std::array kAllowKeys = {
    KeySchema{.name = "name",
              .kind = kName,
              .if_absent = Required{},
              .meaning = "The rule's name in reports; each rule has its own.",
              .range = kMappingNameLength},
    KeySchema{.name = "from",
              .kind = kTexts,
              .if_absent = LeftOut{"`between` stands in its place"},
              .meaning = "The side that may open. Mappings by name, `\"realm:NAME\"`, or real "
                         "addresses that mappings have, as `\"10.1.8.16/28\"` or, where several "
                         "realms have them, `\"NAME:10.1.8.16/28\"`."},
    KeySchema{.name = "to",
              .kind = kTexts,
              .if_absent = LeftOut{"`between` stands in its place"},
              .meaning = "The side that is opened to; as `from`."},
    KeySchema{.name = "between",
              .kind = kTexts,
              .if_absent = LeftOut{"`from` may open, `to` may not"},
              .meaning = "Two sides, either of which may open, in place of `from` and `to`."},
    KeySchema{.name = "protocol",
              .kind = kTextsOrNumbers,
              .if_absent = LeftOut{"every protocol"},
              .meaning = "Names (tcp, udp, icmp, gre, esp, sctp, udplite, dccp) or numbers."},
    KeySchema{.name = "ports",
              .kind = kTextsOrNumbers,
              .if_absent = LeftOut{"every port"},
              .meaning = "Ports of the side that is opened to, as `443` or `\"8000-8099\"`; of "
                         "TCP, UDP, UDP-Lite, SCTP and DCCP."},
};

constexpr std::array kLimitKeys = {
    KeySchema{.name = "name",
              .if_absent = Required{},
              .meaning = "The limit's name in reports; each limit has its own."},
    KeySchema{.name = "from",
              .kind = kTexts,
              .if_absent = LeftOut{"whoever sends"},
              .meaning = "Whose packets are limited, all together; as `from` of `[[allow]]`."},
    KeySchema{.name = "to",
              .kind = kTexts,
              .if_absent = LeftOut{"whoever gets them"},
              .meaning = "Where these packets go; as `from`."},
    KeySchema{.name = "packets_per_second",
              .kind = kInteger,
              .if_absent = LeftOut{"any number"},
              .meaning = "How many packets may pass.",
              .range = {1, 1'000'000'000}},
    KeySchema{.name = "bits_per_second",
              .kind = kInteger,
              .if_absent = LeftOut{"any number"},
              .meaning = "How many bits of IPv4 packets, headers included, may pass.",
              .range = {8'000, 1'000'000'000'000}},
    KeySchema{.name = "burst_ms",
              .kind = kInteger,
              .if_absent = 10,
              .meaning = "After a quiet time as much may pass at once as the limit lets through in "
                         "this many milliseconds, but at least one packet.",
              .range = {1, 10'000}},
};

constexpr std::array kMappingsTopKeys = {
    KeySchema{.name = "serial",
              .kind = kInteger,
              .if_absent = LeftOut{"as 0; required where the table has to be signed"},
              .meaning = "The table's number among those that the companies agreed on, one more "
                         "with each: natto refuses another table with the number of the last one, "
                         "or with a lower one ([serial](signing.md#serial)).",
              .range = {1, 9'007'199'254'740'991}},  // every reader of JSON has the number whole
};

constexpr std::array kMappingsSections = {
    SectionSchema{.name = "mapping",
                  .repeated = true,
                  .required = true,
                  .may_be_empty = true,
                  .if_missing = "add one, or write \"mapping = []\" if the table is meant to be "
                                "empty",
                  .meaning = "One host, or one network, and the address it has for everyone else.",
                  .keys = kMappingKeys},
    SectionSchema{.name = "policy",
                  .meaning = "Who may talk to whom: without it, all mapped hosts.",
                  .keys = kPolicyKeys},
    SectionSchema{.name = "allow",
                  .repeated = true,
                  .may_be_empty = true,
                  .meaning = "What may pass where `[policy]` denies the rest. Rules only allow, so "
                             "their order means nothing.",
                  .keys = kAllowKeys},
    SectionSchema{.name = "limit",
                  .repeated = true,
                  .may_be_empty = true,
                  .meaning = "How much may pass. A packet must keep every limit that names it.",
                  .keys = kLimitKeys},
};

constexpr FileSchema kConfigSchema = {"natto.toml", kConfigSections};
constexpr FileSchema kMappingsSchema = {
    "mappings.toml",
    kMappingsSections,
    {.name = "top of the file", .meaning = "Above the first section.", .keys = kMappingsTopKeys}};

template <typename T>
const T& find_named(std::span<const T> entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &T::name);
  assert(found != entries.end());
  return *found;
}

}  // namespace

std::string_view KeySchema::type() const noexcept {
  switch (kind) {
    case kInteger:
      return "an integer";
    case kBoolean:
      return "a boolean";
    case kShare:
      return "a number";
    case kTextList:
      return "an array of strings";
    case kTexts:
      return "a string or an array of strings";
    case kTextsOrNumbers:
      return "a string, an integer or an array of them";
    case kChoiceOrInteger:
      return "a string or an integer";
    default:
      return "a string";
  }
}

std::string KeySchema::allowed() const {
  switch (kind) {
    case kInteger:
      return fmt::format("{} to {}", range.min, range.max);
    case kBoolean:
      return "true or false";
    case kShare:
      return "0 to 1, as 0.25";
    case kChoice:
      return fmt::format("\"{}\"", fmt::join(choices, "\" or \""));
    case kChoiceOrInteger:
      return fmt::format("\"{}\" or {} to {}", fmt::join(choices, "\" or \""), range.min,
                         range.max);
    case kName:
      return fmt::format("{} to {} of the characters A-Z a-z 0-9 _ . -", range.min, range.max);
    case kText:
    case kTextList:
    case kTexts:
    case kTextsOrNumbers:
      return "not empty, without control characters";
    case kLcoreList:
      return fmt::format("cores {} to {}, as \"3\", \"1-3\" or \"1-3,5\"", range.min, range.max);
    case kAddress:
      return "an IPv4 address, as \"10.0.0.1\"";
    case kInterfaceAddress:
      return "an IPv4 address and prefix length, as \"10.0.0.1/24\"";
    case kMacAddress:
      return "the MAC address of one host, as \"02:00:00:00:00:01\"";
    case kAddressRange:
      return "an IPv4 address or prefix, as \"10.0.0.1\" or \"10.0.0.0/24\"";
  }
  return "";
}

std::string SectionSchema::header() const {
  return repeated ? fmt::format("[[{}]]", name) : fmt::format("[{}]", name);
}

const KeySchema& SectionSchema::key(std::string_view key_name) const {
  return find_named(keys, key_name);
}

const SectionSchema& FileSchema::section(std::string_view section_name) const {
  return find_named(sections, section_name);
}

const FileSchema& config_schema() noexcept { return kConfigSchema; }
const FileSchema& mappings_schema() noexcept { return kMappingsSchema; }

}  // namespace natto
