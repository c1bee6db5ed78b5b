#include "unit/signature/keygen.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/toml/source_text.hpp"

namespace natto::test {
namespace {

void run(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }

}  // namespace

std::string make_key(const Folder& folder, std::string_view name, std::string_view options) {
  const std::string file = (folder.path() / name).string();
  run(fmt::format("ssh-keygen -q -N '' -C '' {} -f {}", options, file));
  std::string line = read_file(file + ".pub").value();
  while (line.ends_with('\n') || line.ends_with(' ')) {
    line.pop_back();
  }
  return line;
}

std::string sign(const Folder& folder, std::string_view name, std::string_view content,
                 std::string_view signed_for) {
  const std::string text = folder.write("to-sign", content).string();
  run(fmt::format("ssh-keygen -q -Y sign -n {} -f {} <{} >{}.out", signed_for,
                  (folder.path() / name).string(), text, text));
  return read_file(text + ".out").value();
}

}  // namespace natto::test
