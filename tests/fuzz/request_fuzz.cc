// HTTP requests: one reading only, however the bytes are cut on their way, and nothing in a request
// that a proxy could read in another way.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdio>
#include <string>

#include "base/utf8.h"
#include "fuzz/input.h"
#include "net/request_parser.h"

namespace hookline::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kHeaderBytesMax = 512;
constexpr std::size_t kBodyBytesMax = 256;

enum class End { kComplete, kRefused, kIncomplete };

struct Reading {
  End end = End::kIncomplete;
  std::size_t used = 0;  ///< Bytes that the parser took.
  HttpRequest request;
  int minor_version = 1;
  bool chunked = false;
};

// Reads as a session does, but for the lines that it refuses to see folded; `step` bytes come at a
// time.
Reading Read(std::string_view text, std::size_t step) {
  RequestParser parser(kHeaderBytesMax, kBodyBytesMax);
  Reading reading;
  std::size_t come = 0;
  bool header_done = false;
  const auto put = [&](boost::system::error_code& ec) {
    const std::size_t room = come - reading.used;
    const std::size_t taken = parser.put(boost::asio::buffer(text.substr(reading.used, room)), ec);
    HOOKLINE_CHECK(taken <= room);
    reading.used += taken;
  };
  for (;;) {
    boost::system::error_code ec;
    while (!ec && reading.used != come && !parser.is_header_done()) put(ec);
    const bool failed = ec && ec != http::error::need_more;
    const std::size_t seen = parser.is_header_done() ? reading.used : come;
    // The parser limits the part that it looks at; the sum is for its caller to limit.
    const bool too_long = !header_done && (parser.is_header_done() ? seen > kHeaderBytesMax
                                                                   : seen >= kHeaderBytesMax);
    if (failed || too_long) {
      reading.end = End::kRefused;
      return reading;
    }
    header_done = parser.is_header_done();
    if (header_done && !parser.is_done() && reading.used != come) {
      parser.eager(true);
      const std::string_view body = text.substr(reading.used, come - reading.used);
      // The start of a last chunk is taken with at least its five bytes only.
      const bool may_be_half =
          parser.chunked() && body.size() < 5 && (body[0] == '0' || body[0] == '\r');
      ec = {};
      if (!may_be_half) put(ec);
      if (ec && ec != http::error::need_more) {
        reading.end = End::kRefused;
        return reading;
      }
    }
    if (header_done && parser.is_done()) break;
    if (come == text.size()) return reading;
    come = std::min(come + step, text.size());
  }
  reading.end = End::kComplete;
  reading.request = std::move(parser.request());
  reading.minor_version = parser.minor_version();
  reading.chunked = parser.chunked();
  return reading;
}

bool IsSame(const HttpRequest& a, const HttpRequest& b) {
  if (a.method != b.method || a.target != b.target || a.path != b.path || a.query != b.query ||
      a.body != b.body || a.headers.size() != b.headers.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.headers.size(); ++i) {
    if (a.headers.At(i).name != b.headers.At(i).name) return false;
    if (a.headers.At(i).value != b.headers.At(i).value) return false;
  }
  return true;
}

void CheckHeaders(const Reading& reading) {
  const HttpRequest& request = reading.request;
  HOOKLINE_CHECK(reading.minor_version == 0 || reading.minor_version == 1);
  HOOKLINE_CHECK(request.headers.Count("host") <= 1);
  HOOKLINE_CHECK(reading.minor_version == 0 || request.headers.Count("host") == 1);
  const std::size_t lengths = request.headers.Count("content-length");
  const std::size_t codings = request.headers.Count("transfer-encoding");
  HOOKLINE_CHECK(lengths + codings <= 1);
  HOOKLINE_CHECK((codings == 1) == reading.chunked);
  if (const auto length = request.Header("content-length")) {
    HOOKLINE_CHECK(length->find_first_not_of("0123456789") == std::string_view::npos);
    HOOKLINE_CHECK(std::stoull(std::string(*length)) == request.body.size());
  } else if (codings == 0) {
    HOOKLINE_CHECK(request.body.empty());
  }
  HOOKLINE_CHECK(request.body.size() <= kBodyBytesMax);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const HeaderList::Field field = request.headers.At(i);
    HOOKLINE_CHECK(!field.name.empty());
    HOOKLINE_CHECK(std::ranges::none_of(field.name, [](char c) {
      return c <= ' ' || c >= '\x7f' || std::string_view("()<>@,;:\\\"/[]?={}").contains(c);
    }));
    HOOKLINE_CHECK(utf8::IsValid(field.value));
    HOOKLINE_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) ==
                   std::string_view::npos);
    HOOKLINE_CHECK(request.Header(field.name).has_value());
  }
}

void CheckTarget(const HttpRequest& request) {
  HOOKLINE_CHECK(!request.method.empty() && !request.target.empty());
  HOOKLINE_CHECK(request.target.find_first_of(std::string_view(" \r\n\0", 4)) == std::string::npos);
  HOOKLINE_CHECK(request.path.find_first_of("?#") == std::string::npos);
  if (request.target.starts_with('/')) HOOKLINE_CHECK(request.path.starts_with('/'));
  HOOKLINE_CHECK(!request.path.starts_with("//"));
  for (const auto& [name, value] : request.query) {
    HOOKLINE_CHECK(utf8::IsValid(name) && utf8::IsValid(value));
  }
}

// The request written plainly, from what was read of it, is the same request.
void CheckWritten(const Reading& reading) {
  const HttpRequest& request = reading.request;
  std::string text =
      request.method + " " + request.target + " HTTP/1." + std::to_string(reading.minor_version);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const HeaderList::Field field = request.headers.At(i);
    text.append("\r\n").append(field.name).append(": ").append(field.value);
  }
  text += "\r\n\r\n";
  const std::size_t header_bytes = text.size();
  if (header_bytes > kHeaderBytesMax) return;  // A replaced byte is three bytes now.
  if (reading.chunked) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", request.body.size());
    if (!request.body.empty()) text.append(size).append(request.body).append("\r\n");
    text += "0\r\n\r\n";
  } else {
    text += request.body;
  }
  const std::size_t bytes = text.size();
  const Reading again = Read(text + "GET / HTTP/1.1\r\n", text.size() + 16);
  HOOKLINE_CHECK(again.end == End::kComplete);
  HOOKLINE_CHECK(again.used == bytes);
  HOOKLINE_CHECK(IsSame(again.request, request));
}

void Check(std::string_view text) {
  const Reading whole = Read(text, std::max<std::size_t>(text.size(), 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
    const Reading cut = Read(text, step);
    // A broken body may be told before all of it has come; what is complete is so in every cut.
    HOOKLINE_CHECK((cut.end == End::kComplete) == (whole.end == End::kComplete));
    if (cut.end != End::kComplete) continue;
    HOOKLINE_CHECK(cut.used == whole.used && cut.minor_version == whole.minor_version);
    HOOKLINE_CHECK(IsSame(cut.request, whole.request));
  }
  if (whole.end != End::kComplete) return;
  CheckHeaders(whole);
  CheckTarget(whole.request);
  CheckWritten(whole);
}

}  // namespace
}  // namespace hookline::net

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hookline::net::Check(hookline::fuzz::Input(data, size).Rest());
  return 0;
}
