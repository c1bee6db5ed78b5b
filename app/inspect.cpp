#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "captures/capture_file.hpp"
#include "commands.hpp"
#include "inspect/dissectors.hpp"
#include "inspect/findings.hpp"
#include "inspect/payload_search.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

struct InspectArguments {
  std::filesystem::path config_file;
  std::vector<std::filesystem::path> captures;
  bool json = false;
};

/// How far the reading is, on a terminal: one line that is written over.
class Progress {
 public:
  Progress() : shown_(isatty(STDERR_FILENO) != 0) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void start(const CaptureFile& capture) {
    std::error_code none;
    name_ = capture.name();
    size_ = std::filesystem::file_size(capture.path(), none);
    read_ = 0;
  }
  void add(const CapturedFrame& frame) {
    constexpr std::uint64_t kRecordBytes = 16;  // of pcap, before each frame
    constexpr auto kPeriod = std::chrono::milliseconds(200);
    read_ += frame.bytes.size() + kRecordBytes;
    if (!shown_ || frame.number % 1024 != 0 || std::chrono::steady_clock::now() < next_) {
      return;
    }
    next_ = std::chrono::steady_clock::now() + kPeriod;
    fmt::print(stderr, "\r{}: {:.0f} MB, {} %\x1b[K", name_, static_cast<double>(read_) / 1e6,
               size_ == 0 ? 0 : std::min<std::uint64_t>(99, read_ * 100 / size_));
    written_ = true;
  }
  void clear() {
    if (std::exchange(written_, false)) {
      fmt::print(stderr, "\r\x1b[K");
    }
  }

 private:
  bool shown_;
  bool written_ = false;
  std::string name_;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
  std::chrono::steady_clock::time_point next_{};
};

struct NamedCapture {
  std::string realm;  ///< where its addresses hold; empty: not said
  std::filesystem::path file;
};

/// FILE or REALM=FILE.
Result<NamedCapture> named_capture(const std::filesystem::path& argument,
                                   const std::vector<std::string>& realms) {
  const std::string text = argument.string();
  const std::size_t equals = text.find('=');
  std::error_code none;
  if (equals == std::string::npos || text.find('/') < equals ||
      std::filesystem::exists(argument, none)) {
    return NamedCapture{.realm = {}, .file = argument};
  }
  const std::string realm = text.substr(0, equals);
  if (std::ranges::find(realms, realm) == realms.end()) {
    return input_error(fmt::format("there is no capture {}, and no realm {}: the realms are {}",
                                   text, realm, fmt::join(realms, ", ")));
  }
  return NamedCapture{.realm = realm, .file = text.substr(equals + 1)};
}

/// Everything that a run of the command works on.
struct Inspection {
  explicit Inspection(const ApplianceFiles& files)
      : realms(files.config.realm_names()),
        border(files.table.mappings, realms),
        findings(border) {}

  std::vector<std::string> realms;
  Border border;
  AddressFindings findings;
  InspectReport report;
  Result<std::vector<std::string>> fields = std::vector<std::string>();
  Progress progress;

  /// What was found up to an error is in the report.
  [[nodiscard]] Status read(const std::filesystem::path& argument);
  [[nodiscard]] Status read(const CaptureFile& capture, std::string_view realm);
  void count(const CaptureFile& capture, const PayloadSearch& search);
};

Status Inspection::read(const std::filesystem::path& argument) {
  const Result<NamedCapture> named = named_capture(argument, realms);
  if (!named) {
    return named.error();
  }
  const Result<CaptureFile> capture = CaptureFile::open(named->file);
  if (!capture) {
    return capture.error();
  }
  if (!report.captures.empty()) {
    findings.next_capture();
  }
  report.captures.push_back(capture->name());
  return read(*capture, named->realm);
}

Status Inspection::read(const CaptureFile& capture, std::string_view realm) {
  std::optional<Dissection> dissection;
  if (fields) {
    dissection.emplace(*fields,
                       [this](const Sighting& sighting, std::span<const FieldValue> found) {
                         findings.add(sighting, found);
                       });
  }
  const CapturedFrame* current = nullptr;
  PayloadSearch search(border, [&](Sighting sighting) {
    if (dissection) {
      dissection->add(std::move(sighting), *current);
    } else {
      findings.add(sighting, {});
    }
  });
  progress.start(capture);
  std::uint64_t packets = 0;
  const Result<CaptureEnd> end = capture.read([&](const CapturedFrame& frame) {
    current = &frame;
    packets = frame.number;
    search.look(frame.number, frame.bytes, frame.realm.empty() ? realm : frame.realm);
    progress.add(frame);
    return false;
  });
  search.finish();
  if (dissection) {
    if (const Status finished = dissection->finish(); !finished) {
      report.fields_searched = false;
      report.warnings.push_back(fmt::format("{}: {}", capture.name(), finished.error().message));
    }
  }
  report.packets += end ? end->packets : packets;
  count(capture, search);
  if (!end) {
    return end.error();
  }
  if (!end->warning.empty()) {
    report.warnings.push_back(end->warning);
  }
  return Done{};
}

