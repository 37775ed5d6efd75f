#include "unit/store/fault_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

namespace hookline::store::fault_vfs {
namespace {

struct Write {
  std::uint64_t offset;
  std::string data;
};

struct Contents {
  std::string synced;
  std::vector<Write> unsynced;
};

struct State {
  std::mutex mutex;
  std::map<std::string, Contents> files;
  int write_error = SQLITE_OK;
  bool sync_fails = false;
  int flaky_percent = 0;
  std::mt19937 random;
  std::int64_t syncs = 0;
};

State& state() {
  static State instance;
  return instance;
}

bool Flakes() {
  return state().flaky_percent > 0 &&
         static_cast<int>(state().random() % 100) < state().flaky_percent;
}

sqlite3_vfs* Base() {
  static sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
  return base;
}

void Apply(std::string& contents, const Write& write) {
  const std::size_t end = write.offset + write.data.size();
  if (contents.size() < end) contents.resize(end);
  contents.replace(write.offset, write.data.size(), write.data);
}

// SQLite allocates it, together with room for the base layer's file behind it.
struct File {
  sqlite3_file base;
  std::string* path;  // Null for temporary files, which nobody misses.
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* Self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Self(file)->real(); }

int Close(sqlite3_file* file) {
  const int rc = Real(file)->pMethods->xClose(Real(file));
  delete Self(file)->path;
  Self(file)->path = nullptr;
  return rc;
}

int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}

int WriteFile(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const std::lock_guard lock(state().mutex);
  if (state().write_error != SQLITE_OK) return state().write_error;
  if (Flakes()) return state().random() % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  const int rc = Real(file)->pMethods->xWrite(Real(file), data, size, offset);
  if (rc == SQLITE_OK && Self(file)->path != nullptr) {
    state().files[*Self(file)->path].unsynced.push_back(
        {static_cast<std::uint64_t>(offset),
         std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))});
  }
  return rc;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(state().mutex);
  const int rc = Real(file)->pMethods->xTruncate(Real(file), size);
  if (rc == SQLITE_OK && Self(file)->path != nullptr) {
    // Taken as synced: SQLite does not rely on it either way.
    Contents& contents = state().files[*Self(file)->path];
    for (const Write& write : contents.unsynced) Apply(contents.synced, write);
    contents.unsynced.clear();
    contents.synced.resize(static_cast<std::size_t>(size));
  }
  return rc;
}

int Sync(sqlite3_file* file, int flags) {
  const std::lock_guard lock(state().mutex);
  const bool fails = state().sync_fails || Flakes();
  if (Self(file)->path != nullptr) {
    Contents& contents = state().files[*Self(file)->path];
    for (const Write& write : contents.unsynced) {
      if (!fails || state().random() % 2 == 0) Apply(contents.synced, write);
    }
    contents.unsynced.clear();
  }
  if (fails) return SQLITE_IOERR_FSYNC;
  ++state().syncs;
  // The base layer need not sync: no power will fail.
  static_cast<void>(flags);
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* out) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), out);
}
int FileControl(sqlite3_file* file, int op, void* arg) {
  return Real(file)->pMethods->xFileControl(Real(file), op, arg);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         WriteFile,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  Self(file)->path = name == nullptr ? nullptr : new std::string(name);
  const int rc = Base()->xOpen(Base(), name, Real(file), flags, out_flags);
  file->pMethods = Real(file)->pMethods == nullptr ? nullptr : &kMethods;
  if (file->pMethods == nullptr) {
    delete Self(file)->path;
    Self(file)->path = nullptr;
  }
  return rc;
}

int Delete(sqlite3_vfs*, const char* name, int sync_dir) {
  const std::lock_guard lock(state().mutex);
  state().files.erase(name);
  return Base()->xDelete(Base(), name, sync_dir);
}

}  // namespace

void Install() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *Base();
    made.zName = "fault";
    made.szOsFile = static_cast<int>(sizeof(File)) + Base()->szOsFile;
    made.pNext = nullptr;
    made.xOpen = Open;
    made.xDelete = Delete;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  const std::lock_guard lock(state().mutex);
  state().files.clear();
  state().write_error = SQLITE_OK;
  state().sync_fails = false;
  state().flaky_percent = 0;
  state().syncs = 0;
}

void SetDiskFull(bool full) { SetWriteError(full ? SQLITE_FULL : SQLITE_OK); }

void SetWriteError(int code) {
  const std::lock_guard lock(state().mutex);
  state().write_error = code;
}

void SetFlaky(int percent, unsigned seed) {
  const std::lock_guard lock(state().mutex);
  state().flaky_percent = percent;
  state().random.seed(seed);
}

void SetSyncFails(bool fails) {
  const std::lock_guard lock(state().mutex);
  state().sync_fails = fails;
}

std::int64_t Syncs() {
  const std::lock_guard lock(state().mutex);
  return state().syncs;
}

void Crash(const std::string& from, const std::string& to, std::mt19937& random) {
  const std::lock_guard lock(state().mutex);
  std::filesystem::create_directories(to);
  for (const auto& [path, contents] : state().files) {
    const std::filesystem::path file(path);
    if (file.parent_path() != from) continue;
    std::string left = contents.synced;
    for (Write write : contents.unsynced) {
      const auto fate = random() % 4;
      if (fate < 2) continue;
      if (fate == 2) write.data.resize(random() % (write.data.size() + 1));
      Apply(left, write);
    }
    std::ofstream(std::filesystem::path(to) / file.filename(), std::ios::binary) << left;
  }
}

}  // namespace hookline::store::fault_vfs
