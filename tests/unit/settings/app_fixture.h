#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/json_writer.h"
#include "fake_tx.h"
#include "settings/apps.h"
#include "settings/encode_app.h"
#include "settings/update_app.h"

namespace hookline::settings {

/// An app in a fake store that is sent PATCH bodies, as the API would.
class AppTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kChannelConfigs =
      R"({"messaging":{"created_at":"2025-01-01T00:00:00Z","name":"messaging","reactions":true,)"
      R"("automod":"disabled","max_message_length":5000,"commands":["giphy","mute"]}})";

  AppTest() { Create(true); }

  void Create(bool use_hook_v2) {
    app_ = (*CreateApp(
                tx_, {"dock", use_hook_v2, GivenKey{"key" + std::to_string(use_hook_v2), "secret"}},
                Timestamp{1'000'000'000}))
               ->id;
  }

  Result<AppPtr> Patch(std::string_view body) {
    const auto document = json::Document::Parse(body);
    EXPECT_TRUE(document) << body;
    PatchOptions options;
    options.allow_http_targets = allow_http_;
    options.now = now_;
    options.payload_v2 = payload_v2_;
    options.capabilities = capabilities_;
    options.channel_configs_json = kChannelConfigs;
    options.new_hook_id = [this] { return "generated-" + std::to_string(++generated_); };
    return UpdateApp(tx_, app_, document->root(), options);
  }
  void PatchOk(std::string_view body) {
    const auto result = Patch(body);
    ASSERT_TRUE(result) << body << ": " << result.error().message();
    EXPECT_EQ(**result, *Stored());
  }
  /// The reason why `body` is refused; checks that nothing was stored of it.
  std::string Refused(std::string_view body, ErrorKind kind = ErrorKind::kInput) {
    const AppPtr before = Stored();
    const auto result = Patch(body);
    EXPECT_EQ(*Stored(), *before) << body;
    if (result) return "not refused: " + std::string(body);
    EXPECT_EQ(result.error().kind(), kind) << body;
    return result.error().message();
  }

  AppPtr Stored() { return tx_.FindApp(app_); }
  const std::vector<EventHook>& Hooks() { return (kept_ = Stored())->hooks; }

  json::Document Get(TimeFormat times = TimeFormat::kRfc3339) {
    json::Writer out;
    EncodeApp(out, *Stored(), kChannelConfigs, times);
    auto document = json::Document::Parse(out.text());
    EXPECT_TRUE(document) << out.text();
    return std::move(*document);
  }
  std::string GetHooks() { return std::string(Get().root()["event_hooks"].raw()); }

  FakeTx tx_;
  AppId app_;
  Timestamp now_{2'000'000'000};
  bool allow_http_ = true;
  bool payload_v2_ = false;
  Capabilities capabilities_{true, true, true, true};
  int generated_ = 0;
  AppPtr kept_;
};

}  // namespace hookline::settings
