// Goal: queue messages are understood in every form that a sender may choose.
// Method: one event as raw JSON, base64, and base64 of gzip, bare and in SNS envelopes.
#include <gtest/gtest.h>

#include "hookline/webhook.h"
#include "vectors.h"

namespace hookline::webhook {
namespace {

using vectors::ExpectError;
using vectors::kEvent;
using vectors::kEventBase64;
using vectors::kEventGzipBase64;

std::string Envelope(std::string_view message) {
  std::string escaped;
  for (const char c : message) {
    if (c == '"') escaped += '\\';
    escaped += c;
  }
  return R"({"Type":"Notification","MessageId":"9a0c","TopicArn":"arn:aws:sns:eu-west-1:1:t",)"
         R"("Message":")" +
         escaped + R"(","SignatureVersion":"1"})";
}

TEST(DecodeSqsPayloadTest, TakesEveryForm) {
  EXPECT_EQ(DecodeSqsPayload(kEvent), kEvent);
  EXPECT_EQ(DecodeSqsPayload(kEventBase64), kEvent);
  EXPECT_EQ(DecodeSqsPayload(kEventGzipBase64), kEvent);
  EXPECT_EQ(DecodeSqsPayload(vectors::Unhex(vectors::kEventGzipHex)), kEvent);
}

TEST(DecodeSqsPayloadTest, IgnoresWhiteSpaceAround) {
  EXPECT_EQ(DecodeSqsPayload(" \n" + std::string(kEvent) + "\r\n\t"), kEvent);
  EXPECT_EQ(DecodeSqsPayload(" \n" + std::string(kEventBase64) + "\r\n\t"), kEvent);
}

TEST(DecodeSqsPayloadTest, DecodesEveryLengthAndByte) {
  EXPECT_EQ(DecodeSqsPayload(""), "");
  EXPECT_EQ(DecodeSqsPayload("Zg=="), "f");
  EXPECT_EQ(DecodeSqsPayload("Zm8="), "fo");
  EXPECT_EQ(DecodeSqsPayload("Zm9v"), "foo");
  EXPECT_EQ(DecodeSqsPayload("Zm9vYg=="), "foob");
  EXPECT_EQ(DecodeSqsPayload("+/A="), "\xfb\xf0");
  EXPECT_EQ(DecodeSqsPayload("AP8A"), std::string("\0\xff\0", 3));
}

TEST(DecodeSqsPayloadTest, RefusesWhatIsNeitherJsonNorBase64) {
  for (const std::string_view body :
       {"hello, world", "Zg",       "Zg=",    "Zg===",      "A===", "Z===", "====",  "=",    "Z",
        "Zm9vYg",       "Zm=v",     "=m9v",   "Zm9v\nYg==", "Zm9-", "Zm9_", "Zm 9v", "Zh==", "Zm9=",
        "[1]",          "\"Zm9v\"", "Zm9\xc3"}) {
    SCOPED_TRACE(body);
    ExpectError(WebhookErrorCode::kInvalidBase64, "invalid base64 encoding",
                [&] { DecodeSqsPayload(body); });
    ExpectError(WebhookErrorCode::kInvalidBase64, "invalid base64 encoding",
                [&] { ParseSqs(body); });
    ExpectError(WebhookErrorCode::kInvalidBase64, "invalid base64 encoding",
                [&] { DecodeSnsPayload(body); });
  }
}

TEST(DecodeSqsPayloadTest, ReportsDamagedGzip) {
  std::string damaged(kEventGzipBase64);
  damaged[40] = damaged[40] == 'A' ? 'B' : 'A';
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [&] { DecodeSqsPayload(damaged); });
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [&] { ParseSns(Envelope(damaged)); });
}

TEST(DecodeSqsPayloadTest, AppliesTheLimit) {
  EXPECT_EQ(DecodeSqsPayload(kEventGzipBase64, kEvent.size()), kEvent);
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [] { DecodeSqsPayload(kEventGzipBase64, kEvent.size() - 1); });
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [] { ParseSqs(kEventGzipBase64, kEvent.size() - 1); });
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
              [] { ParseSns(Envelope(kEventGzipBase64), kEvent.size() - 1); });
}

TEST(DecodeSnsPayloadTest, UnwrapsEveryForm) {
  EXPECT_EQ(DecodeSnsPayload(Envelope(kEvent)), kEvent);
  EXPECT_EQ(DecodeSnsPayload(Envelope(kEventBase64)), kEvent);
  EXPECT_EQ(DecodeSnsPayload(Envelope(kEventGzipBase64)), kEvent);
  EXPECT_EQ(DecodeSnsPayload("\n " + Envelope(kEventGzipBase64) + "\n"), kEvent);
}

TEST(DecodeSnsPayloadTest, TakesTheMessageItself) {
  EXPECT_EQ(DecodeSnsPayload(kEvent), kEvent);
  EXPECT_EQ(DecodeSnsPayload(kEventBase64), kEvent);
  EXPECT_EQ(DecodeSnsPayload(kEventGzipBase64), kEvent);
}

TEST(DecodeSnsPayloadTest, UnwrapsOnlyATopLevelStringNamedMessage) {
  for (const std::string_view body : {R"({"Message":{"type":"x"}})", R"({"Message":null})",
                                      R"({"message":"eA=="})", R"({"x":{"Message":"eA=="}})"}) {
    EXPECT_EQ(DecodeSnsPayload(body), body);
  }
}

TEST(ParseSqsTest, GivesTheEvent) {
  for (const std::string_view body : {kEvent, kEventBase64, kEventGzipBase64}) {
    EXPECT_EQ(ParseSqs(body).type(), "message.new");
    EXPECT_EQ(ParseSqs(body).json(), kEvent);
  }
}

TEST(ParseSqsTest, ReportsWhatIsNotAnEvent) {
  for (const std::string_view body : {"", "{", "{\"type\":}", "Zm9v", "bnVsbA=="}) {
    SCOPED_TRACE(body);
    ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload", [&] { ParseSqs(body); });
    ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload", [&] { ParseSns(body); });
    ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload",
                [&] { ParseSns(R"({"Message":"Zm9v"})"); });
  }
}

TEST(ParseSnsTest, GivesTheEvent) {
  for (const std::string_view body : {kEvent, kEventBase64, kEventGzipBase64}) {
    EXPECT_EQ(ParseSns(body).json(), kEvent);
    EXPECT_EQ(ParseSns(Envelope(body)).json(), kEvent);
    EXPECT_EQ(ParseSns(Envelope(body)).type(), "message.new");
  }
}

TEST(TryParseTest, ReturnsWhatTheOthersThrow) {
  EXPECT_EQ(std::get<Event>(TryParseSqs(kEventGzipBase64)).json(), kEvent);
  EXPECT_EQ(std::get<Event>(TryParseSns(Envelope(kEvent))).json(), kEvent);
  const EventOrError not_base64 = TryParseSqs("!");
  EXPECT_EQ(std::get<InvalidWebhookError>(not_base64).code(), WebhookErrorCode::kInvalidBase64);
  const EventOrError not_json = TryParseSns("{]");
  EXPECT_STREQ(std::get<InvalidWebhookError>(not_json).what(), "invalid JSON payload");
}

}  // namespace
}  // namespace hookline::webhook
