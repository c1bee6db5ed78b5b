#include "replay_input.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace natto {
namespace {

constexpr int kSnapLength = 262'144;  // tcpdump's

}  // namespace

bool ReplayInput::leaves_out(const CapturedFrame& frame, const OwnFrames& own) const {
  return frame.outgoing || own.is_own(frame.bytes) ||
         (!frame.realm.empty() && frame.realm != realm_);
}

void ReplayInput::Remove::operator()(const std::filesystem::path* file) const noexcept {
  std::error_code ignored;
  std::filesystem::remove(*file, ignored);
  delete file;
}

Result<ReplayInput> ReplayInput::open(const std::filesystem::path& file, OwnFrames own,
                                      const std::string& realm) {
  ReplayInput input(file, realm);
  const auto learned = read_frames(file, [&](const CapturedFrame& frame) {
    own.learn(frame.bytes);
    return false;
  });
  if (!learned) {
    return learned.error();
  }
  const auto counted = read_frames(file, [&](const CapturedFrame& frame) {
    ++(input.leaves_out(frame, own) ? input.left_out_ : input.packets_);
    return false;
  });
  if (!counted) {
    return counted.error();
  }
  if (input.left_out_ > 0 || is_cooked(file)) {
    if (const Status copied = input.copy(file, own); !copied) {
      return copied.error();
    }
  }
  return input;
}

Status ReplayInput::copy(const std::filesystem::path& from, const OwnFrames& own) {
  std::string name = (std::filesystem::temp_directory_path() / "natto-replay-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) {
    return system_error(
        fmt::format("cannot make a temporary file {}: {}", name, std::strerror(errno)));
  }
  close(descriptor);
  temporary_.reset(new std::filesystem::path(name));
  file_ = name;

  using Pcap = std::unique_ptr<pcap_t, decltype(&pcap_close)>;
  using Dump = std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)>;
  const Pcap pcap(pcap_open_dead(DLT_EN10MB, kSnapLength), &pcap_close);
  const Dump dump(pcap_dump_open(pcap.get(), name.c_str()), &pcap_dump_close);
  if (dump == nullptr) {
    return system_error(fmt::format("cannot write {}: {}", name, pcap_geterr(pcap.get())));
  }
  const auto copied = read_frames(from, [&](const CapturedFrame& frame) {
    if (!leaves_out(frame, own)) {
      const pcap_pkthdr header{.ts = frame.time,
                               .caplen = static_cast<bpf_u_int32>(frame.bytes.size()),
                               .len = frame.length};
      pcap_dump(reinterpret_cast<u_char*>(dump.get()), &header, frame.bytes.data());
    }
    return false;
  });
  if (!copied) {
    return copied.error();
  }
  if (pcap_dump_flush(dump.get()) != 0) {
    return system_error(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
  }
  return Done{};
}

}  // namespace natto
