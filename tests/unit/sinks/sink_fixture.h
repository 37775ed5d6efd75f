#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "delivery/sink.h"
#include "net/dns_resolver.h"
#include "net/http_loop.h"
#include "sinks/http_sink.h"
#include "support/raw_server.h"

namespace hookline::sinks {

/// A running loop that may call local targets, and a sink on it.
class SinkFixture : public ::testing::Test {
 protected:
  SinkFixture() {
    net::TargetPolicyOptions policy;
    policy.allow_private = true;
    policy.allow_http = true;
    loop_ = std::make_unique<net::HttpLoop>(net::HttpLoopOptions(),
                                            std::make_shared<const net::TargetPolicy>(policy),
                                            std::make_shared<net::DnsResolver>());
    loop_->Start();
    sink_ = std::make_unique<HttpSink>(*loop_);
    app_.id = AppId{7};
    app_.keys = {{"key1", "secret1", {}, {}}, {"key2", "secret2", {}, {}}};
    app_.hooks.emplace_back();
    event_.app = app_.id;
    event_.type = "message.new";
    event_.body_v1 =
        std::make_shared<const std::string>(R"({"type":"message.new","b":1.10,"a":2})");
  }
  ~SinkFixture() override { loop_->Stop(); }

  std::future<delivery::AttemptOutcome> Start(std::string url, int number = 1) {
    app_.hooks[0].url = std::move(url);
    delivery::Attempt attempt;
    attempt.app = std::make_shared<const settings::App>(app_);
    attempt.hook = &attempt.app->hooks[0];
    attempt.delivery.uuid = *ParseUuid("5d0c7c1e-2a55-4e0a-9d2f-3e1a5f5b8a11");
    attempt.delivery.event = std::make_shared<const delivery::EventPayload>(event_);
    attempt.number = number;
    attempt.timeout = timeout_;
    auto promise = std::make_shared<std::promise<delivery::AttemptOutcome>>();
    auto future = promise->get_future();
    const bool posted = loop_->Post([this, promise, attempt = std::move(attempt)]() mutable {
      sink_->Start(std::move(attempt), [promise](delivery::AttemptOutcome outcome) {
        promise->set_value(std::move(outcome));
      });
    });
    EXPECT_TRUE(posted);
    return future;
  }

  /// The value of a header of a request's text; "" if it has none, and a failure if it has two.
  static std::string Header(std::string_view request, std::string_view name) {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = request.find(start);
    if (at == std::string_view::npos) return "";
    EXPECT_EQ(request.find(start, at + 1), std::string_view::npos) << name;
    const std::size_t from = at + start.size();
    return std::string(request.substr(from, request.find("\r\n", from) - from));
  }
  static std::string BodyOf(std::string_view request) {
    return std::string(request.substr(request.find("\r\n\r\n") + 4));
  }

  std::chrono::milliseconds timeout_{6000};
  settings::App app_;
  delivery::EventPayload event_;
  std::unique_ptr<net::HttpLoop> loop_;
  std::unique_ptr<HttpSink> sink_;
};

/// Answers every request with the same status.
inline test_support::RawServer::Script Always(int status, std::string headers = "") {
  return [status, headers](test_support::RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(status, "", headers);
  };
}

}  // namespace hookline::sinks
