#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "hookline/webhook.h"

/// Known answers, computed with Python's hmac, gzip and base64 modules.
namespace hookline::webhook::vectors {

inline constexpr std::string_view kSecret =
    "rpq3c8w5n2m7x4v9z6k1j0h8g5f2d4s7a9q1w3e5r7t9y2u4i6o8p0l3k5j7h9g1";
inline constexpr std::string_view kEvent = R"({"type":"message.new","cid":"messaging:dock-4"})";
inline constexpr std::string_view kEventSignature =
    "c28ebb4f7010bd84805647d6fc5134539cd2809f9311c4c44455e4d3aa960d8d";
inline constexpr std::string_view kEventBase64 =
    "eyJ0eXBlIjoibWVzc2FnZS5uZXciLCJjaWQiOiJtZXNzYWdpbmc6ZG9jay00In0=";
inline constexpr std::string_view kEventGzipBase64 =
    "H4sIAAAAAAACA6tWKqksSFWyUspNLS5OTE/Vy0stV9JRSs5MgYtl5qVbpeQnZ+uaKNUCACZJenAvAAAA";
inline constexpr std::string_view kEventGzipHex =
    "1f8b0800000000000203ab562aa92c4855b252ca4d2d2e4e4c4fd5cb4b2d57d2514ace4c818b65e6a55ba5e42767eb"
    "9a28d5020026497a702f000000";
inline constexpr std::string_view kHelloGzipHex =
    "1f8b0800000000000203cb48cdc9c9070086a6103605000000";
inline constexpr std::string_view kHelloSignature =
    "61e179381fc6b50c2c9029ced8f08223f307fed0be534e497401fa85ca69ebb0";

/// The bytes that a hexadecimal text stands for.
inline std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// Expects that `call` throws InvalidWebhookError with this code and exactly this text.
template <typename Call>
void ExpectError(WebhookErrorCode code, std::string_view what, Call call) {
  try {
    call();
    ADD_FAILURE() << "expected an error: " << what;
  } catch (const InvalidWebhookError& error) {
    EXPECT_EQ(error.code(), code) << error.detail();
    EXPECT_EQ(error.what(), what) << error.detail();
  }
}

}  // namespace hookline::webhook::vectors
