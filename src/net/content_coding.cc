#include "net/content_coding.h"

#include <string>
#include <string_view>
#include <utility>

#include "net/body_decoder.h"

namespace hookline::net {

namespace {

Decoding Gunzip(std::string_view packed, std::size_t bytes_max, std::string& text) {
  BodyDecoder decoder(BodyDecoder::Coding::kGzip);
  const auto step = decoder.Feed(packed, [&](std::string_view piece) {
    text.append(piece);
    return text.size() <= bytes_max;
  });
  switch (step) {
    case BodyDecoder::Step::kMore:
      return decoder.whole() ? Decoding::kDone : Decoding::kBroken;
    case BodyDecoder::Step::kStopped:
      return Decoding::kTooLarge;
    case BodyDecoder::Step::kBroken:
      return Decoding::kBroken;
    case BodyDecoder::Step::kFailed:
      return Decoding::kFailed;
  }
  return Decoding::kFailed;
}

bool IsPlain(std::string_view coding) {
  return coding.empty() || EqualsIgnoringCase(coding, "identity");
}

}  // namespace

bool KnowsCoding(const HttpRequest& head) {
  const std::string_view coding = head.Header("Content-Encoding").value_or("");
  return head.headers.Count("Content-Encoding") <= 1 &&
         (IsPlain(coding) || EqualsIgnoringCase(coding, "gzip") ||
          EqualsIgnoringCase(coding, "x-gzip"));
}

Decoding DecodeBody(HttpRequest& request, std::size_t bytes_max) {
  if (!KnowsCoding(request)) return Decoding::kUnsupported;
  if (IsPlain(request.Header("Content-Encoding").value_or("")) || request.body.empty()) {
    return Decoding::kDone;
  }
  std::string text;
  const Decoding decoded = Gunzip(request.body, bytes_max, text);
  if (decoded == Decoding::kDone) request.body = std::move(text);
  return decoded;
}

}  // namespace hookline::net
