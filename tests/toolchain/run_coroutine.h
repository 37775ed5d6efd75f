#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace hookline::toolchain {

/// What hangs fails after this long.
inline constexpr auto kPatience = std::chrono::seconds(30);

/// Runs a coroutine on an io_context of its own until it ends; gives its result or throws what it
/// threw. Throws std::logic_error if it does not end.
template <class T>
T RunCoroutine(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context io(1);
  std::optional<std::pair<std::exception_ptr, std::optional<T>>> end;
  auto on_end = [&end](std::exception_ptr failure, T value) {
    end.emplace(std::move(failure), std::move(value));
  };
  boost::asio::co_spawn(io, std::move(coroutine), std::move(on_end));
  io.run_for(kPatience);
  if (!end) throw std::logic_error("the coroutine has not ended");
  if (end->first) std::rethrow_exception(end->first);
  return std::move(*end->second);
}

}  // namespace hookline::toolchain
