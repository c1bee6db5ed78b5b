#include <fmt/format.h>
#include <unistd.h>

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

std::vector<std::string> realm_names(const Config& config) {
  std::vector<std::string> names;
  for (const PortConfig& port : config.ports) {
    names.push_back(port.realm);
  }
  return names;
}

/// Everything that a run of the command works on.
struct Inspection {
  explicit Inspection(const ApplianceFiles& files)
      : border(files.table.mappings, realm_names(files.config)), findings(border) {}

  Border border;
  AddressFindings findings;
  InspectReport report;
  Result<std::vector<std::string>> fields = std::vector<std::string>();
  Progress progress;

  [[nodiscard]] Status read(const CaptureFile& capture);
};

Status Inspection::read(const CaptureFile& capture) {
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
  const Result<CaptureEnd> end = capture.read([&](const CapturedFrame& frame) {
    current = &frame;
    search.look(frame.number, frame.bytes, frame.realm);
    progress.add(frame);
    return false;
  });
  if (!end) {
    return end.error();
  }
  search.finish();
  if (dissection) {
    if (const Status finished = dissection->finish(); !finished) {
      report.fields_searched = false;
      report.warnings.push_back(fmt::format("{}: {}", capture.name(), finished.error().message));
    }
  }
  if (!end->warning.empty()) {
    report.warnings.push_back(end->warning);
  }
  report.packets += end->packets;
  report.between_mappings += search.between_mappings();
  for (std::size_t i = 0; i < kSealedKinds; ++i) {
    report.sealed[i] += search.sealed()[i];
  }
  return Done{};
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
  for (const std::filesystem::path& named : arguments.captures) {
    const Result<CaptureFile> capture = CaptureFile::open(named);
    if (!capture) {
      return capture.error();
    }
    if (!report.captures.empty()) {
      inspection.findings.next_capture();
    }
    report.captures.push_back(capture->name());
    if (const Status read = inspection.read(*capture); !read) {
      return read.error();
    }
  }
  inspection.progress.clear();
  if (report.between_mappings == 0) {
    report.warnings.emplace_back(
        "none of the packets lies between two mappings: is it their table?");
  }
  if (inspection.findings.incomplete()) {
    report.warnings.emplace_back("there were more findings than are listed");
  }
  std::string text = arguments.json ? inspect_json(report, inspection.findings, inspection.border)
                                    : inspect_text(report, inspection.findings, inspection.border);
  if (inspection.findings.empty() && report.fields_searched) {
    return text;
  }
  std::fputs(text.c_str(), stdout);
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
      "everything searched: tshark is missing or failed.\n"
      "Example: natto inspect -c natto.toml at-a.pcap at-b.pcapng.gz\n"
      "Example: ssh host tcpdump -i any -w - -c 5000 | natto inspect -c natto.toml -");
  const auto arguments = std::make_shared<InspectArguments>();
  add_config_option(*command, arguments->config_file)->required();
  add_json_option(*command, arguments->json);
  command->add_option("captures", arguments->captures, "captures, as natto replay reads them")
      ->type_name("FILE")
      ->required();
  command->callback([arguments, &chosen] { chosen = [arguments] { return inspect(*arguments); }; });
}

}  // namespace natto
