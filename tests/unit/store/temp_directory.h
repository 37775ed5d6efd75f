#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace hookline::store {

/// A new directory that is removed with all that is in it.
class TempDirectory {
 public:
  TempDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "hookline-store-XXXXXX").string();
    path_ = ::mkdtemp(path.data());
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;  // A left-over directory is no reason to fail a test.
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace hookline::store
