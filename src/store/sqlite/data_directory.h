#pragma once

#include <chrono>
#include <string>

namespace hookline::store::sqlite {

/// The data directory, held for this process alone. The lock is the kernel's: it ends with the
/// process, however that ends. Not copyable; may be destroyed on any thread.
class DataDirectory {
 public:
  /// Creates the directory (mode 0700) and an empty database file in it (0600) if they are missing,
  /// closes what is there to other users, and waits up to `wait` for another holder to go. Throws
  /// Failure with a message for the operator.
  DataDirectory(const std::string& path, std::chrono::milliseconds wait);
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();

  std::string database_path() const { return path_ + "/hookline.db"; }

 private:
  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace hookline::store::sqlite
