#include "hookline/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <new>
#include <stdexcept>

namespace hookline::webhook {
namespace {

constexpr std::size_t kBlockBytes = 64;  // Of SHA-256, RFC 2104's B.
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kSignatureChars = 2 * kDigestBytes;

using Digest = std::array<unsigned char, kDigestBytes>;
using SignatureText = std::array<char, kSignatureChars>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context NewContext() {
  Context context(EVP_MD_CTX_new());
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

void Require(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

// Looking the algorithm up costs more than hashing a small body. Never freed: other threads may
// still be signing while the process exits.
const EVP_MD* Sha256() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (sha256 == nullptr) throw std::runtime_error("OpenSSL cannot compute SHA-256");
  return sha256;
}

SignatureText ToHex(const Digest& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  SignatureText text{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kHex[digest[i] >> 4];
    text[2 * i + 1] = kHex[digest[i] & 0x0F];
  }
  return text;
}

}  // namespace

// HMAC (RFC 2104) as two SHA-256 states that have already taken in the padded key. Each call
// continues copies of them; OpenSSL's own HMAC would be set up anew each time, at ten times the
// cost for a small body. Copying from a state does not change it, which makes sharing safe.
struct Signer::Key {
  Context inner = NewContext();
  Context outer = NewContext();

  explicit Key(std::string_view secret) {
    std::array<unsigned char, kBlockBytes> block{};
    if (secret.size() > kBlockBytes) {
      Require(EVP_Digest(secret.data(), secret.size(), block.data(), nullptr, Sha256(), nullptr));
    } else {
      for (std::size_t i = 0; i < secret.size(); ++i) {
        block[i] = static_cast<unsigned char>(secret[i]);
      }
    }
    Absorb(inner.get(), block, 0x36);
    Absorb(outer.get(), block, 0x5c);
    OPENSSL_cleanse(block.data(), block.size());
  }

  SignatureText Sign(std::string_view body) const {
    thread_local const Context scratch = NewContext();
    Digest digest;
    Require(EVP_MD_CTX_copy_ex(scratch.get(), inner.get()));
    Require(EVP_DigestUpdate(scratch.get(), body.data(), body.size()));
    Require(EVP_DigestFinal_ex(scratch.get(), digest.data(), nullptr));
    Require(EVP_MD_CTX_copy_ex(scratch.get(), outer.get()));
    Require(EVP_DigestUpdate(scratch.get(), digest.data(), digest.size()));
    Require(EVP_DigestFinal_ex(scratch.get(), digest.data(), nullptr));
    return ToHex(digest);
  }

 private:
  static void Absorb(EVP_MD_CTX* context, std::array<unsigned char, kBlockBytes> block,
                     unsigned char pad) {
    for (unsigned char& byte : block) byte ^= pad;
    Require(EVP_DigestInit_ex(context, Sha256(), nullptr));
    Require(EVP_DigestUpdate(context, block.data(), block.size()));
    OPENSSL_cleanse(block.data(), block.size());
  }
};

Signer::Signer(std::string_view secret) {
  if (secret.empty()) throw std::invalid_argument("a webhook secret must not be empty");
  key_ = std::make_shared<const Key>(secret);
}

std::string Signer::Sign(std::string_view body) const {
  const SignatureText text = key_->Sign(body);
  return std::string(text.data(), text.size());
}

bool Signer::Verify(std::string_view body, std::string_view signature) const {
  // The length of a right signature is no secret.
  if (signature.size() != kSignatureChars) return false;
  const SignatureText expected = key_->Sign(body);
  return CRYPTO_memcmp(expected.data(), signature.data(), kSignatureChars) == 0;
}

std::string Sign(std::string_view body, std::string_view secret) {
  return Signer(secret).Sign(body);
}

bool VerifySignature(std::string_view body, std::string_view signature, std::string_view secret) {
  return !secret.empty() && Signer(secret).Verify(body, signature);
}

}  // namespace hookline::webhook
