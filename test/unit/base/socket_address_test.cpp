#include "base/socket_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace natto {
namespace {

TEST(SocketAddress, ALongPathIsNoName) {
  EXPECT_TRUE(socket_address(std::string(107, 'x')).ok());
  EXPECT_FALSE(socket_address(std::string(108, 'x')).ok());
}

}  // namespace
}  // namespace natto
