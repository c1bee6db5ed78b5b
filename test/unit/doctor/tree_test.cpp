#include "doctor/tree.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using Cpus = std::vector<unsigned>;

TEST(DoctorTree, ReadsTextNumbersLinksAndFolders) {
  const test::FakeMachine machine;
  machine.write("a/text", "two words \n\n");
  machine.write("a/decimal", "-12\n");
  machine.write("a/hex", "0x1d0f\n");
  machine.link("a/link", "../somewhere/vfio-pci");
  const Tree tree = machine.tree();
  EXPECT_EQ(tree.text("a/text"), "two words");
  EXPECT_EQ(tree.number("a/decimal"), -12);
  EXPECT_EQ(tree.number("a/hex"), 0x1d0f);
  EXPECT_EQ(tree.link("a/link"), "vfio-pci");
  EXPECT_EQ(tree.names("a"), (std::vector<std::string>{"decimal", "hex", "link", "text"}));
  EXPECT_TRUE(tree.has("a/text"));
}

TEST(DoctorTree, WhatIsNotThereOrIsSomethingElseIsAbsent) {
  const test::FakeMachine machine;
  machine.write("text", "12 apples\n");
  machine.write("nul", std::string("1\0002", 3));
  machine.folder("folder");
  mkfifo((machine.path() / "pipe").c_str(), 0600);
  const Tree tree = machine.tree();
  EXPECT_EQ(tree.text("missing"), std::nullopt);
  EXPECT_EQ(tree.text("folder"), std::nullopt);
  EXPECT_EQ(tree.text("pipe"), std::nullopt) << "and does not wait for a writer";
  EXPECT_EQ(tree.number("text"), std::nullopt);
  EXPECT_EQ(tree.number("nul"), std::nullopt);
  EXPECT_EQ(tree.cpus("nul"), std::nullopt);
  EXPECT_EQ(tree.names("text"), std::nullopt);
  EXPECT_EQ(tree.names("missing"), std::nullopt);
  EXPECT_EQ(tree.link("text"), std::nullopt);
  EXPECT_FALSE(tree.has("missing"));
}

TEST(DoctorTree, AFileIsReadUpToALimit) {
  const test::FakeMachine machine;
  machine.write("long", std::string(10'000, 'x'));
  EXPECT_EQ(read_file(machine.path() / "long", 5000)->size(), 5000U);
  EXPECT_EQ(read_file(machine.path() / "long", 20'000)->size(), 10'000U);
  EXPECT_EQ(read_file(machine.path() / "sys", 10), std::nullopt);
  EXPECT_EQ(read_file(machine.path() / "missing", 10), std::nullopt);
  machine.write("longer", std::string(Tree::kMaxBytes + 1, 'x'));
  EXPECT_EQ(machine.tree().bytes("longer")->size(), Tree::kMaxBytes);
}

TEST(DoctorTree, CpuLists) {
  EXPECT_EQ(parse_cpu_list(""), Cpus{});
  EXPECT_EQ(parse_cpu_list("(null)"), Cpus{});
  EXPECT_EQ(parse_cpu_list("3"), Cpus{3});
  EXPECT_EQ(parse_cpu_list("0-2,5"), (Cpus{0, 1, 2, 5}));
  for (const char* wrong : {"a", "1-", "-1", "2-1", "1,1", "1,,2", "0-4294967295", "1 2", " "}) {
    EXPECT_EQ(parse_cpu_list(wrong), std::nullopt) << wrong;
  }
  for (const char* list : {"", "3", "0-2,5", "1,3,5-6"}) {
    EXPECT_EQ(cpu_list(*parse_cpu_list(list)), list);
  }
}

}  // namespace
}  // namespace natto
