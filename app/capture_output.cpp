#include "capture_output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "packet_line.hpp"

namespace natto {

void CaptureLines::take(const api::CapturedReport& packet) {
  fmt::print("{}\n", json_ ? api::to_line(packet) : packet_line(packet));
}

Status CaptureLines::flush() {
  return std::fflush(stdout) == 0
             ? Status(Done{})
             : system_error(fmt::format("cannot write: {}", std::strerror(errno)));
}

Result<std::unique_ptr<CaptureFiles>> CaptureFiles::open(Options options) {
  std::unique_ptr<CaptureFiles> files(new CaptureFiles(std::move(options)));
  if (const Status status = files->begin(); !status) {
    return status.error();
  }
  return files;
}

Status CaptureFiles::begin() {
  if (options_.file == "-") {
    out_ = &std::cout;
  } else {
    const std::filesystem::path name = CaptureFiles::name(options_, index_);
    file_.close();
    errno = 0;
    file_.open(name, std::ios::binary | std::ios::trunc);
    out_ = &file_;
  }
  const bool open = static_cast<bool>(*out_);
  writer_.emplace(*out_, options_.snaplen);
  return open ? Status(Done{}) : cannot_write();
}

void CaptureFiles::take(const api::CapturedReport& packet) {
  if (!writer_) {
    begun_ = begin();
  }
  const std::string comment = fate_text(packet);
  if (!packet.in_realm.empty()) {
    write(packet, false, comment);
  }
  if (!packet.out_realm.empty()) {
    write(packet, true, comment);
  }
}

void CaptureFiles::write(const api::CapturedReport& packet, bool outgoing,
                         const std::string& comment) {
  const auto bytes = from_hex(outgoing ? packet.out_frame : packet.in_frame);
  writer_->write(
      {.realm = outgoing ? packet.out_realm : packet.in_realm,
       .outgoing = outgoing,
       .packet_id = packet.id,
       .unix_ns = packet.at_ns,
       .length = outgoing ? packet.out_length : packet.in_length,
       .bytes = bytes ? std::span<const std::uint8_t>(*bytes) : std::span<const std::uint8_t>(),
       .comment = comment});
}

Status CaptureFiles::flush() {
  if (!begun_) {
    return begun_.error();
  }
  out_->flush();
  if (!*out_) {
    return cannot_write();
  }
  if (options_.bytes > 0 && file_.is_open() &&
      static_cast<std::uint64_t>(file_.tellp()) >= options_.bytes) {
    ++index_;
    writer_.reset();  // the next file begins with its first packet
  }
  return Done{};
}

std::filesystem::path CaptureFiles::name(const Options& options, std::uint64_t index) {
  if (options.bytes == 0) {
    return options.file;
  }
  if (options.files == 0) {
    return index == 0 ? options.file.string() : options.file.string() + std::to_string(index);
  }
  const auto digits = std::to_string(options.files - 1).size();
  return fmt::format("{}{:0{}}", options.file.string(), index % options.files, digits);
}

Error CaptureFiles::cannot_write() const {
  return input_error(fmt::format("cannot write {}: {}", name(options_, index_).string(),
                                 errno != 0 ? std::strerror(errno) : "the file system refuses"));
}

}  // namespace natto
