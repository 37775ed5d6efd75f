#include "webhook/call/call.h"

#include <zlib.h>

#include "base/error.h"

namespace hookline::webhook {
namespace {

std::string Line(std::string_view name, std::string_view value) {
  std::string line;
  line.reserve(name.size() + 2 + value.size());
  line += name;
  line += ": ";
  line += value;
  return line;
}

}  // namespace

std::string UserAgent() { return "hookline/" HOOKLINE_VERSION; }

CallKey::CallKey(std::string_view api_key, std::string_view secret)
    : api_key_(api_key), signer_(secret) {}

std::vector<std::string> CallKey::CommonHeaders() const {
  return {Line("Content-Type", "application/json"), Line("User-Agent", UserAgent()),
          Line(kApiKeyHeader, api_key_)};
}

std::vector<std::string> CallHeaders(const Uuid& id, int attempt, std::string_view signature) {
  std::vector<std::string> lines;
  lines.reserve(3);
  lines.push_back(Line(kWebhookIdHeader, ToString(id)));
  lines.push_back(Line(kWebhookAttemptHeader, std::to_string(attempt)));
  lines.push_back(Line(kSignatureHeader, signature));
  return lines;
}

std::string Gzip(std::string_view body) {
  constexpr int kGzipFormat = 15 + 16;  // zlib: the largest window, with a gzip frame.
  constexpr int kMemoryLevel = 8;       // zlib's default.
  z_stream stream{};
  HOOKLINE_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  HOOKLINE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace hookline::webhook
