// A webhook receiver: checks every call and prints its event.     usage: receiver PORT SECRET
#include <hookline/webhook.h>

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace webhook = hookline::webhook;
using asio::ip::tcp;
using Request = http::request<http::string_body>;

// Gives the status for one call. Do slow work elsewhere: the sender waits 6 seconds at most, and
// may send a call again (drop those whose X-Webhook-Id you have seen).
http::status Handle(const Request& call, const webhook::Signer& signer) try {
  const auto event = webhook::VerifyAndParseWebhook(call.body(), call["X-Signature"], signer);
  std::cout << std::string(event.type()) + " " + std::string(call["X-Webhook-Id"]) + "\n";
  return http::status::ok;
} catch (const webhook::InvalidWebhookError& error) {
  std::cout << std::string("refused: ") + error.what() + "\n";
  return http::status::unauthorized;
}

// Waits for connections, one after the other, and answers the calls that come over each.
void Serve(tcp::acceptor& acceptor, const webhook::Signer& signer) {
  static std::mutex accepting;
  for (;;) try {
      boost::beast::tcp_stream stream(acceptor.get_executor());
      std::unique_lock lock(accepting);
      acceptor.accept(stream.socket());
      lock.unlock();
      boost::beast::flat_buffer buffer;
      for (bool keep_alive = true; keep_alive;) {
        Request call;  // Of 1 MiB at most: Beast's default limit.
        stream.expires_after(std::chrono::seconds(30));
        http::async_read(stream, buffer, call, asio::use_future).get();
        http::response<http::empty_body> answer(Handle(call, signer), call.version());
        answer.keep_alive(keep_alive = call.keep_alive());
        answer.prepare_payload();
        http::async_write(stream, answer, asio::use_future).get();
      }
    } catch (const std::exception&) {  // The sender closed the connection, or was too slow.
    }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const webhook::Signer signer(argv[2]);
  asio::thread_pool network(1);  // Waits on behalf of the threads below.
  tcp::acceptor acceptor(network, tcp::endpoint(tcp::v4(), std::stoi(argv[1])));
  std::cout << std::unitbuf << "listening on " << acceptor.local_endpoint() << "\n";
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) threads.emplace_back(Serve, std::ref(acceptor), std::cref(signer));
  threads.front().join();
}
