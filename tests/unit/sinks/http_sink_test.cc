#include "sinks/http_sink.h"

#include <gtest/gtest.h>

#include "hookline/signature.h"
#include "hookline/webhook.h"
#include "sink_fixture.h"

namespace hookline::sinks {
namespace {

using delivery::AttemptOutcome;
using test_support::RawConnection;
using test_support::RawServer;

class HttpSinkTest : public SinkFixture {};

TEST_F(HttpSinkTest, PostsTheExactBytesWithTheFourHeaders) {
  RawServer server(Always(200));
  const AttemptOutcome outcome = Start(server.url("/in"), 3).get();
  EXPECT_TRUE(outcome.succeeded());
  EXPECT_GT(outcome.elapsed.count(), 0);

  const std::string request = server.request_texts().at(0);
  EXPECT_TRUE(request.starts_with("POST /in HTTP/1.1\r\n")) << request;
  EXPECT_EQ(BodyOf(request), *event_.body_v1);
  EXPECT_EQ(Header(request, "Content-Type"), "application/json");
  EXPECT_EQ(Header(request, "X-Webhook-Id"), "5d0c7c1e-2a55-4e0a-9d2f-3e1a5f5b8a11");
  EXPECT_EQ(Header(request, "X-Webhook-Attempt"), "3");
  EXPECT_EQ(Header(request, "X-Api-Key"), "key1");
  EXPECT_TRUE(Header(request, "User-Agent").starts_with("hookline/"));
  EXPECT_TRUE(webhook::VerifySignature(BodyOf(request), Header(request, "X-Signature"), "secret1"));
  EXPECT_EQ(request.find("\r\nExpect:"), std::string::npos);
  EXPECT_EQ(request.find("\r\nAuthorization:"), std::string::npos);
}

TEST_F(HttpSinkTest, TheOldestKeySignsAndARetiredOneNoLonger) {
  RawServer server(Always(200));
  Start(server.url()).get();
  app_.keys.erase(app_.keys.begin());
  Start(server.url()).get();
  const std::string request = server.request_texts().at(1);
  EXPECT_EQ(Header(request, "X-Api-Key"), "key2");
  EXPECT_TRUE(webhook::VerifySignature(BodyOf(request), Header(request, "X-Signature"), "secret2"));
}

TEST_F(HttpSinkTest, TwoAppsWithTheSameBodySignWithTheirOwnSecrets) {
  RawServer server(Always(200));
  Start(server.url()).get();
  app_.id = AppId{8};
  app_.keys = {{"other", "secret-of-other", {}, {}}};
  Start(server.url()).get();
  const std::string request = server.request_texts().at(1);
  EXPECT_EQ(Header(request, "X-Api-Key"), "other");
  EXPECT_TRUE(
      webhook::VerifySignature(BodyOf(request), Header(request, "X-Signature"), "secret-of-other"));
}

TEST_F(HttpSinkTest, FillsTheUrlsTemplate) {
  event_.product = "chat";
  event_.channel_type = "messaging";
  event_.channel_id = "dock/4";
  event_.cid = "messaging:dock/4";
  RawServer server(Always(200));
  Start(server.url("/{app_id}/{type}/{channel_id}?cid={cid}&u={user_id}&p={product}")).get();
  EXPECT_TRUE(server.request_texts().at(0).starts_with(
      "POST /7/message.new/dock%2F4?cid=messaging%3Adock%2F4&u=&p=chat HTTP/1.1\r\n"))
      << server.request_texts().at(0);
}

TEST_F(HttpSinkTest, SendsTheFormatThatTheHookWantsIfTheEventHasIt) {
  RawServer server(Always(200));
  app_.hooks[0].payload_v2 = true;
  Start(server.url()).get();
  EXPECT_EQ(BodyOf(server.request_texts().at(0)), *event_.body_v1);
  event_.body_v2 = std::make_shared<const std::string>(R"({"two":2})");
  Start(server.url()).get();
  const std::string request = server.request_texts().at(1);
  EXPECT_EQ(BodyOf(request), R"({"two":2})");
  EXPECT_TRUE(webhook::VerifySignature(R"({"two":2})", Header(request, "X-Signature"), "secret1"));
  app_.hooks[0].payload_v2 = false;
  Start(server.url()).get();
  EXPECT_EQ(BodyOf(server.request_texts().at(2)), *event_.body_v1);
}

TEST_F(HttpSinkTest, CompressesOnlyLongBodiesAndSignsThePlainBytes) {
  RawServer server(Always(200));
  app_.fields_json = R"({"enable_hook_payload_compression":true})";
  Start(server.url()).get();
  EXPECT_EQ(Header(server.request_texts().at(0), "Content-Encoding"), "");
  EXPECT_EQ(BodyOf(server.request_texts().at(0)), *event_.body_v1);

  const std::string body = R"({"type":"message.new","text":")" + std::string(1000, 'x') + "\"}";
  event_.body_v1 = std::make_shared<const std::string>(body);
  Start(server.url()).get();
  const std::string request = server.request_texts().at(1);
  EXPECT_EQ(Header(request, "Content-Encoding"), "gzip");
  EXPECT_LT(BodyOf(request).size(), 200u);
  EXPECT_EQ(webhook::GunzipPayload(BodyOf(request)), body);
  EXPECT_TRUE(webhook::VerifySignature(body, Header(request, "X-Signature"), "secret1"));
}

TEST_F(HttpSinkTest, TellsWhatTheReceiverAnswered) {
  RawServer server(Always(503, "Retry-After: 7\r\n"));
  const AttemptOutcome outcome = Start(server.url()).get();
  EXPECT_EQ(outcome.failure, FailureClass::kNone);
  EXPECT_EQ(outcome.status, 503);
  EXPECT_EQ(outcome.retry_after, "7");
  EXPECT_FALSE(outcome.succeeded());
}

TEST_F(HttpSinkTest, TellsWhyThereIsNoAnswer) {
  RawServer resets([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Reset();
  });
  EXPECT_EQ(Start(resets.url()).get().failure, FailureClass::kReset);
  EXPECT_EQ(resets.requests(), 1u);

  const std::string url = RawServer(Always(200)).url();  // Nobody listens there any more.
  EXPECT_EQ(Start(url).get().failure, FailureClass::kRefused);

  EXPECT_EQ(Start("ftp://127.0.0.1/").get().failure, FailureClass::kBlocked);

  RawServer hangs([](RawConnection& connection) { connection.Hang(); });
  timeout_ = std::chrono::milliseconds(50);
  EXPECT_EQ(Start(hangs.url()).get().failure, FailureClass::kTimeout);
}

TEST_F(HttpSinkTest, AnAttemptThatTheLoopGivesUpIsHandedBack) {
  RawServer hangs([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  auto outcome = Start(hangs.url());
  ASSERT_TRUE(hangs.WaitForRequests(1));
  loop_->Stop();
  EXPECT_TRUE(outcome.get().cancelled());
}

TEST_F(HttpSinkTest, AnAppWithoutAKeyCannotSend) {
  app_.keys.clear();
  const AttemptOutcome outcome = Start("http://127.0.0.1:1/").get();
  EXPECT_EQ(outcome.failure, FailureClass::kBlocked);
  EXPECT_FALSE(outcome.detail.empty());
}

}  // namespace
}  // namespace hookline::sinks
