#include "wire.hpp"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>

namespace ena_model {
namespace {

constexpr int kSnapLength = 65'535;

std::runtime_error failure(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

/// Reads a capture, once or again and again, and writes one.
class CaptureWire final : public Wire {
 public:
  explicit CaptureWire(const WireSettings& settings) : repeats_(settings.repeat) {
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

  Frame* next() override { return next_ < frames_.size() ? &frames_[next_] : nullptr; }
  void take() override {
    ++next_;
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

  const bool repeats_;
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
  std::unique_ptr<pcap_t, Close> format_;
  std::unique_ptr<pcap_dumper_t, Close> record_;
};

/// The raw frames of a kernel's interface: a veth or a tap.
class InterfaceWire final : public Wire {
 public:
  explicit InterfaceWire(const std::string& name)
      : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
    const int on = 1;
    const int buffer = 8 << 20;
    if (socket_ < 0 || address.sll_ifindex == 0 ||
        setsockopt(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0 ||
        bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw failure("cannot use the interface " + name);
    }
  }
  ~InterfaceWire() override { close(socket_); }

  Frame* next() override {
    if (frame_.bytes.empty()) {
      frame_.bytes.resize(kSnapLength);
      const ssize_t count = recv(socket_, frame_.bytes.data(), frame_.bytes.size(), 0);
      frame_.bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
      frame_.examined_with = 0;
    }
    return frame_.bytes.empty() ? nullptr : &frame_;
  }
  void take() override { frame_.bytes.clear(); }
  void send(Bytes frame) override {
    // A full queue loses the frame, as a network does.
    static_cast<void>(::send(socket_, frame.data(), frame.size(), 0));
  }
  bool waits() const override { return false; }

 private:
  int socket_;
  Frame frame_;
};

/// One end of a cable between two cards.
class CableWire final : public Wire {
 public:
  struct Queue {
    static constexpr std::size_t kMaxFrames = 4096;
    std::deque<Frame> frames;
  };
  CableWire(std::shared_ptr<Queue> in, std::shared_ptr<Queue> out)
      : in_(std::move(in)), out_(std::move(out)) {}

  Frame* next() override { return in_->frames.empty() ? nullptr : &in_->frames.front(); }
  void take() override { in_->frames.pop_front(); }
  void send(Bytes frame) override {
    if (out_->frames.size() < Queue::kMaxFrames) {
      out_->frames.push_back({.bytes = {frame.begin(), frame.end()}, .received = {}});
    }
  }
  bool waits() const override { return false; }

 private:
  std::shared_ptr<Queue> in_;
  std::shared_ptr<Queue> out_;
};

}  // namespace

std::vector<std::unique_ptr<Wire>> connect_wires(const Settings& settings) {
  std::vector<std::shared_ptr<CableWire::Queue>> to_card;
  for (std::size_t i = 0; i < settings.cards.size(); ++i) {
    to_card.push_back(std::make_shared<CableWire::Queue>());
  }
  std::vector<std::unique_ptr<Wire>> wires;
  for (std::size_t i = 0; i < settings.cards.size(); ++i) {
    const WireSettings& wire = settings.cards[i].wire;
    if (wire.interface) {
      wires.push_back(std::make_unique<InterfaceWire>(*wire.interface));
    } else if (wire.peer) {
      wires.push_back(std::make_unique<CableWire>(to_card[i], to_card.at(*wire.peer)));
    } else {
      wires.push_back(std::make_unique<CaptureWire>(wire));
    }
  }
  return wires;
}

}  // namespace ena_model
