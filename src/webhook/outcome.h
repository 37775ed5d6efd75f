#pragma once

#include <utility>
#include <variant>

#include "hookline/webhook_error.h"

namespace hookline::webhook {

/// A value or the reason why there is none; C++17 has no std::expected.
template <typename T>
using Outcome = std::variant<T, InvalidWebhookError>;

/// The value, or a throw at the edge of the library.
template <typename T>
T ValueOrThrow(Outcome<T> outcome) {
  if (const auto* error = std::get_if<InvalidWebhookError>(&outcome)) throw *error;
  return std::get<T>(std::move(outcome));
}

}  // namespace hookline::webhook
