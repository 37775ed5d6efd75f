// The two transports of an HTTP session: plain TCP, and TLS over it.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "net/http_session.h"

namespace hookline::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kTlsRecordBytes = 16 * 1024;

class PlainSession final : public HttpSession {
 public:
  PlainSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<HttpShard> shard, bool refuse,
               tcp::socket socket)
      : HttpSession(std::move(core), std::move(shard), refuse), socket_(std::move(socket)) {}

 private:
  tcp::socket& Socket() override { return socket_; }

  asio::awaitable<error_code> Handshake() override { co_return error_code(); }

  asio::awaitable<Transfer> ReadSome(asio::mutable_buffer buffer) override {
    return socket_.async_read_some(buffer, kAwait);
  }

  asio::awaitable<Transfer> Write(std::string& head, std::string_view body) override {
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head),
                                                     asio::buffer(body.data(), body.size())};
    return asio::async_write(socket_, parts, Watch(), kAwait);
  }

  asio::awaitable<void> SayGoodbye() override {
    error_code ignored;  // The peer may have gone first.
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }

  tcp::socket socket_;
};

class TlsSession final : public HttpSession {
 public:
  TlsSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<HttpShard> shard, bool refuse,
             tcp::socket socket, asio::ssl::context& tls)
      : HttpSession(std::move(core), std::move(shard), refuse), stream_(std::move(socket), tls) {}

 private:
  tcp::socket& Socket() override { return stream_.next_layer(); }

  asio::awaitable<error_code> Handshake() override {
    const auto [ec] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
    co_return ec;
  }

  asio::awaitable<Transfer> ReadSome(asio::mutable_buffer buffer) override {
    return stream_.async_read_some(buffer, kAwait);
  }

  asio::awaitable<Transfer> Write(std::string& head, std::string_view body) override {
    // Each buffer becomes a record and a system call; a copy of a small body is cheaper.
    if (head.size() + body.size() <= kTlsRecordBytes) {
      head.append(body);
      body = std::string_view();
    }
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head),
                                                     asio::buffer(body.data(), body.size())};
    return asio::async_write(stream_, parts, Watch(), kAwait);
  }

  asio::awaitable<void> SayGoodbye() override {
    // Waits for the peer's close_notify as well, until the deadline that the caller has armed.
    co_await stream_.async_shutdown(kAwait);
    error_code ignored;
    Socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::shared_ptr<HttpSession> MakePlainSession(std::shared_ptr<HttpServerCore> core,
                                              std::shared_ptr<HttpShard> shard, bool refuse,
                                              tcp::socket socket) {
  return std::make_shared<PlainSession>(std::move(core), std::move(shard), refuse,
                                        std::move(socket));
}

std::shared_ptr<HttpSession> MakeTlsSession(std::shared_ptr<HttpServerCore> core,
                                            std::shared_ptr<HttpShard> shard, bool refuse,
                                            tcp::socket socket, asio::ssl::context& tls) {
  return std::make_shared<TlsSession>(std::move(core), std::move(shard), refuse, std::move(socket),
                                      tls);
}

}  // namespace hookline::net
