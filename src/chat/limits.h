#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

/// How large things may be, in bytes of their canonical JSON. What one caller stores is sent to
/// everybody else's servers, again and again, so it is bounded where it comes in.
namespace hookline::chat {

struct Message;

/// Set by the operator; constant while the server runs.
struct Limits {
  std::size_t custom_bytes = 5 * 1024;    ///< Custom data of one entity.
  std::size_t message_bytes = 64 * 1024;  ///< A message's text, attachments, mml and custom data.
  std::size_t event_bytes = 256 * 1024;   ///< The payload of one event.
};

/// A call of a synchronous hook stays below this: handlers commonly refuse bodies of 100 KB, and a
/// refusal would let the message through unmoderated.
inline constexpr std::size_t kHookCallBytesMax = 100'000;

/// Fails with kInput, naming `what`, its size and the limit.
Result<void> CheckBytes(std::string_view what, std::size_t bytes, std::size_t limit);

/// The same for a change: what was too large already may stay or shrink, so that it can be mended.
Result<void> CheckBytes(std::string_view what, std::size_t bytes, std::size_t before,
                        std::size_t limit);

/// The bytes of `message` that count against Limits::message_bytes.
std::size_t MessageBytes(const Message& message);

/// Bytes of `text` as a JSON string.
std::size_t QuotedBytes(std::string_view text);

}  // namespace hookline::chat
