#pragma once

#include <filesystem>
#include <string>

namespace hookline::test_support {

/// A directory that goes away with this object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string Path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct CertificateSpec {
  std::string subject_alt_name;  ///< As in an OpenSSL configuration: "IP:127.0.0.1,DNS:localhost".
  long valid_from_seconds = -3600;  ///< Relative to now.
  long valid_to_seconds = 3600;
};

/// Writes a self-signed certificate (fit as its own CA file) and its key as PEM. Aborts the test
/// program on failure.
void WriteSelfSignedCertificate(const CertificateSpec& spec, const std::string& certificate_file,
                                const std::string& key_file);

}  // namespace hookline::test_support
