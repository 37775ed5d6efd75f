#include "store/sqlite/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "store/store.h"

namespace hookline::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

void Create(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code ec;
  if (!parent.empty()) std::filesystem::create_directories(parent, ec);
  if (ec) throw Failure(fmt::format("cannot create {}: {}", parent.string(), ec.message()));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Failure(fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  }
}

bool IsEmptyOrOurs(const std::string& path) {
  std::error_code ec;
  if (std::filesystem::exists(path + "/hookline.db", ec)) return true;
  return std::filesystem::is_empty(path, ec);
}

bool OthersWrite(mode_t mode) { return (mode & (S_IWGRP | S_IWOTH)) != 0; }

// Who may write to a directory can put another database in the place of ours, unless it is sticky.
bool AnybodyReplaces(mode_t mode) { return (mode & S_IWOTH) != 0 && (mode & S_ISVTX) == 0; }

// SQLite would make it by the umask; the files next to it take their mode from it.
void CreatePrivateFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw Failure(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  ::close(fd);
}

// flock can be waited for only without a limit of time, hence the polling.
bool Lock(int fd, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw Failure(fmt::format("cannot lock the data directory: {}", std::strerror(errno)));
    }
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

}  // namespace

DataDirectory::DataDirectory(const std::string& path, std::chrono::milliseconds wait)
    : path_(path) {
  Create(path_);
  // The directory itself is locked: a file in it could be removed, and the next server would lock
  // another one of the same name.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw Failure(fmt::format("cannot open {}: {}", path_, std::strerror(errno)));
  bool locked = false;
  try {
    locked = Lock(fd, wait);
  } catch (const Failure&) {
    ::close(fd);
    throw;
  }
  if (!locked) {
    ::close(fd);
    throw Failure(fmt::format("another server uses the data directory {}", path_));
  }
  lock_fd_ = fd;
  try {
    CloseToOthers();
    CloseFilesToOthers();
    CreatePrivateFile(database_path());
  } catch (const Failure&) {
    ::close(fd);
    throw;
  }
}

void DataDirectory::CloseToOthers() {
  struct stat info{};
  if (::fstat(lock_fd_, &info) != 0) {
    throw Failure(fmt::format("cannot look at {}: {}", path_, std::strerror(errno)));
  }
  const mode_t mode = info.st_mode & 07777U;
  const bool ours = info.st_uid == ::geteuid();
  // One that holds other things as well keeps its mode: it was given to more than us.
  if (ours && (mode & S_ISVTX) == 0 && IsEmptyOrOurs(path_)) {
    if ((mode & 077U) == 0) return;
    if (::fchmod(lock_fd_, 0700) != 0) {
      throw Failure(fmt::format("cannot close the data directory {} to other users: {}", path_,
                                std::strerror(errno)));
    }
    notes_.push_back(
        fmt::format("the data directory {} was open to other users (mode {:04o}): now it is 0700",
                    path_, mode));
  } else if (AnybodyReplaces(mode)) {
    throw Failure(
        fmt::format("anybody may write to the data directory {} (mode {:04o}), which {}: close it "
                    "to others, or "
                    "name a new directory in it",
                    path_, mode, ours ? "holds other things too" : "belongs to another user"));
  } else if (OthersWrite(mode)) {
    notes_.push_back(
        fmt::format("other users may write to the data directory {} (mode {:04o})", path_, mode));
  }
}

void DataDirectory::CloseFilesToOthers() {
  for (const char* name : {"/hookline.db", "/hookline.db-wal", "/hookline.db-shm"}) {
    const std::string file = path_ + name;
    struct stat info{};
    if (::lstat(file.c_str(), &info) != 0) continue;
    if (!S_ISREG(info.st_mode) || (info.st_mode & 077U) == 0) continue;
    if (::chmod(file.c_str(), 0600) == 0) continue;
    notes_.push_back(fmt::format("{} is open to other users (mode {:04o}) and cannot be closed: {}",
                                 file, info.st_mode & 07777U, std::strerror(errno)));
  }
}

DataDirectory::~DataDirectory() { ::close(lock_fd_); }

}  // namespace hookline::store::sqlite
