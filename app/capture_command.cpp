#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcap/pcap.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "capture_output.hpp"
#include "commands.hpp"
#include "running_natto.hpp"

namespace natto {
namespace {

constexpr std::uint32_t kTcpdumpsSnaplen = 262'144;
constexpr std::uint64_t kMegabyte = 1'000'000;  // tcpdump's

struct CaptureArguments {
  RunningNatto natto;
  std::vector<std::string> filter;
  std::string mapping;
  std::vector<std::string> pair;
  std::string rule;
  std::vector<std::string> drops;
  std::string realm;
  bool in = false;
  bool out = false;
  std::filesystem::path file;
  std::uint64_t megabytes = 0;
  std::uint64_t files = 0;
  std::uint64_t count = 0;
  double seconds = 0;
  std::uint32_t snaplen = kTcpdumpsSnaplen;
  std::uint64_t rate = 0;
  bool json = false;
};

/// Whether the user has had enough: Ctrl-C ends the capture, and not the file in the middle.
class Interruption {
 public:
  Interruption() {
    struct sigaction action {};
    action.sa_handler = [](int) { happened_.store(true); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one ends natto at once
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  [[nodiscard]] static bool happened() { return happened_.load(); }

 private:
  inline static std::atomic<bool> happened_{false};
};

/// `filter` in tcpdump's language, as libpcap compiles it.
Result<std::vector<api::InstructionMessage>> compile(const std::string& filter) {
  std::vector<api::InstructionMessage> instructions;
  if (filter.empty()) {
    return instructions;
  }
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> pcap(
      pcap_open_dead(DLT_EN10MB, static_cast<int>(kTcpdumpsSnaplen)), &pcap_close);
  bpf_program program{};
  if (pcap_compile(pcap.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{ErrorKind::kUsage,
                 fmt::format("the filter \"{}\" is not understood: {}\n  man pcap-filter", filter,
                             pcap_geterr(pcap.get()))};
  }
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& one = program.bf_insns[i];
    instructions.push_back({.code = one.code, .jt = one.jt, .jf = one.jf, .k = one.k});
  }
  pcap_freecode(&program);
  return instructions;
}

Result<std::unique_ptr<CaptureOutput>> open_output(const CaptureArguments& arguments) {
  if (arguments.file.empty()) {
    return std::unique_ptr<CaptureOutput>(std::make_unique<CaptureLines>(arguments.json));
  }
  auto files = CaptureFiles::open({.file = arguments.file,
                                   .snaplen = arguments.snaplen,
                                   .bytes = arguments.megabytes * kMegabyte,
                                   .files = arguments.files});
  if (!files) {
    return files.error();
  }
  return std::unique_ptr<CaptureOutput>(*std::move(files));
}

/// What tcpdump says in the end.
void tell(std::uint64_t captured, const api::CaptureReport& last) {
  fmt::print(stderr, "{} packets captured\n", captured);
  if (last.over_rate > 0) {
    fmt::print(stderr, "{} packets beyond --rate\n", last.over_rate);
  }
  if (last.lost > 0) {
    fmt::print(stderr,
               "{} packets not copied, as natto's buffer was full: name fewer of them, or say "
               "--snaplen; natto forwarded them all the same\n",
               last.lost);
  }
}

Result<std::string> capture(const CaptureArguments& arguments) {
  auto filter = compile(fmt::format("{}", fmt::join(arguments.filter, " ")));
  if (!filter) {
    return filter.error();
  }
  auto output = open_output(arguments);
  if (!output) {
    return output.error();
  }
  Result<api::Client> natto = arguments.natto.connect();
  if (!natto) {
    return natto.error();
  }
  const api::CaptureRequest request{
      .filter = *std::move(filter),
      .mappings = arguments.mapping.empty() ? arguments.pair : std::vector{arguments.mapping},
      .rule = arguments.rule,
      .drops = arguments.drops,
      .realm = arguments.realm,
      .direction = arguments.in    ? "in"
                   : arguments.out ? "out"
                                   : "",
      .snaplen = arguments.snaplen,
      .rate = arguments.rate};
  const Interruption interruption;
  using Monotonic = std::chrono::steady_clock;
  const auto end = arguments.seconds > 0
                       ? Monotonic::now() + std::chrono::duration_cast<Monotonic::duration>(
                                                std::chrono::duration<double>(arguments.seconds))
                       : Monotonic::time_point::max();
  std::uint64_t captured = 0;
  api::CaptureReport last;
  bool begun = false;
  Status written = Done{};
  const auto take = [&](const api::CaptureReport& report) {
    if (!std::exchange(begun, true)) {
      fmt::print(stderr, "capturing; Ctrl-C ends it\n");
    }
    for (const api::CapturedReport& packet : report.packets) {
      if (arguments.count > 0 && captured == arguments.count) {
        break;
      }
      ++captured;
      (*output)->take(packet);
    }
    last.lost = report.lost;
    last.over_rate = report.over_rate;
    written = (*output)->flush();
    return written.ok() && !Interruption::happened() && Monotonic::now() < end &&
           (arguments.count == 0 || captured < arguments.count);
  };
  const Status followed = natto->follow(request, take);
  if (begun) {
    tell(captured, last);
  }
  if (!followed) {
    return followed.error();
  }
  if (!written) {
    return written.error();
  }
  return std::string();
}

}  // namespace

void add_capture(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "capture", "Show packets that a running natto handles, before and after translation");
  command->footer(
      "The filter is tcpdump's (man pcap-filter), and may name addresses of either side. "
      "Workers\n"
      "copy the packets that it matches and go on; without a filter, or with --rule, that is all "
      "of "
      "them.\n"
      "Needs the right to change (doc/api.md): packets are what people say to each other.\n"
      "Examples: natto capture host 10.1.1.10 and tcp port 443\n"
      "          natto capture --drop any\n"
      "          natto capture --pair a-app,b-orders -w - | wireshark -k -i -");
  const auto arguments = std::make_shared<CaptureArguments>();
  add_running_natto_options(*command, arguments->natto);
  command->add_option("filter", arguments->filter, "packets that match it, as they come or leave");
  CLI::Option* mapping =
      command->add_option("--mapping", arguments->mapping, "packets from or to its hosts")
          ->type_name("NAME");
  command->add_option("--pair", arguments->pair, "packets between the hosts of two mappings")
      ->type_name("NAME,NAME")
      ->delimiter(',')
      ->expected(2)
      ->excludes(mapping);
  command->add_option("--rule", arguments->rule, "packets that this rule of the policy allows")
      ->type_name("NAME");
  command
      ->add_option("--drop", arguments->drops,
                   "dropped packets alone, for this reason (any: all); repeatable")
      ->type_name("REASON")
      ->take_all()
      ->expected(1);
  CLI::Option* realm =
      command->add_option("--realm", arguments->realm, "packets that come from it or leave to it")
          ->type_name("REALM");
  CLI::Option* in =
      command->add_flag("--in", arguments->in, "only those that come from --realm")->needs(realm);
  command->add_flag("--out", arguments->out, "only those that leave to --realm")
      ->needs(realm)
      ->excludes(in);
  CLI::Option* file = command
                          ->add_option("-w,--write", arguments->file,
                                       "write pcapng instead of lines (-: to standard output)")
                          ->type_name("FILE");
  CLI::Option* megabytes =
      command
          ->add_option("-C,--megabytes", arguments->megabytes,
                       "begin another file after so many million bytes: FILE1, FILE2, …")
          ->type_name("N")
          ->check(CLI::Range(1, 1'000'000))
          ->needs(file);
  command
      ->add_option("-W,--files", arguments->files,
                   "write no more than N files, then the first anew")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->needs(megabytes);
  command->add_option("-c,--count", arguments->count, "end after N packets")->type_name("N");
  command->add_option("--seconds", arguments->seconds, "end after so long")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("-s,--snaplen", arguments->snaplen, "bytes of each packet that are kept")
      ->type_name("BYTES")
      ->check(CLI::Range(1U, kTcpdumpsSnaplen))
      ->capture_default_str();
  command->add_option("--rate", arguments->rate, "no more than N packets a second; 0: all")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "print one JSON value a packet for programs")
      ->excludes(file);
  command->callback([arguments, &chosen] { chosen = [arguments] { return capture(*arguments); }; });
}

}  // namespace natto
