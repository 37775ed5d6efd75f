// Every setting of a channel type, and of a channel: what follows from it, or that it is refused by
// name. Each row of the table has its line here.
#include "chat/type_settings.h"

#include <fmt/core.h>

#include <functional>
#include <map>
#include <string>

#include "chat/catalog.h"
#include "chat/channel_types.h"
#include "chat/moderation_requests.h"
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class TypeSettingsTest : public ChatTest {
 protected:
  TypeSettingsTest() {
    MakeChannel("room", {"ann", "bob"});
    EXPECT_DONE(Send("room", R"({"id":"m","text":"hello","user_id":"ann"})"));
  }

  Result<ChannelTypePtr> UpdateType(std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return UpdateChannelType(c, "messaging", body.root()); });
  }
  Result<Flag> FlagFor(std::string_view reason) {
    const test::Json body(
        fmt::format(R"({{"target_message_id":"m","user_id":"bob","reason":"{}"}})", reason));
    return Do(Server(), [&](Context& c) { return RequestFlag(c, body.root()); });
  }
  ChannelType Config() {
    return Look([&](Tx& tx) { return ConfigOf(tx, *tx.FindChannel(app_, "messaging", "room")); });
  }
  std::string ConfigJson() {
    return Look([&](Tx& tx) {
      json::Writer w;
      WriteChannelConfig(w, ConfigOf(tx, *tx.FindChannel(app_, "messaging", "room")), Format::kV1);
      return w.Take();
    });
  }
  std::string Grants() {
    return Look([&](Tx& tx) {
      json::Writer w;
      WriteGrants(w, *tx.FindCatalog(app_)->FindType("messaging"));
      return w.Take();
    });
  }

  struct Effect {
    std::string value;
    std::function<void()> see;
  };

  // What is carried out.
  std::map<std::string_view, Effect> Effects() {
    const auto shown = [this](std::string_view member) {
      return [this, member] {
        EXPECT_NE(ConfigJson().find(member), std::string::npos) << ConfigJson();
      };
    };
    return {
        {"typing_events",
         {"false",
          [this] {
            EXPECT_KIND(SendEvent("room", R"({"type":"typing.start","user_id":"ann"})"),
                        ErrorKind::kEventNotSupported);
            EXPECT_KIND(SendEvent("room", R"({"type":"typing.stop","user_id":"ann"})"),
                        ErrorKind::kEventNotSupported);
          }}},
        {"read_events",
         {"false",
          [this] {
            EXPECT_KIND(Read("room", R"({"user_id":"ann"})"), ErrorKind::kEventNotSupported);
          }}},
        {"custom_events",
         {"false",
          [this] {
            EXPECT_KIND(SendEvent("room", R"({"type":"crane_moved","user_id":"ann"})"),
                        ErrorKind::kEventNotSupported);
          }}},
        {"reactions",
         {"false",
          [this] {
            EXPECT_KIND(React("m", R"({"reaction":{"type":"like","user_id":"bob"}})"),
                        ErrorKind::kFeatureNotSupported);
          }}},
        {"replies",
         {"false",
          [this] {
            EXPECT_KIND(Send("room", R"({"text":"x","parent_id":"m","user_id":"ann"})"),
                        ErrorKind::kFeatureNotSupported);
          }}},
        {"quotes",
         {"false",
          [this] {
            EXPECT_KIND(Send("room", R"({"text":"x","quoted_message_id":"m","user_id":"ann"})"),
                        ErrorKind::kFeatureNotSupported);
          }}},
        {"count_messages",
         {"false",
          [this] {
            EXPECT_EQ(Look([&](Tx& tx) {
                        Encoder encoder(tx, app_, Format::kV1, now_);
                        json::Writer w;
                        encoder.Channel(w, *tx.FindChannel(app_, "messaging", "room"));
                        return w.Take();
                      }).find("\"message_count\""),
                      std::string::npos);
          }}},
        {"skip_last_msg_update_for_system_msgs",
         {"true",
          [this] {
            const Timestamp before = FindChannel("room")->last_message_at;
            ASSERT_DONE(Send("room", R"({"type":"system","text":"x","user_id":"ann"})"));
            EXPECT_EQ(FindChannel("room")->last_message_at, before);
          }}},
        {"max_message_length",
         {"3",
          [this] {
            EXPECT_KIND(Send("room", R"({"text":"long","user_id":"ann"})"),
                        ErrorKind::kMessageTooLong);
          }}},
        {"commands",
         {R"(["giphy"])",
          [this] {
            ASSERT_EQ(Config().commands->list.size(), 1U);
            EXPECT_EQ(Config().commands->list[0].name, "giphy");
          }}},
        {"allowed_flag_reasons",
         {R"(["spam"])",
          [this] {
            EXPECT_KIND(FlagFor("boring"), ErrorKind::kInput);
            EXPECT_DONE(FlagFor("spam"));
          }}},
        // tests/unit/chat/commands_test.cc has what becomes of /mute.
        {"mutes", {"false", [this] { EXPECT_FALSE(Config().mutes); }}},
        // Switched off is what they are: nobody does what they would allow.
        {"connect_events", {"false", shown(R"("connect_events":false)")}},
        {"search", {"false", shown(R"("search":false)")}},
        {"uploads", {"false", shown(R"("uploads":false)")}},
        {"url_enrichment", {"false", shown(R"("url_enrichment":false)")}},
        {"push_notifications", {"false", shown(R"("push_notifications":false)")}},
    };
  }

  // What asks for something that is not done.
  static std::string_view Asking(std::string_view name) {
    static const std::map<std::string_view, std::string_view> kValues = {
        {"delivery_events", "true"},
        {"reminders", "true"},
        {"mark_messages_pending", "true"},
        {"polls", "true"},
        {"user_message_reminders", "true"},
        {"shared_locations", "true"},
        {"message_retention", R"("30")"},
        {"automod", R"("simple")"},
        {"automod_behavior", R"("block")"},
        {"automod_thresholds", R"({"explicit":{"flag":90}})"},
        {"blocklist", R"("rude")"},
        {"blocklist_behavior", R"("shadow_block")"},
        {"blocklists", R"([{"blocklist":"rude","behavior":"flag"}])"},
        {"partition_size", "20"},
        {"partition_ttl", R"("24h0m0s")"},
        {"push_level", R"("mentions")"},
        {"chat_preferences", R"({"default_preference":"none"})"},
        {"permissions",
         R"([{"name":"no","action":"Deny","resources":["*"],"roles":["*"],"priority":9}])"},
        {"grants", R"({"channel_member":[]})"},
    };
    const auto found = kValues.find(name);
    return found == kValues.end() ? std::string_view() : found->second;
  }
};

