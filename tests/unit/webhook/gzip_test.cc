// Goal: GunzipPayload inflates exactly what is gzip, and a bomb costs bounded memory.
// Method: known streams, every possible cut and bit flip of one, and a bomb of 512 MiB under a
// watch on the process's peak memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>

#include "hookline/webhook.h"
#include "vectors.h"

namespace hookline::webhook {
namespace {

using vectors::ExpectError;
using vectors::Unhex;

void ExpectGzipError(std::string_view body, std::size_t max = kDefaultMaxInflatedBytes) {
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [&] { GunzipPayload(body, max); });
}

// `count` zero bytes as gzip, made without ever holding them.
std::string ZerosAsGzip(std::size_t count) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(count / 200 + 1000, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  std::string zeros(std::min<std::size_t>(count, 65536), '\0');
  for (std::size_t left = count; left > 0;) {
    const std::size_t step = std::min(left, zeros.size());
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(step);
    EXPECT_EQ(deflate(&stream, Z_NO_FLUSH), Z_OK);
    EXPECT_EQ(stream.avail_in, 0U);
    left -= step;
  }
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(GunzipPayloadTest, InflatesAnEvent) {
  EXPECT_EQ(GunzipPayload(Unhex(vectors::kEventGzipHex)), vectors::kEvent);
}

TEST(GunzipPayloadTest, LeavesEverythingElseAlone) {
  using namespace std::string_view_literals;
  for (const std::string_view body :
       {""sv, "{}"sv, "\x1f"sv, "\x8b\x1f"sv, " \x1f\x8b"sv, "\x1f\x8a\x08\0\0"sv, "a\0b"sv}) {
    EXPECT_EQ(GunzipPayload(body), body);
  }
}

TEST(GunzipPayloadTest, DoesNotLimitWhatIsNotCompressed) {
  EXPECT_EQ(GunzipPayload("0123456789", 3), "0123456789");
}

TEST(GunzipPayloadTest, InflatesAnEmptyStream) {
  const std::string empty = Unhex("1f8b080000000000020303000000000000000000");
  EXPECT_EQ(GunzipPayload(empty), "");
  EXPECT_EQ(GunzipPayload(empty, 0), "");
}

TEST(GunzipPayloadTest, JoinsSeveralMembers) {
  const std::string two = Unhex(
      "1f8b0800000000000203cb48cdc9c9570000f6f981ed060000001f8b08000000000002032bcf2fca490100431177"
      "3a"
      "05000000");
  EXPECT_EQ(GunzipPayload(two), "hello world");
  EXPECT_EQ(GunzipPayload(two, 11), "hello world");
  ExpectGzipError(two, 10);  // The limit is for all members together.
}

TEST(GunzipPayloadTest, RefusesEveryCut) {
  const std::string whole = Unhex(vectors::kEventGzipHex);
  for (std::size_t size = 2; size < whole.size(); ++size) ExpectGzipError(whole.substr(0, size));
}

TEST(GunzipPayloadTest, RefusesDamage) {
  const std::string whole = Unhex(vectors::kEventGzipHex);
  // Behind the header everything is covered by the checksum; the header's time stamp is not.
  for (std::size_t i = 10; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    ExpectGzipError(damaged);
  }
}

TEST(GunzipPayloadTest, RefusesTextBehindTheStream) {
  const std::string whole = Unhex(vectors::kEventGzipHex);
  ExpectGzipError(whole + "x");
  ExpectGzipError(whole + std::string("\0", 1));
  ExpectGzipError(whole + "\x1f\x8b");
}

TEST(GunzipPayloadTest, AllowsExactlyTheLimit) {
  const std::string zeros = ZerosAsGzip(100'000);
  EXPECT_EQ(GunzipPayload(zeros, 100'000), std::string(100'000, '\0'));
  ExpectGzipError(zeros, 99'999);
  ExpectGzipError(zeros, 0);
}

TEST(GunzipPayloadTest, LimitsABombByDefault) {
  const std::string bomb = ZerosAsGzip(kDefaultMaxInflatedBytes + 1);
  ExpectGzipError(bomb);
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [&] { VerifyAndParseWebhook(bomb, vectors::kEventSignature, vectors::kSecret); });
}

std::size_t PeakMemoryKib() {
  rusage usage{};
  EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

TEST(GunzipPayloadTest, ABombCostsBoundedMemory) {
  const std::string part = ZerosAsGzip(std::size_t{64} << 20);
  std::string bomb;
  for (int i = 0; i < 8; ++i) bomb += part;
  const std::size_t before = PeakMemoryKib();
  ExpectGzipError(bomb, std::size_t{1} << 20);
  EXPECT_LT(PeakMemoryKib(), before + 32 * 1024);
}

}  // namespace
}  // namespace hookline::webhook
