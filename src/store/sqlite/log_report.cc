#include "store/sqlite/log_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>

// The formats are SQLite's, of its document "WAL-mode File Format".
namespace hookline::store::sqlite {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;

std::uint32_t BigEndian(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

std::uint32_t Native(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

using Sum = std::array<std::uint32_t, 2>;

// The words of a log are summed up in the byte order of the machine that wrote it.
Sum Add(Sum sum, const char* bytes, std::size_t size, bool big_endian) {
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const bool swap = big_endian != (std::endian::native == std::endian::big);
    std::uint32_t first = Native(bytes + i);
    std::uint32_t second = Native(bytes + i + 4);
    if (swap) {
      first = std::byteswap(first);
      second = std::byteswap(second);
    }
    sum[0] += first + sum[1];
    sum[1] += second + sum[0];
  }
  return sum;
}

// What the index in shared memory says of the log: it outlives the process, not the machine.
struct Index {
  std::int64_t frames = 0;      ///< Of finished commits.
  std::int64_t backfilled = 0;  ///< Of these, copied into the database.
  std::array<char, 8> salt{};
};

std::optional<Index> ReadIndex(const std::string& path) {
  std::array<char, 136> bytes{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), bytes.size())) return std::nullopt;
  constexpr std::size_t kCopyBytes = 48;
  // Two copies, so that a writer that ended half-way is noticed.
  if (std::memcmp(bytes.data(), bytes.data() + kCopyBytes, kCopyBytes) != 0) return std::nullopt;
  if (bytes[12] != 1) return std::nullopt;
  Index index;
  index.frames = Native(bytes.data() + 16);
  std::memcpy(index.salt.data(), bytes.data() + 32, index.salt.size());
  index.backfilled = Native(bytes.data() + 96);
  return index;
}

struct Log {
  std::int64_t committed = 0;      ///< Frames up to the last one that ends a commit.
  std::int64_t whole = 0;          ///< Frames that can be read.
  std::int64_t later_commits = 0;  ///< The last frame of this log behind these that ends a commit.
  std::array<char, 8> salt{};
};

std::optional<Log> ReadLog(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kHeaderBytes> header{};
  if (!file.read(header.data(), header.size())) return std::nullopt;
  const std::uint32_t magic = BigEndian(header.data());
  if ((magic & ~1U) != 0x377f0682U) return std::nullopt;
  const bool big_endian = (magic & 1U) != 0;
  const std::uint32_t page = BigEndian(header.data() + 8);
  if (page < 512 || page > 65'536) return std::nullopt;
  Sum sum = Add({}, header.data(), 24, big_endian);
  if (sum[0] != BigEndian(header.data() + 24) || sum[1] != BigEndian(header.data() + 28)) {
    return std::nullopt;
  }
  Log log;
  std::memcpy(log.salt.data(), header.data() + 16, log.salt.size());
  std::vector<char> frame(kFrameHeaderBytes + page);
  bool broken = false;
  for (std::int64_t number = 1; file.read(frame.data(), static_cast<std::streamsize>(frame.size()));
       ++number) {
    // Frames of an earlier use of the file follow those of the present one.
    if (std::memcmp(frame.data() + 8, log.salt.data(), log.salt.size()) != 0) {
      broken = true;
      continue;
    }
    const bool ends_commit = BigEndian(frame.data() + 4) != 0;
    if (!broken) {
      sum = Add(sum, frame.data(), 8, big_endian);
      sum = Add(sum, frame.data() + kFrameHeaderBytes, page, big_endian);
      broken = sum[0] != BigEndian(frame.data() + 16) || sum[1] != BigEndian(frame.data() + 20);
      if (!broken) {
        log.whole = number;
        if (ends_commit) log.committed = number;
        continue;
      }
    }
    if (ends_commit) log.later_commits = number;
  }
  return log;
}

}  // namespace

LogReport InspectLog(const std::string& database) {
  LogReport report;
  const std::optional<Log> log = ReadLog(database + "-wal");
  const std::optional<Index> index = ReadIndex(database + "-shm");
  if (log) {
    report.recovered = log->committed;
    report.torn = log->whole - log->committed;
  }
  // The index counts what was committed for certain, but only of the log that it belongs to; a log
  // whose beginning cannot be read any more has lost all of it.
  if (index && (!log || log->salt == index->salt)) {
    const std::int64_t safe = std::max(report.recovered, index->backfilled);
    report.lost = std::max<std::int64_t>(0, index->frames - safe);
  } else if (log && log->later_commits > report.recovered) {
    // The end of a commit stands behind a frame that cannot be read.
    report.lost = log->later_commits - report.recovered;
  }
  if (report.lost > 0) report.torn = 0;
  return report;
}

std::vector<std::string> Describe(const LogReport& report) {
  std::vector<std::string> lines;
  if (report.recovered > 0 || report.torn > 0) {
    lines.push_back(fmt::format(
        "the server did not end cleanly: {} pages of finished changes are recovered from the log{}",
        report.recovered,
        report.torn == 0 ? std::string()
                         : fmt::format(", {} of an unfinished one are dropped", report.torn)));
  }
  if (report.lost > 0) {
    lines.push_back(
        fmt::format("the log is damaged or cut short: {} pages of finished changes cannot be read; "
                    "requests that "
                    "were answered with success last may be missing",
                    report.lost));
  }
  return lines;
}

}  // namespace hookline::store::sqlite
