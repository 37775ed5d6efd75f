#include "server_fixture.h"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "support/socket_io.h"

namespace hookline::net {

namespace asio = boost::asio;

namespace {

HttpResponse PlainError(ErrorKind kind, std::string message, const HttpRequest* head) {
  HttpResponse response;
  if (head != nullptr) response.headers.emplace_back("X-Path", head->path);
  switch (kind) {
    case ErrorKind::kInput:
      response.status = 400;
      break;
    case ErrorKind::kRequestTimeout:
      response.status = 408;
      break;
    case ErrorKind::kTooLarge:
      response.status = 413;
      break;
    case ErrorKind::kHeadersTooLarge:
      response.status = 431;
      break;
    case ErrorKind::kUnavailable:
      response.status = 503;
      break;
    default:
      response.status = 500;
      break;
  }
  response.body = std::move(message);
  return response;
}

}  // namespace

ServerFixture::~ServerFixture() {
  if (server_) {
    Release();
    server_->StopAccepting();
    EXPECT_TRUE(server_->Drain(std::chrono::seconds(0)));
  }
  server_.reset();
  threads_.Stop();
}

void ServerFixture::StartServer(HttpServerOptions options) {
  threads_.Start();
  if (options.memory == nullptr) options.memory = std::make_shared<MemoryBudget>(256U << 20);
  memory_ = options.memory;
  server_ = std::make_unique<HttpServer>(
      threads_, std::move(options), [this](const HttpRequest& head) { return Judge(head); },
      PlainError,
      [this](std::string_view line) {
        const std::lock_guard lock(mutex_);
        log_lines_.emplace_back(line);
      });
  const Result<void> started = server_->Start();
  ASSERT_TRUE(started.has_value()) << started.error().message();
}

Admission ServerFixture::Judge(const HttpRequest& head) {
  if (head.path == "/throw-early") throw std::runtime_error("judge broke");
  Admission admission;
  if (head.path == "/refuse") {
    admission.answer.emplace();
    admission.answer->status = 401;
    admission.answer->body = "who are you?";
    return admission;
  }
  admission.handler = [this](HttpRequest request) { return Handle(std::move(request)); };
  if (head.path == "/free") return admission;
  admission.takes_body = true;
  admission.shares = {std::string(head.QueryParam("app").value_or("")),
                      std::string(head.QueryParam("address").value_or(""))};
  return admission;
}

asio::awaitable<HttpResponse> ServerFixture::Handle(HttpRequest request) {
  {
    const std::lock_guard lock(mutex_);
    ++handled_;
    changed_.notify_all();
  }
  HttpResponse response;
  if (request.path == "/throw") throw std::runtime_error("handler broke");
  if (request.path == "/hold") co_await Hold();
  response.close = request.path == "/close";
  if (request.path == "/empty") response.status = 204;
  if (request.path == "/header") response.headers.emplace_back("X-Test", "a\r\nX-Evil: b");
  if (request.path == "/large") {
    response.body = std::string(kLargeBytes, 'l');
    co_return response;
  }
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

asio::awaitable<void> ServerFixture::Hold() {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (released_) co_return;
    }
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

void ServerFixture::Release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
}

bool ServerFixture::WaitForHandled(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, test_support::kPatience, [&] { return handled_ >= count; });
}

bool ServerFixture::WaitForMemory(const std::function<bool(std::size_t used)>& enough) const {
  const auto deadline = std::chrono::steady_clock::now() + test_support::kPatience;
  while (!enough(memory_->used())) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool ServerFixture::WaitForNoConnections() const {
  const auto deadline = std::chrono::steady_clock::now() + test_support::kPatience;
  while (server_->connections() != 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::vector<std::string> ServerFixture::log_lines() {
  const std::lock_guard lock(mutex_);
  return log_lines_;
}

}  // namespace hookline::net
