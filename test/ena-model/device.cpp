#include "device.hpp"

#include <cstdio>

namespace ena_model {

void Device::fail(std::string why) {
  if (!fatal) {
    std::fprintf(stderr, "ena-model: card %u stops: %s\n", index, why.c_str());
    fatal = std::move(why);
  }
}

}  // namespace ena_model
