// What nearly every test includes, parsed once.
#ifndef NATTO_TEST_PCH_TESTS_HPP
#define NATTO_TEST_PCH_TESTS_HPP

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#endif
