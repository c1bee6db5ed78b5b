#include "capture_wire.hpp"

#include <pcap/pcap.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace ena_model {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSnapLength = 65'535;

class CaptureWire final : public Wire {
 public:
  explicit CaptureWire(const WireSettings& settings)
      : repeats_(settings.repeat), rate_(settings.packets_per_second) {
    if (settings.replay) {
      read(*settings.replay);
    }
    if (settings.record) {
      format_.reset(pcap_open_dead(DLT_EN10MB, kSnapLength));
      record_.reset(pcap_dump_open(format_.get(), settings.record->c_str()));
      if (!record_) {
        throw std::runtime_error(pcap_geterr(format_.get()));
      }
    }
  }

  Frame* next() override { return next_ < frames_.size() && is_time() ? &frames_[next_] : nullptr; }
  void take() override {
    ++next_;
    ++taken_;
    if (repeats_ && next_ == frames_.size()) {
      next_ = 0;
    }
  }
  void send(Bytes frame) override {
    if (record_) {
      pcap_pkthdr header{};
      header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
      pcap_dump(reinterpret_cast<u_char*>(record_.get()), &header, frame.data());
      pcap_dump_flush(record_.get());
    }
  }
  bool waits() const override { return !repeats_; }

 private:
  struct Close {
    void operator()(pcap_t* capture) const { pcap_close(capture); }
    void operator()(pcap_dumper_t* capture) const { pcap_dump_close(capture); }
  };

  void read(const std::filesystem::path& file) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    const std::unique_ptr<pcap_t, Close> capture(pcap_open_offline(file.c_str(), error.data()));
    if (!capture) {
      throw std::runtime_error(error.data());
    }
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    while (pcap_next_ex(capture.get(), &header, &bytes) == 1) {
      frames_.push_back({.bytes = {bytes, bytes + header->caplen}, .received = {}});
    }
  }

  /// Of the next frame, which a rate sets. The first one starts the clock.
  bool is_time() {
    if (rate_ == 0) {
      return true;
    }
    const auto now = Clock::now();
    if (taken_ == 0) {
      start_ = now;
    }
    return now - start_ >= std::chrono::duration<double>(static_cast<double>(taken_) / rate_);
  }

  const bool repeats_;
  const std::uint32_t rate_;
  std::vector<Frame> frames_;
  Clock::time_point start_;
  std::uint64_t taken_ = 0;
  std::size_t next_ = 0;
  std::unique_ptr<pcap_t, Close> format_;
  std::unique_ptr<pcap_dumper_t, Close> record_;
};

}  // namespace

std::unique_ptr<Wire> wire_to_captures(const WireSettings& settings) {
  return std::make_unique<CaptureWire>(settings);
}

}  // namespace ena_model
