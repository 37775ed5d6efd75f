#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/error.h"

namespace hookline {

std::string ToHex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 0x0F];
  }
  return out;
}

std::string Sha256Hex(std::string_view data) {
  std::array<char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HOOKLINE_CHECK(EVP_Digest(data.data(), data.size(),
                            reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                            nullptr) == 1);
  return ToHex(std::string_view(digest.data(), size));
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hookline
