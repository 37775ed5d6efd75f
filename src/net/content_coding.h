#pragma once

#include <cstddef>
#include <cstdint>

#include "net/http_message.h"

namespace hookline::net {

enum class Decoding : std::uint8_t {
  kDone,
  kUnsupported,  ///< Neither gzip nor none.
  kTooLarge,     ///< The text is larger than allowed; it was read no further.
  kBroken,       ///< It is no gzip.
  kFailed,       ///< Trouble of our own.
};

/// False if the request's head announces a coding that DecodeBody() does not undo.
bool KnowsCoding(const HttpRequest& head);

/// Undoes the Content-Encoding of a request's body, which may be gzip or none. `bytes_max` bounds
/// the text that comes of it. Unless it is kDone, `request` is as it was.
Decoding DecodeBody(HttpRequest& request, std::size_t bytes_max);

}  // namespace hookline::net
