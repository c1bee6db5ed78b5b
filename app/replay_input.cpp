#include "replay_input.hpp"

#include <utility>

#include "captures/capture_writer.hpp"

namespace natto {
namespace {

/// DPDK splits device arguments at these, and knows no way to quote them.
bool fits_in_devargs(const std::filesystem::path& file) {
  return file.string().find_first_of(",[]\"") == std::string::npos;
}

}  // namespace

bool ReplayInput::leaves_out(const CapturedFrame& frame, const OwnFrames& own) const {
  return frame.outgoing || own.is_own(frame.bytes) ||
         (!frame.realm.empty() && frame.realm != realm_);
}

Result<ReplayInput> ReplayInput::open(const std::filesystem::path& file, OwnFrames own,
                                      const std::string& realm, MacAddress station) {
  Result<CaptureFile> capture = CaptureFile::open(file, station);
  if (!capture) {
    return capture.error();
  }
  const auto learned = capture->read([&](const CapturedFrame& frame) {
    own.learn(frame.bytes);
    return false;
  });
  if (!learned) {
    return learned.error();
  }
  ReplayInput input(realm);
  const auto counted = capture->read([&](const CapturedFrame& frame) {
    if (input.leaves_out(frame, own)) {
      ++input.left_out_;
      return false;
    }
    if (!frame.comments.empty()) {
      input.comments_.emplace(
          input.times_ns_.size(),
          std::vector<std::string>(frame.comments.begin(), frame.comments.end()));
    }
    input.times_ns_.push_back(frame.time_ns);
    return false;
  });
  if (!counted) {
    return counted.error();
  }
  input.format_ = capture->format();
  input.warning_ = counted->warning;
  if (!capture->is_plain() || input.left_out_ > 0 || !input.warning_.empty() ||
      !fits_in_devargs(capture->path())) {
    if (const Status copied = input.copy(*capture, own); !copied) {
      return copied.error();
    }
  } else {
    input.file_ = capture->path();
    input.capture_ = std::make_shared<const CaptureFile>(*std::move(capture));
  }
  return input;
}

Status ReplayInput::copy(const CaptureFile& from, const OwnFrames& own) {
  Result<TemporaryFile> made = TemporaryFile::create();
  if (!made) {
    return made.error();
  }
  temporary_ = std::make_unique<const TemporaryFile>(*std::move(made));
  file_ = temporary_->path();
  Result<CaptureWriter> writer = CaptureWriter::create(file_, CaptureFormat::kPcap, "");
  if (!writer) {
    return writer.error();
  }
  const auto copied = from.read([&](const CapturedFrame& frame) {
    if (!leaves_out(frame, own)) {
      writer->write(frame.time_ns, frame.bytes, frame.length, {});
    }
    return false;
  });
  return copied ? writer->finish() : copied.error();
}

const std::vector<std::string>& ReplayInput::comments(std::uint64_t packet) const {
  static const std::vector<std::string> kNone;
  const auto found = comments_.find(packet);
  return found == comments_.end() ? kNone : found->second;
}

}  // namespace natto
