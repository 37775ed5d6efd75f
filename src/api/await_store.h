#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <type_traits>
#include <utility>

#include "store/store.h"

namespace hookline::api {

/// Waits in a coroutine for a callback that another thread makes. `start` gets a function to call
/// exactly once with a T; the coroutine goes on in its own executor.
template <class T, class Start>
boost::asio::awaitable<T> AwaitCallback(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      [](auto handler, Start begin) {
        auto executor = boost::asio::get_associated_executor(handler);
        begin([handler = std::move(handler), executor](T value) mutable {
          boost::asio::post(executor,
                            [handler = std::move(handler), value = std::move(value)]() mutable {
                              std::move(handler)(std::move(value));
                            });
        });
      },
      boost::asio::use_awaitable, std::move(start));
}

/// Runs `run` on the writer's thread. What it refers to lives in the waiting coroutine.
inline boost::asio::awaitable<store::Commit> AwaitWrite(
    store::Store& store, store::Origin origin, std::move_only_function<bool(store::Tx&)> run) {
  auto start = [&store, origin,
                run = std::move(run)](std::move_only_function<void(store::Commit)> done) mutable {
    store.Write(origin, std::move(run), std::move(done));
  };
  return AwaitCallback<store::Commit>(std::move(start));
}

/// Runs `run` on a reader's thread.
inline boost::asio::awaitable<store::Commit> AwaitRead(
    store::Store& store, store::Origin origin, std::move_only_function<void(store::Reader&)> run) {
  auto start = [&store, origin,
                run = std::move(run)](std::move_only_function<void(store::Commit)> done) mutable {
    store.Read(origin, std::move(run), std::move(done));
  };
  return AwaitCallback<store::Commit>(std::move(start));
}

}  // namespace hookline::api
