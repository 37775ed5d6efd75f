#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace hookline::net {

/// What tells whether a file has changed. A plain value; a file that is not there has a stamp too.
class FileStamp {
 public:
  FileStamp() = default;
  static FileStamp Of(const std::string& path) {
    FileStamp stamp;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return stamp;
    stamp.device_ = status.st_dev;
    stamp.inode_ = status.st_ino;
    stamp.bytes_ = status.st_size;
    stamp.changed_s_ = status.st_mtim.tv_sec;
    stamp.changed_ns_ = status.st_mtim.tv_nsec;
    return stamp;
  }

  friend bool operator==(const FileStamp&, const FileStamp&) = default;

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t bytes_ = -1;
  std::int64_t changed_s_ = 0;
  std::int64_t changed_ns_ = 0;
};

}  // namespace hookline::net