void Inspection::count(const CaptureFile& capture, const PayloadSearch& search) {
  report.between_mappings += search.between_mappings();
  report.cut_short += search.cut_short();
  for (std::size_t i = 0; i < kSealedKinds; ++i) {
    report.sealed[i] += search.sealed()[i];
  }
  if (search.cut_short() != 0) {
    report.warnings.push_back(
        fmt::format("{}: {} packets between two mappings were captured in part, and not searched "
                    "behind the cut: capture whole packets (tcpdump -s 0)",
                    capture.name(), search.cut_short()));
  }
  if (search.uncertain() != 0) {
    report.warnings.push_back(
        fmt::format("{}: {} packets have a real address that several realms have, and were taken "
                    "for the first one's: say where they were captured, as REALM={} (realms: {})",
                    capture.name(), search.uncertain(), capture.name(), fmt::join(realms, ", ")));
  }
}

Result<std::string> inspect(const InspectArguments& arguments) {
  const Result<ApplianceFiles> files = load_appliance(arguments.config_file);
  if (!files) {
    return files.error();
  }
  Inspection inspection(*files);
  InspectReport& report = inspection.report;
  inspection.fields = address_fields();
  report.fields_searched = inspection.fields.ok();
  if (!inspection.fields) {
    report.warnings.push_back(fmt::format("only text was searched, and no binary fields: {}",
                                          inspection.fields.error().message));
  }
  Status read = Done{};
  for (auto named = arguments.captures.begin(); read && named != arguments.captures.end();
       ++named) {
    read = inspection.read(*named);
  }
  inspection.progress.clear();
  if (!read && report.packets == 0) {
    return read.error();
  }
  if (report.packets == 0) {
    report.warnings.emplace_back("there are no packets in what was captured");
  } else if (report.between_mappings == 0) {
    report.warnings.emplace_back(
        "none of the packets lies between two mappings: is it their table?");
  }
  if (inspection.findings.incomplete()) {
    report.warnings.emplace_back("there were more findings than are listed");
  }
  std::string text = arguments.json ? inspect_json(report, inspection.findings, inspection.border)
                                    : inspect_text(report, inspection.findings, inspection.border);
  if (read && inspection.findings.empty() && report.complete()) {
    return text;
  }
  std::fputs(text.c_str(), stdout);
  if (!read) {
    return read.error();
  }
  return Error{inspection.findings.empty() ? ErrorKind::kSystem : ErrorKind::kNotSent, ""};
}

}  // namespace

void add_inspect(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "inspect", "Find applications that tell the other side an address it cannot reach");
  command->footer(
      "Reads captures taken anywhere on the way, and searches what packets between two mappings\n"
      "carry for real addresses whose reader has to use the mapped ones: as text, and with tshark\n"
      "(Debian's package of that name) in the fields of every protocol that Wireshark knows. What "
      "to\n"
      "do about it is in doc/applications.md, application by application. - is standard input.\n"
      "Exit codes: 0 nothing found, 4 something found, 1 a file is wrong, 3 nothing found, but "
      "not\n"
      "everything searched: tshark is missing or failed, packets were captured in part, or none "
      "lies\n"
      "between two mappings.\n"
      "Example: natto inspect -c natto.toml at-a.pcap at-b.pcapng.gz\n"
      "Example: ssh host tcpdump -i any -w - -c 5000 | natto inspect -c natto.toml -");
  const auto arguments = std::make_shared<InspectArguments>();
  add_config_option(*command, arguments->config_file)->required();
  add_json_option(*command, arguments->json);
  command
      ->add_option("captures", arguments->captures,
                   "captures, as natto replay reads them; REALM says where they were taken")
      ->type_name("[REALM=]FILE")
      ->required();
  command->callback([arguments, &chosen] { chosen = [arguments] { return inspect(*arguments); }; });
}

}  // namespace natto
