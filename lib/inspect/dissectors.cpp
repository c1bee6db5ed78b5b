#include "inspect/dissectors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/program.hpp"
#include "base/write_all.hpp"
#include "inspect/confined_program.hpp"

namespace natto {
namespace {

constexpr const char* kTshark = "tshark";
constexpr int kPatienceMs = 60'000;
constexpr std::uint32_t kMostFrameBytes = 262'144;  // Wireshark's own limit
constexpr const char* kPacketsOfMemory = "50000";   // after so many it forgets, to bound its memory

/// Fields that are no use of an address: headers that natto translates itself, or what Wireshark
/// takes from there, and identifiers of routers, which only have to differ.
constexpr auto kLeftOut = std::to_array<std::string_view>({
    "ip.", "arp.", "icmp.", "ftp.epsv.ip", "bgp.open.identifier",
    "bgp.update.path_attribute.originator_id", "bgp.update.path_attribute.aggregator_origin",
    "bgp.path_attribute.cluster_id",
    "dns.opt.client.",  // tells a name server whom to answer for, and no one to go to
    "wimaxasncp.",      // who asks for these closes tshark's standard input (Wireshark 4.0)
});

/// Calls `take` with each line that comes until the end; with `silence` if none comes for long.
template <typename Take, typename Silence>
void for_each_line(int from, const Take& take, const Silence& silence) {
  std::string text;
  std::array<char, 1U << 16U> buffer;
  for (;;) {
    pollfd input{.fd = from, .events = POLLIN, .revents = 0};
    const int ready = poll(&input, 1, kPatienceMs);
    if (ready == 0) {
      silence();
    }
    if (ready <= 0) {
      continue;
    }
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      take(std::string_view(text).substr(begin, end - begin));
    }
    text.erase(0, begin);
  }
}

std::string_view column(std::string_view line, int number) {
  for (; number > 0 && !line.empty(); --number) {
    line.remove_prefix(std::min(line.find('\t'), line.size() - 1) + 1);
  }
  return line.substr(0, line.find('\t'));
}

bool is_left_out(std::string_view field) {
  return std::ranges::any_of(kLeftOut,
                             [&](std::string_view start) { return field.starts_with(start); });
}

Error not_run(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoProgram) {
    return system_error("there is no tshark here: apt install tshark");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotConfined) {
    return system_error("tshark cannot be run without root's rights and network here");
  }
  return system_error(WIFSIGNALED(status)
                          ? fmt::format("tshark was ended by signal {}", WTERMSIG(status))
                          : fmt::format("tshark failed with status {}", WEXITSTATUS(status)));
}

template <typename Number>
void put(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

/// The header of a pcap file of Ethernet, in this machine's byte order.
std::string pcap_header() {
  std::string bytes;
  put(bytes, std::uint32_t{0xa1b23c4d});
  put(bytes, std::uint16_t{2});
  put(bytes, std::uint16_t{4});
  put(bytes, std::uint64_t{0});
  put(bytes, kMostFrameBytes);
  put(bytes, std::uint32_t{1});
  return bytes;
}

}  // namespace

Result<std::vector<std::string>> address_fields() {
  const Descriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  Result<Pipe> output = make_pipe();
  if (!output) {
    return output.error();
  }
  const Result<int> process =
      start_confined({kTshark, "-G", "fields"}, nothing.get(), output->write.get(), nothing.get());
  if (!process) {
    return process.error();
  }
  output->write = Descriptor();
  std::vector<std::string> fields;
  for_each_line(
      output->read.get(),
      [&](std::string_view line) {
        // F, its description, its name, its type, …
        if (column(line, 0) == "F" && column(line, 3) == "FT_IPv4" &&
            !is_left_out(column(line, 2))) {
          fields.emplace_back(column(line, 2));
        }
      },
      [&] { kill(*process, SIGKILL); });
  const int status = wait_for(*process);
  if (status != 0) {
    return not_run(status);
  }
  if (fields.empty()) {
    return system_error("tshark -G fields lists no fields with addresses");
  }
  return fields;
}

