#pragma once

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <functional>
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
///   /large kLargeBytes                      /free   no body taken, not counted
/// and whose judge refuses /refuse with 401 and throws for /throw-early. Requests are counted in
/// the shares that they name: ?app=1&address=a.
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
  /// False if what requests hold is never as wanted.
  bool WaitForMemory(const std::function<bool(std::size_t used)>& enough) const;
  std::vector<std::string> log_lines();

  std::uint16_t port() const { return server_->port(); }

  static constexpr std::size_t kLargeBytes = std::size_t{32} << 20;

  IoThreads threads_{2};
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<HttpServer> server_;

 private:
  Admission Judge(const HttpRequest& head);
  boost::asio::awaitable<HttpResponse> Handle(HttpRequest request);
  boost::asio::awaitable<void> Hold();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t handled_ = 0;
  bool released_ = false;
  std::vector<std::string> log_lines_;
};

}  // namespace hookline::net
