#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace hookline {

/// What went wrong, in the terms of the product. The API maps each kind to one Stream error code
/// and HTTP status in a single place (api/error_reply.cc).
enum class ErrorKind {
  kInput,                   ///< The request is wrong: validation, types, a missing actor.
  kDuplicateUsername,       ///< Unique user names are on and the name is taken.
  kEventNotSupported,       ///< The channel type has this kind of event switched off.
  kFeatureNotSupported,     ///< The channel type has this feature switched off.
  kMessageTooLong,          ///< Longer than the channel type's max_message_length.
  kNestingLevel,            ///< A reply to a reply.
  kCommandEndpointMissing,  ///< A custom command was used, but there is no handler to call.
  kCommandFailed,           ///< The handler of a custom command failed.
  kUnknownApiKey,
  kTokenMissing,  ///< No token, or one that is not a JWT, or one that names nobody.
  kTokenExpired,
  kTokenNotYetValid,
  kTokenBeforeIssued,
  kTokenSignature,
  kNotAllowed,  ///< The caller is known but may not do this.
  kCooldown,    ///< Slow mode: the user has written a moment ago.
  kNotFound,
  kPreconditionFailed,  ///< If-Match names a version that is not the present one.
  kTooLarge,            ///< The request body is over the limit.
  kHeadersTooLarge,
  kRequestTimeout,
  kRateLimited,
  kNotImplemented,  ///< A Stream operation that Hookline does not have.
  kUnavailable,     ///< Try again: the store or a queue is full or not reachable.
  kInternal,
};

/// An expected failure, as a value. A class with constructors rather than an aggregate, so that it
/// is safe in statements with co_await on every compiler.
class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }

 private:
  ErrorKind kind_;
  std::string message_;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return Fail(ErrorKind::kInput, "...")` from a function that returns any Result.
inline std::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error(kind, std::move(message)));
}
inline std::unexpected<Error> InputError(std::string message) {
  return Fail(ErrorKind::kInput, std::move(message));
}

/// Stops the process: a programmer's mistake, or a store whose state is not known.
[[noreturn]] void Die(std::string_view message, const char* file, int line);

}  // namespace hookline

/// Checks an invariant in every build; a false condition is a bug and stops the process.
#define HOOKLINE_CHECK(condition)                                       \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::hookline::Die("check failed: " #condition, __FILE__, __LINE__); \
  } while (false)
