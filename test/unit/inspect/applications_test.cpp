#include "inspect/applications.hpp"

#include <gtest/gtest.h>

#include "packet/wire.hpp"

namespace natto {
namespace {

std::string_view name(std::optional<std::size_t> application) {
  return application ? applications()[*application].name : "";
}

TEST(Applications, AreKnownByPortsFieldsAndWords) {
  EXPECT_EQ(name(application_by_ports(protocol::kTcp, 40'000, 21)), "FTP, passive");
  EXPECT_EQ(name(application_by_ports(protocol::kTcp, 21, 40'000)), "FTP, passive");
  EXPECT_EQ(name(application_by_ports(protocol::kUdp, 21, 40'000)), "");
  EXPECT_EQ(name(application_by_ports(protocol::kTcp, 0, 0)), "");
  EXPECT_EQ(name(application_by_field("ftp.passive.ip")), "FTP, passive");
  EXPECT_EQ(name(application_by_field("nothing.of.it")), "");
  EXPECT_EQ(name(application_by_words("HTTP/1.1 302 Found\r\nLocation: http://x/")), "HTTP");
  EXPECT_EQ(name(application_by_words("nothing")), "");
  EXPECT_EQ(name(application_by_ports(protocol::kTcp, 40'000, 554)), "RTSP");
}

TEST(Applications, ActiveFtpIsWhatBeginsWithItsCommand) {
  EXPECT_EQ(name(application_by_words("PORT 10,32,1,157,7,5\r\n")), "FTP, active");
  EXPECT_EQ(name(application_by_words("EPRT |1|10.32.1.157|1797|\r\n")), "FTP, active");
  EXPECT_EQ(name(application_by_field("ftp.eprt.ip")), "FTP, active");
  EXPECT_EQ(name(application_by_field("ftp.active.ip")), "FTP, active");
  for (const char* text : {"<h1>SUPPORT </h1>http://10.34.1.125", "250 SUPPORT 10,34,1,125,7,5",
                           "PORT 10.34.1.125 is down", "PORT 10,32,1,157,7,", "PORT", "PORT "}) {
    EXPECT_EQ(name(application_by_words(text)), "") << text;
  }
}

TEST(Applications, TheServersPortIsTheKnownOneOrTheLower) {
  EXPECT_EQ(servers_port(protocol::kTcp, 40'000, 2222), 2222);
  EXPECT_EQ(servers_port(protocol::kTcp, 2222, 40'000), 2222);
  EXPECT_EQ(servers_port(protocol::kTcp, 1025, 6379), 6379);
}

TEST(Applications, AdviceNamesTheAddresses) {
  EXPECT_NE(advice_of(application_by_field("ftp.passive.ip"), "10.34.1.125", "10.33.1.151")
                .find("pasv_address=10.33.1.151"),
            std::string::npos);
  for (std::size_t i = 0; i < applications().size(); ++i) {
    const std::string advice = advice_of(i, "10.34.1.125", "10.33.1.151");
    EXPECT_EQ(advice.find("MAPPED"), std::string::npos) << advice;
  }
  EXPECT_NE(advice_of({}, "10.34.1.125", "10.33.1.151").find("10.33.1.151"), std::string::npos);
}

TEST(Applications, EachSaysWhatItNeedsAndWhatThatRestsOn) {
  for (const Application& one : applications()) {
    EXPECT_FALSE(one.as_it_comes.empty()) << one.name;
    EXPECT_FALSE(one.rests_on.empty()) << one.name;
    EXPECT_EQ(one.advice.empty(), one.needs == AppNeeds::kNothing) << one.name;
    for (const std::string_view cell : {one.name, one.as_it_comes, one.advice, one.rests_on}) {
      EXPECT_EQ(cell.find_first_of("|\n"), std::string_view::npos) << one.name;
    }
  }
}

}  // namespace
}  // namespace natto