Dissection::Dissection(const std::vector<std::string>& fields, Take take)
    : fields_(fields), take_(std::move(take)), errors_(TemporaryFile::create()) {
  signal(SIGPIPE, SIG_IGN);  // a tshark that ends early is told by its status
  Result<Pipe> to = make_pipe();
  Result<Pipe> from = make_pipe();
  if (!to || !from || !errors_) {
    trouble_ = (!to ? to.error() : !from ? from.error() : errors_.error()).message;
    ended_ = true;
    return;
  }
  std::vector<std::string> words = {
      kTshark,  "-n", "-r",           "-",  "-M",          kPacketsOfMemory, "-T",
      "fields", "-E", "occurrence=a", "-E", "aggregator=,"};
  for (const std::string& field : fields_) {
    words.insert(words.end(), {"-e", field});
  }
  const Result<int> process =
      start_confined(words, to->read.get(), from->write.get(), errors_->descriptor());
  if (!process) {
    trouble_ = process.error().message;
    ended_ = true;
    return;
  }
  process_ = *process;
  to_ = std::move(to->write);
  from_ = std::move(from->read);
  reader_ = std::thread([this] { hear(); });
  if (!write_all(to_.get(), pcap_header())) {
    end();
  }
}

Dissection::~Dissection() {
  if (!ended_) {
    kill(process_, SIGKILL);
    end();
  }
}

void Dissection::add(Sighting sighting, const CapturedFrame& frame) {
  if (ended_) {
    if (!sighting.late && unread_from_ == 0) {
      unread_from_ = sighting.frame;
    }
    take_(sighting, {});
    return;
  }
  const bool late = sighting.late;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(sighting));
  }
  if (!late && !feed(frame)) {
    end();
  }
}

bool Dissection::feed(const CapturedFrame& frame) {
  const auto captured =
      static_cast<std::uint32_t>(std::min<std::size_t>(frame.bytes.size(), kMostFrameBytes));
  bytes_.clear();
  put(bytes_, static_cast<std::uint32_t>(frame.time_ns / kSecondNs));
  put(bytes_, static_cast<std::uint32_t>(frame.time_ns % kSecondNs));
  put(bytes_, captured);
  put(bytes_, frame.length);
  bytes_.append(reinterpret_cast<const char*>(frame.bytes.data()), captured);
  return write_all(to_.get(), bytes_);
}

/// The reader's thread.
void Dissection::hear() {
  for_each_line(
      from_.get(), [this](std::string_view row) { take_row(row); },
      [this] {
        if (is_row_missing()) {
          silent_ = true;
          kill(process_, SIGKILL);
        }
      });
}

bool Dissection::is_row_missing() {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

/// Columns with tabs between, in each the field's addresses with commas between.
void Dissection::take_row(std::string_view row) {
  found_.clear();
  std::size_t field = 0;
  std::size_t at = 0;
  while (at < row.size() && field < fields_.size()) {
    if (row[at] == '\t') {
      ++field;
      ++at;
      continue;
    }
    const std::size_t end = std::min(row.find_first_of("\t,", at), row.size());
    if (const auto address = parse_ipv4_address(row.substr(at, end - at))) {
      found_.push_back({&fields_[field], *address});
    }
    at = end + (end < row.size() && row[end] == ',' ? 1 : 0);
  }
  for (;;) {
    Sighting sighting{};
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        return;
      }
      sighting = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (!sighting.late) {
      take_(sighting, found_);
      return;
    }
    take_(sighting, {});
  }
}

/// tshark has got all that it gets: takes what it still says, and the rest without it.
void Dissection::end() {
  ended_ = true;
  to_ = Descriptor();
  if (reader_.joinable()) {
    reader_.join();
  }
  status_ = wait_for(process_);
  for (const Sighting& sighting : waiting_) {
    if (!sighting.late && unread_from_ == 0) {
      unread_from_ = sighting.frame;
    }
    take_(sighting, {});
  }
  waiting_.clear();
}

Status Dissection::finish() {
  if (!ended_) {
    end();
  }
  if (trouble_.empty() && status_ == 0 && unread_from_ == 0) {
    return Done{};
  }
  const std::string why = !trouble_.empty() ? trouble_
                          : silent_
                              ? fmt::format("tshark said nothing for {} s", kPatienceMs / 1000)
                          : status_ == 0 ? "tshark ended before its input"
                                         : not_run(status_).message + last_words();
  return system_error(
      unread_from_ == 0
          ? why
          : fmt::format("{}: no fields were searched from frame {} on", why, unread_from_));
}

/// What it said last on standard error.
std::string Dissection::last_words() const {
  std::array<char, 4096> buffer{};
  const ssize_t got = errors_ ? pread(errors_->descriptor(), buffer.data(), buffer.size(), 0) : 0;
  std::string_view said(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  said = said.substr(0, said.find_last_not_of(" \n") + 1);
  said.remove_prefix(said.find_last_of('\n') + 1);
  return said.empty() ? "" : fmt::format(" ({})", said);
}

}  // namespace natto
