#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace hookline::store::sqlite {

/// The data directory, held for this process alone. The lock is the kernel's: it ends with the
/// process, however that ends. Not copyable; may be destroyed on any thread.
class DataDirectory {
 public:
  /// Creates the directory (mode 0700) and an empty database file in it (0600) if they are missing,
  /// closes what is there to other users, and waits up to `wait` for another holder to go. Throws
  /// Failure with a message for the operator, also if anybody could replace the database: the
  /// directory is writable for all and cannot be closed, because it belongs to another user or
  /// holds other things.
  DataDirectory(const std::string& path, std::chrono::milliseconds wait);
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();

  std::string database_path() const { return path_ + "/hookline.db"; }

  /// What the operator should know about the modes that were found; empty if they were right.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void CloseToOthers();
  void CloseFilesToOthers();

  std::string path_;
  int lock_fd_ = -1;
  std::vector<std::string> notes_;
};

}  // namespace hookline::store::sqlite
