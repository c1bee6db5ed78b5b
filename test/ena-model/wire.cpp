#include "wire.hpp"

#include <deque>

#include "capture_wire.hpp"
#include "kernel_wire.hpp"

namespace ena_model {
namespace {

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
      wires.push_back(wire_to_interface(*wire.interface));
    } else if (wire.tap) {
      wires.push_back(wire_to_tap(*wire.tap));
    } else if (wire.peer) {
      wires.push_back(std::make_unique<CableWire>(to_card[i], to_card[*wire.peer]));
    } else {
      wires.push_back(wire_to_captures(wire));
    }
  }
  return wires;
}

}  // namespace ena_model
