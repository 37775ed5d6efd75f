#include "net/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace hookline::net {

namespace {

constexpr std::size_t kStepBytes = 64 * 1024;
constexpr int kGzipOnly = 16 + MAX_WBITS;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

Decoding Gunzip(std::string& packed, std::size_t bytes_max, std::string& text) {
  Inflater inflater;
  if (!inflater.ready()) return Decoding::kFailed;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    // One byte beyond the limit is enough to know.
    const std::size_t before = text.size();
    const std::size_t room = std::min(kStepBytes, bytes_max + 1 - before);
    text.resize(before + room);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream, Z_NO_FLUSH);
    text.resize(before + room - stream.avail_out);
    if (text.size() > bytes_max) return Decoding::kTooLarge;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return Decoding::kDone;
      // The format allows several parts, one after another.
      if (inflateReset(&stream) != Z_OK) return Decoding::kFailed;
      continue;
    }
    if (result == Z_MEM_ERROR) return Decoding::kFailed;
    if (result != Z_OK || text.size() == before) return Decoding::kBroken;
  }
}

}  // namespace

Decoding DecodeBody(HttpRequest& request, std::size_t bytes_max) {
  const std::size_t codings = request.headers.Count("Content-Encoding");
  if (codings == 0) return Decoding::kDone;
  const std::string_view coding = request.Header("Content-Encoding").value_or("");
  if (codings == 1 && (coding.empty() || EqualsIgnoringCase(coding, "identity"))) {
    return Decoding::kDone;
  }
  if (codings > 1 ||
      (!EqualsIgnoringCase(coding, "gzip") && !EqualsIgnoringCase(coding, "x-gzip"))) {
    return Decoding::kUnsupported;
  }
  if (request.body.empty()) return Decoding::kDone;
  std::string text;
  const Decoding decoded = Gunzip(request.body, bytes_max, text);
  if (decoded == Decoding::kDone) request.body = std::move(text);
  return decoded;
}

}  // namespace hookline::net
