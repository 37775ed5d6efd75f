#include "base/uuid.h"

#include <openssl/rand.h>

#include <cstring>
#include <span>

#include "base/error.h"

namespace hookline {
namespace {

// Random bytes are drawn from OpenSSL in blocks: one call per id would cost more than the id.
class RandomPool {
 public:
  void Fill(std::span<std::uint8_t> out) {
    for (std::uint8_t& byte : out) {
      if (used_ == pool_.size()) Refill();
      byte = pool_[used_++];
    }
  }

 private:
  void Refill() {
    HOOKLINE_CHECK(RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) == 1);
    used_ = 0;
  }

  std::array<std::uint8_t, 1024> pool_{};
  std::size_t used_ = 1024;
};

thread_local RandomPool random_pool;

void SetVersion(Uuid& uuid, std::uint8_t version) {
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | (version << 4));
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
}

}  // namespace

Uuid RandomUuid() {
  Uuid uuid;
  random_pool.Fill(uuid.bytes);
  SetVersion(uuid, 4);
  return uuid;
}

Uuid TimeOrderedUuid(Timestamp now) {
  Uuid uuid;
  random_pool.Fill(std::span(uuid.bytes).subspan(6));
  auto ms = static_cast<std::uint64_t>(now.ns / 1'000'000);
  for (std::size_t i = 6; i-- > 0;) {
    uuid.bytes[i] = static_cast<std::uint8_t>(ms & 0xFF);
    ms >>= 8;
  }
  SetVersion(uuid, 7);
  return uuid;
}

std::string ToString(const Uuid& uuid) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[uuid.bytes[i] >> 4];
    out += kHex[uuid.bytes[i] & 0x0F];
  }
  return out;
}

std::optional<Uuid> ParseUuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    auto& byte = uuid.bytes[digit / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++digit;
  }
  return uuid;
}

std::string RandomKey(std::size_t length) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  // Bytes at or above this bound would favour the first letters of the alphabet.
  constexpr std::uint8_t kBound = 256 / kAlphabet.size() * kAlphabet.size();
  std::string out;
  out.reserve(length);
  while (out.size() < length) {
    std::array<std::uint8_t, 1> byte{};
    random_pool.Fill(byte);
    if (byte[0] < kBound) out += kAlphabet[byte[0] % kAlphabet.size()];
  }
  return out;
}

}  // namespace hookline
