#include "webhook/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace hookline::webhook {
namespace {

constexpr int kGzipOnly = 16;  // Added to zlib's window bits: expect a gzip header, nothing else.

class Inflater {
 public:
  Inflater() {
    const int result = inflateInit2(&stream_, MAX_WBITS + kGzipOnly);
    if (result != Z_OK) throw std::bad_alloc();  // The only failure left with fixed arguments.
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

InvalidWebhookError Failed(const char* detail) {
  return InvalidWebhookError(WebhookErrorCode::kGzipFailed, detail);
}

}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.substr(0, 2) == "\x1f\x8b"; }

Outcome<std::string> Gunzip(std::string_view compressed, std::size_t max_bytes) {
  constexpr std::size_t kMaxStep = std::numeric_limits<uInt>::max();
  if (compressed.size() > kMaxStep) return Failed("the compressed payload is too long");

  Inflater inflater;
  z_stream& stream = inflater.stream();
  // zlib's input pointer is not const, but it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());

  // One byte more than allowed shows that there is too much. The first guess fits common JSON.
  std::string plain;
  const std::size_t capacity = std::min(max_bytes, plain.max_size() / 2) + 1;
  plain.resize(std::min(capacity, 4 * compressed.size() + 64));
  std::size_t size = 0;
  // Each round either fills the buffer, which is bounded, or ends: zlib reports a missing rest as
  // an error, and a further member consumes input.
  for (;;) {
    if (size == plain.size()) plain.resize(std::min(capacity, 2 * plain.size()));
    const auto room = static_cast<uInt>(std::min(plain.size() - size, kMaxStep));
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + size);
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    size += room - stream.avail_out;
    if (size == capacity) return Failed("the inflated payload is larger than allowed");
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return Failed("zlib cannot start over");
    } else if (result == Z_BUF_ERROR) {
      return Failed("the gzip stream is cut short");
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK) {
      return Failed("the gzip stream is damaged");
    }
  }
  plain.resize(size);
  return plain;
}

}  // namespace hookline::webhook
