#include "support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace hookline::test_support {

namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "test certificate: %s failed\n", what);
  std::abort();
}

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Require(extension != nullptr, "extension");
  Require(X509_add_ext(certificate, extension.get(), -1) == 1, "add extension");
}

}  // namespace

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hookline-test-XXXXXX").string();
  Require(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;  // A leftover in the temporary directory fails no test.
  std::filesystem::remove_all(path_, ignored);
}

void WriteSelfSignedCertificate(const CertificateSpec& spec, const std::string& certificate_file,
                                const std::string& key_file) {
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
  Require(key != nullptr, "key");
  const std::unique_ptr<X509, Free> certificate(X509_new());
  Require(X509_set_version(certificate.get(), 2) == 1, "version");
  Require(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) == 1, "serial");
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), spec.valid_from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.valid_to_seconds);
  Require(X509_set_pubkey(certificate.get(), key.get()) == 1, "public key");

  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("hookline test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  Require(X509_set_issuer_name(certificate.get(), name) == 1, "issuer");
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate.get(), NID_subject_alt_name, spec.subject_alt_name);
  Require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "sign");

  const std::unique_ptr<BIO, Free> certificate_out(BIO_new_file(certificate_file.c_str(), "w"));
  Require(certificate_out && PEM_write_bio_X509(certificate_out.get(), certificate.get()) == 1,
          "write certificate");
  const std::unique_ptr<BIO, Free> key_out(BIO_new_file(key_file.c_str(), "w"));
  Require(key_out && PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0,
                                              nullptr, nullptr) == 1,
          "write key");
}

}  // namespace hookline::test_support
