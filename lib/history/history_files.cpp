#include "history/history_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "base/write_all.hpp"

namespace natto {
namespace {

using namespace std::chrono;

year_month month_of(WallTime time) {
  const year_month_day day(floor<days>(time));
  return day.year() / day.month();
}

std::string file_name(year_month month) {
  return fmt::format("history-{:04}-{:02}.jsonl", static_cast<int>(month.year()),
                     static_cast<unsigned>(month.month()));
}

/// Whether the last byte is something else than a line feed.
bool is_broken_off(int file, off_t size) {
  char last = '\n';
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

/// Months before the first one that is kept. That one cannot be removed is no reason to write
/// nothing: the next time tries again.
void remove_old(const std::filesystem::path& folder, year_month newest) {
  const std::string first = file_name(newest - months(kMonthsKept - 1));
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == first.size() && name.starts_with("history-") && name.ends_with(".jsonl") &&
        name < first) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

}  // namespace

WallTime next_look(WallTime now, std::size_t bytes) {
  constexpr std::uint64_t kBytesPerSecond = kMostBytesOfAMonth / (31U * 86'400U);
  const WallTime not_before = now + seconds(bytes / kBytesPerSecond);
  const WallTime hour = floor<hours>(not_before) + hours(1);
  const WallTime next_month = sys_days((month_of(now) + months(1)) / 1);
  return std::min(hour, next_month);
}

Result<std::size_t> append_period(const std::filesystem::path& folder, const Period& period) {
  std::error_code ignored;  // opening tells
  std::filesystem::create_directories(folder, ignored);
  const std::filesystem::path path = folder / file_name(month_of(period.to));
  const Descriptor file(open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    return file_error("open", path);
  }
  const std::string text =
      (is_broken_off(file.get(), status.st_size) ? "\n" : "") + to_line(period) + '\n';
  if (!write_all(file.get(), text) || fdatasync(file.get()) != 0) {
    const Error error = file_error("write", path);
    // Without a part of a line; what remains of one is skipped.
    static_cast<void>(ftruncate(file.get(), status.st_size) == 0);
    return error;
  }
  remove_old(folder, month_of(period.to));
  return text.size();
}

Result<HistoryRead> read_history(const std::filesystem::path& folder, WallTime from, WallTime to,
                                 const std::function<void(const Period&)>& take) {
  HistoryRead read;
  for (year_month month = month_of(from); month <= month_of(to); month += months(1)) {
    const std::filesystem::path path = folder / file_name(month);
    std::ifstream stream(path, std::ios::binary);
    if (!stream && errno != ENOENT) {
      return input_error(file_error("read", path).message);
    }
    for (std::string line; std::getline(stream, line);) {
      if (const std::optional<Period> period = parse_period(line)) {
        take(*period);
      } else {
        ++read.unreadable;
      }
    }
  }
  return read;
}

}  // namespace natto