TEST_F(TypeSettingsTest, EachOfATypeIsCarriedOutOrRefusedByName) {
  const auto effects = Effects();
  for (const TypeSetting& setting : TypeSettings()) {
    SCOPED_TRACE(setting.name);
    const auto effect = effects.find(setting.name);
    ASSERT_EQ(effect != effects.end(), setting.carried_out);
    if (!setting.carried_out) {
      ASSERT_NE(Asking(setting.name), "");
      EXPECT_REFUSED(UpdateType(fmt::format(R"({{"{}":{}}})", setting.name, Asking(setting.name))),
                     ErrorKind::kNotImplemented,
                     fmt::format("{} is not carried out by this server", setting.name));
      continue;
    }
    ASSERT_DONE(UpdateType(fmt::format(R"({{"{}":{}}})", setting.name, effect->second.value)));
    effect->second.see();
    ASSERT_DONE(UpdateType(R"({"typing_events":true,"read_events":true,"custom_events":true,
      "reactions":true,"replies":true,"quotes":true,"max_message_length":5000,
      "allowed_flag_reasons":[]})"));
  }
}

TEST_F(TypeSettingsTest, EachOfAChannelIsCarriedOutOrRefusedByName) {
  const auto effects = Effects();
  const auto set = [this](std::string_view name, std::string_view value) {
    return PatchChannel(
        "room", fmt::format(R"({{"set":{{"config_overrides":{{"{}":{}}}}}}})", name, value));
  };
  for (const TypeSetting& setting : TypeSettings()) {
    SCOPED_TRACE(setting.name);
    const std::string path = fmt::format("config_overrides.{}", setting.name);
    const auto effect = effects.find(setting.name);
    if (!setting.in_overrides) {
      EXPECT_REFUSED(set(setting.name, "null"), ErrorKind::kInput,
                     path + " is not a known setting of a channel");
    } else if (setting.carried_out) {
      ASSERT_DONE(set(setting.name, effect->second.value));
      effect->second.see();
      ASSERT_DONE(PatchChannel("room", R"({"unset":["config_overrides"]})"));
    } else {
      EXPECT_REFUSED(set(setting.name, Asking(setting.name)), ErrorKind::kNotImplemented,
                     path + " is not carried out by this server");
    }
  }
}

