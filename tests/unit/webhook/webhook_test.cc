// Goal: a whole HTTP call is accepted only if it is genuine, and errors come in the right order.
// Method: one event, plain and compressed, with each thing that can be wrong made wrong.
#include "hookline/webhook.h"

#include <gtest/gtest.h>

#include "vectors.h"

namespace hookline::webhook {
namespace {

using vectors::ExpectError;
using vectors::kEvent;
using vectors::kEventSignature;
using vectors::kSecret;
using vectors::Unhex;

const std::string& Compressed() {
  static const std::string compressed = Unhex(vectors::kEventGzipHex);
  return compressed;
}

TEST(VerifyAndParseWebhookTest, AcceptsAPlainCall) {
  const Event event = VerifyAndParseWebhook(kEvent, kEventSignature, kSecret);
  EXPECT_EQ(event.type(), "message.new");
  EXPECT_EQ(event.json(), kEvent);
}

TEST(VerifyAndParseWebhookTest, AcceptsACompressedCallSignedOverThePlainBytes) {
  EXPECT_EQ(VerifyAndParseWebhook(Compressed(), kEventSignature, kSecret).json(), kEvent);
}

TEST(VerifyAndParseWebhookTest, AcceptsASignerAsKey) {
  const Signer signer(kSecret);
  EXPECT_EQ(VerifyAndParseWebhook(kEvent, kEventSignature, signer).type(), "message.new");
  EXPECT_EQ(VerifyAndParseWebhook(Compressed(), kEventSignature, signer).type(), "message.new");
}

TEST(VerifyAndParseWebhookTest, RefusesAWrongSignature) {
  for (const std::string_view body : {std::string_view(kEvent), std::string_view(Compressed())}) {
    for (const std::string_view signature : {std::string_view(), vectors::kHelloSignature}) {
      ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
                  [&] { VerifyAndParseWebhook(body, signature, kSecret); });
      ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
                  [&] { VerifyAndParseWebhook(body, signature, Signer(kSecret)); });
    }
    ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
                [&] { VerifyAndParseWebhook(body, kEventSignature, "another secret"); });
  }
}

TEST(VerifyAndParseWebhookTest, RefusesASignatureOverTheCompressedBytes) {
  const std::string signature = Sign(Compressed(), kSecret);
  ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
              [&] { VerifyAndParseWebhook(Compressed(), signature, kSecret); });
}

TEST(VerifyAndParseWebhookTest, AnEmptySecretMatchesNothing) {
  ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
              [] { VerifyAndParseWebhook(kEvent, kEventSignature, ""); });
}

TEST(VerifyAndParseWebhookTest, GzipFailsBeforeTheSignature) {
  const std::string cut = Compressed().substr(0, 30);
  for (const std::string_view secret : {kSecret, std::string_view("wrong"), std::string_view()}) {
    ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed",
                [&] { VerifyAndParseWebhook(cut, "no signature", secret); });
  }
}

TEST(VerifyAndParseWebhookTest, TheSignatureFailsBeforeTheJson) {
  ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
              [] { VerifyAndParseWebhook("hello", kEventSignature, kSecret); });
  ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload",
              [] { VerifyAndParseWebhook("hello", vectors::kHelloSignature, kSecret); });
  ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload", [] {
    VerifyAndParseWebhook(Unhex(vectors::kHelloGzipHex), vectors::kHelloSignature, kSecret);
  });
}

TEST(VerifyAndParseWebhookTest, DoesNotTakeBase64) {
  ExpectError(WebhookErrorCode::kSignatureMismatch, "signature mismatch",
              [] { VerifyAndParseWebhook(vectors::kEventGzipBase64, kEventSignature, kSecret); });
}

TEST(VerifyAndParseWebhookTest, AppliesTheLimit) {
  const Signer signer(kSecret);
  EXPECT_EQ(VerifyAndParseWebhook(Compressed(), kEventSignature, signer, kEvent.size()).type(),
            "message.new");
  ExpectError(WebhookErrorCode::kGzipFailed, "gzip decompression failed", [&] {
    VerifyAndParseWebhook(Compressed(), kEventSignature, signer, kEvent.size() - 1);
  });
}

TEST(TryVerifyAndParseWebhookTest, ReturnsWhatTheOtherThrows) {
  const Signer signer(kSecret);
  EXPECT_EQ(std::get<Event>(TryVerifyAndParseWebhook(kEvent, kEventSignature, signer)).json(),
            kEvent);
  const EventOrError refused = TryVerifyAndParseWebhook(kEvent, "", signer);
  EXPECT_EQ(std::get<InvalidWebhookError>(refused).code(), WebhookErrorCode::kSignatureMismatch);
  const EventOrError damaged = TryVerifyAndParseWebhook("\x1f\x8b", kEventSignature, signer);
  EXPECT_EQ(std::get<InvalidWebhookError>(damaged).code(), WebhookErrorCode::kGzipFailed);
}

TEST(InvalidWebhookErrorTest, IsAStandardException) {
  try {
    ParseEvent("");
    ADD_FAILURE();
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "invalid JSON payload");
  }
}

}  // namespace
}  // namespace hookline::webhook
