// The EAL plug-in: `-d ena_model.so`. A constructor, since EAL looks for cards right after it loads
// plug-ins; a thread that is the cards.
//
// ENA_MODEL_SETTINGS names the JSON file (settings.hpp), ENA_MODEL_FOLDER what scripts/ena-lab has
// put in place of /sys/bus/pci/devices. Without them nothing happens.

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "card.hpp"
#include "control_socket.hpp"

namespace ena_model {
namespace {

/// Cards sit at 0000:00:06.0 and after; their interrupts are /dev/uio6 and after.
constexpr unsigned kFirstDevice = 6;

std::runtime_error failure(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

void* map(const std::string& file, std::size_t bytes) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (descriptor < 0 || memory == MAP_FAILED) {
    throw failure(file);
  }
  close(descriptor);
  std::memset(memory, 0, bytes);
  return memory;
}

std::unique_ptr<Card> make_card(const CardSettings& settings, unsigned index,
                                std::unique_ptr<Wire> wire, const std::string& folder) {
  const unsigned number = kFirstDevice + index;
  std::array<char, 32> address{};
  std::snprintf(address.data(), address.size(), "0000:00:%02x.0", number);
  const std::string device = folder + "/" + address.data();
  return std::make_unique<Card>(std::make_unique<Device>(
      settings, index, static_cast<std::uint32_t*>(map(device + "/resource0", Registers::kBytes)),
      settings.memory_bar
          ? static_cast<std::uint8_t*>(map(device + "/resource2", Device::kMemoryBytes))
          : nullptr,
      "/dev/uio" + std::to_string(number), std::move(wire)));
}

/// Whose turn it is to be the cards: their own thread's, or a worker's of the host
/// (ena_model_turn).
struct Turns {
  std::vector<std::unique_ptr<Card>> cards;
  std::unique_ptr<ControlSocket> control;
  std::mutex mutex{};
  std::atomic<unsigned> taken_by_host = 0;

  /// True if packets moved.
  bool take() {
    const auto now = Clock::now();
    bool moved = false;
    for (const auto& card : cards) {
      moved |= card->step(now);
    }
    return moved;
  }
};

Turns* turns = nullptr;

/// The cards' thread. Between packets it sleeps a little: the machine may have few cores.
void run() {
  constexpr int kIdleRounds = 2000;
  constexpr auto kHostsTurns = std::chrono::milliseconds(20);
  int idle = 0;
  unsigned taken_by_host = 0;
  for (unsigned round = 0;; ++round) {
    const unsigned before = std::exchange(taken_by_host, turns->taken_by_host);
    const bool is_hosts_turn = taken_by_host != before;
    {
      const std::lock_guard lock(turns->mutex);
      idle = !is_hosts_turn && turns->take() ? 0 : idle + 1;
      if (turns->control && (is_hosts_turn || round % 64 == 0)) {
        turns->control->step(turns->cards);
      }
    }
    if (is_hosts_turn) {
      std::this_thread::sleep_for(kHostsTurns);
    } else if (idle > kIdleRounds) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

void start(const char* settings_file, const char* folder) {
  const Settings settings = read_settings(settings_file);
  std::vector<std::unique_ptr<Wire>> wires = connect_wires(settings);
  std::vector<std::unique_ptr<Card>> cards;
  for (unsigned i = 0; i < settings.cards.size(); ++i) {
    cards.push_back(make_card(settings.cards[i], i, std::move(wires[i]), folder));
  }
  auto control = settings.control ? std::make_unique<ControlSocket>(*settings.control) : nullptr;
  turns = new Turns{.cards = std::move(cards), .control = std::move(control)};
  std::thread thread(run);
  pthread_setname_np(thread.native_handle(), "ena-model");
  if (settings.cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(*settings.cpu, &cpus);
    pthread_setaffinity_np(thread.native_handle(), sizeof(cpus), &cpus);
  }
  thread.detach();
}

__attribute__((constructor)) void load() {
  const char* const settings = std::getenv("ENA_MODEL_SETTINGS");
  const char* const folder = std::getenv("ENA_MODEL_FOLDER");
  if (settings == nullptr || folder == nullptr) {
    return;
  }
  try {
    start(settings, folder);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ena-model: %s\n", error.what());
    std::_Exit(1);
  }
}

}  // namespace
}  // namespace ena_model

/// The host's worker has nothing to receive, and is the cards until nothing moves any more. So it
/// finds in its own core's caches what they have written: for measurements of one worker.
extern "C" void ena_model_turn() {
  using ena_model::turns;
  ++turns->taken_by_host;
  const std::lock_guard lock(turns->mutex);
  while (turns->take()) {
  }
}
