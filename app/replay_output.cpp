#include "replay_output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>

#include "captures/capture_file.hpp"
#include "captures/capture_writer.hpp"

namespace natto {

Result<ReplayOutput> ReplayOutput::open(const std::filesystem::path& file, RealmId realm) {
  errno = 0;
  if (!std::ofstream(file, std::ios::app)) {
    return input_error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  }
  Result<TemporaryFile> temporary = TemporaryFile::create();
  return temporary ? Result<ReplayOutput>(ReplayOutput(file, realm, *std::move(temporary)))
                   : temporary.error();
}

Status ReplayOutput::finish(const std::vector<PacketOrigin>& origins, CaptureFormat format,
                            const std::string& realm_name,
                            const std::function<const ReplayInput*(RealmId)>& input_of) const {
  const Result<CaptureFile> sent = CaptureFile::open(device_file());
  if (!sent) {
    return sent.error();
  }
  Result<CaptureWriter> writer = CaptureWriter::create(file_, format, realm_name);
  if (!writer) {
    return writer.error();
  }
  std::size_t written = 0;
  const auto end = sent->read([&](const CapturedFrame& frame) {
    const PacketOrigin origin = origins[written++];
    const ReplayInput* input = input_of(origin.realm);
    const std::uint64_t time_ns = input != nullptr ? input->time_ns(origin.number) : 0;
    std::span<const std::string> comments;
    if (input != nullptr && !origin.is_answer) {
      comments = input->comments(origin.number);
    }
    writer->write(time_ns, frame.bytes, frame.length, comments);
    return written == origins.size();
  });
  if (!end) {
    return end.error();
  }
  if (written != origins.size()) {
    return system_error(fmt::format("{} has {} of the {} packets that were sent", file_.string(),
                                    written, origins.size()));
  }
  return writer->finish();
}

}  // namespace natto
