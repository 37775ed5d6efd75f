#include "net/body_decoder.h"

#include <zlib.h>

#include <algorithm>

#include "net/http_message.h"

namespace hookline::net {

namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr int kZlib = MAX_WBITS;
constexpr int kBare = -MAX_WBITS;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

}  // namespace

BodyDecoder::BodyDecoder(Coding coding) : coding_(coding) {}
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

void BodyDecoder::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

bool BodyDecoder::Begin(char first) {
  begun_ = true;
  int window_bits = kGzipOnly;
  if (coding_ == Coding::kDeflate) {
    // zlib's wrapping names its method, 8; bare, this would be a stored block with a set bit in the
    // part that is left empty.
    window_bits = (static_cast<unsigned char>(first) & 0x0FU) == Z_DEFLATED ? kZlib : kBare;
  }
  auto stream = std::make_unique<z_stream_s>();
  if (inflateInit2(stream.get(), window_bits) != Z_OK) return false;
  stream_.reset(stream.release());
  buffer_.resize(kBufferBytes);
  return true;
}

BodyDecoder::Step BodyDecoder::Feed(std::string_view packed,
                                    const std::function<bool(std::string_view)>& take) {
  if (packed.empty()) return Step::kMore;
  if (!begun_ && !Begin(packed.front())) return Step::kFailed;
  z_stream& stream = *stream_;
  // zlib's interface is not const-correct, but it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    if (ended_) {
      if (stream.avail_in == 0) return Step::kMore;
      if (coding_ != Coding::kGzip) return Step::kBroken;
      if (inflateReset(&stream) != Z_OK) return Step::kFailed;
      ended_ = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream.avail_out = static_cast<uInt>(buffer_.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t bytes = buffer_.size() - stream.avail_out;
    if (bytes > 0 && !take({buffer_.data(), bytes})) return Step::kStopped;
    if (result == Z_STREAM_END) {
      ended_ = true;
    } else if (result == Z_MEM_ERROR) {
      return Step::kFailed;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Step::kBroken;
    } else if (stream.avail_in == 0 && stream.avail_out > 0) {
      return Step::kMore;
    }
  }
}

NamedCoding CodingOf(std::string_view content_encoding) {
  NamedCoding named;
  while (!content_encoding.empty()) {
    const std::string_view item = content_encoding.substr(0, content_encoding.find(','));
    content_encoding.remove_prefix(std::min(content_encoding.size(), item.size() + 1));
    const std::string_view name = Trimmed(item);
    if (name.empty() || EqualsIgnoringCase(name, "identity")) continue;
    const bool gzip = EqualsIgnoringCase(name, "gzip") || EqualsIgnoringCase(name, "x-gzip");
    if (named.coding || (!gzip && !EqualsIgnoringCase(name, "deflate"))) {
      named.unknown = true;
      return named;
    }
    named.coding = gzip ? BodyDecoder::Coding::kGzip : BodyDecoder::Coding::kDeflate;
  }
  return named;
}

}  // namespace hookline::net