// Clients read a type, change one setting, and write everything back.
TEST_F(TypeSettingsTest, WhatIsReadMayBeWritten) {
  ASSERT_DONE(UpdateType(R"({"allowed_flag_reasons":["spam"],"reactions":false})"));
  const std::string before = ConfigJson();
  json::Writer w;
  w.BeginObject().RawMembers(before);
  w.Key("grants").Raw(Grants());
  w.Key("permissions").BeginArray().EndArray();
  w.Field("duration", "1ms").EndObject();
  // Its own name and times are another client's business: see RefusesReserved… of the operations.
  std::string body = w.Take();
  for (const std::string_view name : {"created_at", "updated_at", "name"}) {
    const std::size_t at = body.find(fmt::format("\"{}\":", name));
    body.replace(at, name.size() + 2, "\"duration\"");
  }
  ASSERT_DONE(UpdateType(body));
  EXPECT_EQ(test::Json(ConfigJson()).root()["allowed_flag_reasons"].raw(), R"(["spam"])");
  EXPECT_EQ(test::Json(ConfigJson()).root()["reactions"].AsBool(), false);
}

TEST_F(TypeSettingsTest, WhatAsksForNothingIsAccepted) {
  ASSERT_DONE(UpdateType(R"({"automod":"","automod_behavior":"flag","automod_thresholds":
    {"explicit":{"flag":0,"block":0},"spam":null},"blocklist":"","blocklist_behavior":"","blocklists":
    [],"partition_size":0,"partition_ttl":"","push_level":"all","chat_preferences":{"x":""},
    "permissions":[],"grants":{},"message_retention":"infinite","polls":false,"reminders":false,
    "max_message_length":0})"));
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"blocklist":"","push_level":"",
    "max_message_length":0,"grants":{},"chat_preferences":{},"shared_locations":false,
    "commands":null}}})"));
  EXPECT_EQ(Config().max_message_length, 5000);
}

TEST_F(TypeSettingsTest, UnknownOnesAreRefused) {
  EXPECT_REFUSED(UpdateType(R"({"reaktions":true})"), ErrorKind::kInput,
                 "reaktions is not a known setting of a channel type");
  EXPECT_DONE(UpdateType(R"({"reaktions":null})"));
}

TEST_F(TypeSettingsTest, WhatEveryEventCarriesIsBounded) {
  std::string reasons;
  for (int i = 0; i < 200; ++i) {
    reasons += fmt::format(R"({}"{}{}")", i == 0 ? "" : ",", i, std::string(200, 'x'));
  }
  const auto refused = UpdateType(fmt::format(R"({{"allowed_flag_reasons":[{}]}})", reasons));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInput);
  EXPECT_NE(refused.error().message().find("channel type messaging"), std::string::npos);
  EXPECT_KIND(
      UpdateType(fmt::format(R"({{"chat_preferences":{{"x":"{}"}}}})", std::string(900'000, 'y'))),
      ErrorKind::kNotImplemented);
}

}  // namespace
}  // namespace hookline::chat
