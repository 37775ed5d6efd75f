#pragma once

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/io_threads.h"

namespace hookline::net {

/// A running server whose handler echoes, holds or fails as the path says:
///   /echo  200 with "METHOD path body"     /hold   waits until Release() or cancellation
///   /throw an exception                     /close  200 and closes     /empty  204
class ServerFixture : public testing::Test {
 protected:
  ServerFixture() = default;
  explicit ServerFixture(std::size_t threads) : threads_(threads) {}
  ~ServerFixture() override;

  void StartServer(HttpServerOptions options = {});

  /// Lets all requests to /hold finish.
  void Release();
  /// False if fewer requests have reached the handler after a long time.
  bool WaitForHandled(std::size_t count);
  /// False if a connection is still open after a long time.
  bool WaitForNoConnections() const;
  std::vector<std::string> log_lines();

  std::uint16_t port() const { return server_->port(); }

  IoThreads threads_{2};
  std::unique_ptr<HttpServer> server_;

 private:
  boost::asio::awaitable<HttpResponse> Handle(HttpRequest request);
  boost::asio::awaitable<void> Hold();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t handled_ = 0;
  bool released_ = false;
  std::vector<std::string> log_lines_;
};

}  // namespace hookline::net
