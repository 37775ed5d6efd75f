#include "sinks/webhook_tester.h"

#include <gtest/gtest.h>

#include "hookline/signature.h"
#include "sink_fixture.h"

namespace hookline::sinks {
namespace {

using delivery::AttemptOutcome;
using test_support::RawServer;

class WebhookTesterTest : public SinkFixture {
 protected:
  AttemptOutcome Test(std::string url) {
    std::promise<AttemptOutcome> promise;
    tester_.Test(std::make_shared<const settings::App>(app_), std::move(url),
                 R"({"type":"webhook.test"})",
                 [&](AttemptOutcome outcome) { promise.set_value(std::move(outcome)); });
    return promise.get_future().get();
  }

  WebhookTester tester_{*loop_};
};

TEST_F(WebhookTesterTest, MakesOneSignedCall) {
  RawServer server(Always(500));
  const AttemptOutcome outcome = Test(server.url("/{type}/{cid}"));
  EXPECT_EQ(outcome.status, 500);
  ASSERT_EQ(server.requests(), 1u);
  const std::string request = server.request_texts()[0];
  EXPECT_TRUE(request.starts_with("POST /webhook.test/ HTTP/1.1\r\n")) << request;
  EXPECT_EQ(BodyOf(request), R"({"type":"webhook.test"})");
  EXPECT_EQ(Header(request, "X-Webhook-Attempt"), "1");
  EXPECT_TRUE(ParseUuid(Header(request, "X-Webhook-Id")));
  EXPECT_TRUE(webhook::VerifySignature(BodyOf(request), Header(request, "X-Signature"), "secret1"));
}

TEST_F(WebhookTesterTest, AStoppedLoopAnswersAtOnce) {
  loop_->Stop();
  EXPECT_TRUE(Test("http://127.0.0.1:1/").cancelled());
}

}  // namespace
}  // namespace hookline::sinks
