// Whatever a hook answers, the message is the original or the original with permitted changes only.
// Random answers (built-in names, wrong types, deep nesting, huge numbers, repeated names, broken
// text) against an oracle that knows each top-level member as it was written.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "chat/message_fields.h"
#include "chat/message_rewrite.h"
#include "chat/messages.h"

namespace hookline::chat {
namespace {

struct Member {
  std::string name;
  std::string value;  // JSON text.
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool Chance(std::uint32_t percent) { return Below(100) < percent; }

  template <std::size_t N>
  std::string_view Pick(const std::array<std::string_view, N>& items) {
    return items[Below(N)];
  }

  std::string Name() {
    static constexpr std::array<std::string_view, 6> kRewritable = {
        "text", "i18n", "show_in_channel", "silent", "type", "attachments"};
    static constexpr std::array<std::string_view, 30> kOthers = {"id",
                                                                 "user",
                                                                 "user_id",
                                                                 "cid",
                                                                 "html",
                                                                 "mml",
                                                                 "command",
                                                                 "args",
                                                                 "created_at",
                                                                 "updated_at",
                                                                 "deleted_at",
                                                                 "latest_reactions",
                                                                 "reaction_counts",
                                                                 "reply_count",
                                                                 "parent_id",
                                                                 "mentioned_users",
                                                                 "quoted_message_id",
                                                                 "pinned",
                                                                 "pinned_by",
                                                                 "shadowed",
                                                                 "restricted_visibility",
                                                                 "channel",
                                                                 "thread_participants",
                                                                 "poll_id",
                                                                 "moderation",
                                                                 "member",
                                                                 "reaction_groups",
                                                                 "own_reactions",
                                                                 "pin_expires",
                                                                 "shared_location"};
    static constexpr std::array<std::string_view, 12> kCustom = {
        "a",    "b",       "price",       "",       "a.b",        "__proto__", "Text",
        "ключ", "q\"uote", "line\nbreak", "custom", "constructor"};
    switch (Below(3)) {
      case 0:
        return std::string(Pick(kRewritable));
      case 1:
        return std::string(Pick(kOthers));
      default:
        return std::string(Pick(kCustom));
    }
  }

  std::string Number() {
    static constexpr std::array<std::string_view, 12> kNumbers = {
        "1.10",   "1e300", "12345678901234567890", "-0",  "0", "-1.50E+007",
        "1E-999", "0.1",   "9007199254740993",     "3.0", "7", "-12345678901234567890.123456789"};
    return std::string(Pick(kNumbers));
  }

  std::string Text() {
    static constexpr std::array<std::string_view, 10> kTexts = {
        "error",   "ephemeral",
        "regular", "system",
        "",        "<b>&\"",
        "hello",   "ключ",
        "tab\t",   "a text that is longer than the limit of forty bytes"};
    return std::string(Pick(kTexts));
  }

  std::string Value(int depth) {
    switch (Below(depth > 0 ? 7 : 5)) {
      case 0:
        return Number();
      case 1:
        return Chance(50) ? "true" : "false";
      case 2:
        return "null";
      case 3:
      case 4:
        return json::Quoted(Text());
      case 5: {
        std::string list = "[";
        const std::uint32_t items = Chance(5) ? 31 : Below(4);
        for (std::uint32_t i = 0; i < items; ++i) {
          if (i > 0) list += " , ";
          list += Chance(80) ? Object(Members(depth - 1, 3)) : Value(depth - 1);
        }
        return list + "]";
      }
      default:
        return Chance(3) ? std::string(80, '[') + std::string(80, ']')
                         : Object(Members(depth - 1, 4));
    }
  }

  // Of a kind that suits the name more often than not.
  std::string ValueFor(const std::string& name, int depth) {
    if (Chance(40)) return Value(depth);
    if (name == "silent" || name == "show_in_channel") return Chance(50) ? "true" : "false";
    if (name == "text" || name == "type" || name == "mml") return json::Quoted(Text());
    if (name == "attachments") return "[" + Object(Members(depth - 1, 3)) + "]";
    if (name == "i18n") return R"({"language":"en", "de_text":)" + json::Quoted(Text()) + "}";
    return Value(depth);
  }

  std::vector<Member> Members(int depth, std::uint32_t most) {
    std::vector<Member> members;
    for (std::uint32_t left = Below(most + 1); left > 0; --left) {
      std::string name = Name();
      std::string value = ValueFor(name, depth > 0 ? depth : 0);
      members.push_back({std::move(name), std::move(value)});
    }
    return members;
  }

  // With white space and escapes that must not matter.
  std::string Object(const std::vector<Member>& members) {
    std::string text = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) text += ",";
      if (Chance(20)) text += "\n ";
      text += Chance(15) ? EscapedName(members[i].name) : json::Quoted(members[i].name);
      text += Chance(20) ? " : " : ":";
      text += members[i].value;
    }
    return text + "}";
  }

 private:
  static std::string EscapedName(const std::string& name) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string text = "\"";
    for (const char c : name) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80) return json::Quoted(name);
      text += "\\u00";
      text += kHex[byte >> 4U];
      text += kHex[byte & 15U];
    }
    return text + "\"";
  }

  std::mt19937_64 random_;
};

std::map<std::string, std::string> MembersOf(const std::string& object_json) {
  std::map<std::string, std::string> members;
  const auto document = json::Document::Parse(object_json);
  EXPECT_TRUE(document) << object_json;
  if (!document) return members;
  EXPECT_TRUE(document->root().IsObject()) << object_json;
  for (const json::Value member : document->root()) {
    EXPECT_TRUE(members.emplace(member.key(), member.raw()).second)
        << "repeated name in " << object_json;
  }
  return members;
}

Message RandomMessage(Generator& random) {
  Message message;
  message.pk = MessageId{static_cast<std::int64_t>(random.Below(2))};
  message.app = AppId{1};
  message.channel = ChannelId{2};
  message.cid = "messaging:dock-4";
  message.id = "m1";
  message.user_id = "mara";
  message.text = "original";
  message.html = RenderHtml(message.text);
  message.mml = random.Chance(50) ? "<mml/>" : "";
  message.type = random.Chance(30) ? "ephemeral" : random.Chance(30) ? "reply" : "regular";
  message.command = random.Chance(50) ? "ticket" : "";
  message.parent_id = message.type == "reply" ? "parent" : "";
  message.attachments_json = random.Chance(50) ? "[]" : R"([{"type":"image","size":1.50}])";
  message.mentioned_user_ids = {"olaf"};
  message.restricted_visibility = {"mara"};
  message.pinned = random.Chance(50);
  message.reply_count = 3;
  message.reaction_groups = {{"like", 2, 2, Timestamp{1}, Timestamp{2}}};
  message.created_at = Timestamp{1'000};
  message.custom_json = random.Chance(50) ? "{}" : R"({"price":2.50,"b":[1, 2],"keep":-0})";
  return message;
}

// What a member of a flat or nested custom object may be called.
bool IsCustom(const std::string& name) { return name != "custom" && !IsMessageField(name); }

struct Oracle {
  std::map<std::string, std::string> last;    // Of each top-level name, its last value.
  std::map<std::string, std::string> custom;  // Expected custom fields.

  std::optional<std::string> Last(const std::string& name) const {
    const auto found = last.find(name);
    return found == last.end() ? std::nullopt : std::optional(found->second);
  }
};

// The last value of a name counts, at the first one's place.
std::vector<Member> WithoutRepeated(const std::vector<Member>& members) {
  std::vector<Member> kept;
  for (const Member& member : members) {
    const auto known = std::ranges::find(kept, member.name, &Member::name);
    if (known == kept.end()) {
      kept.push_back(member);
    } else {
      known->value = member.value;
    }
  }
  return kept;
}

// What an answer is laid over: a command handler's takes the place of what was drafted.
Message Under(Message message, HookRole role) {
  if (role != HookRole::kCommandHandler) return message;
  message.text.clear();
  message.attachments_json = "[]";
  message.custom_json = "{}";
  message.silent = false;
  if (!message.parent_id.empty()) message.show_in_channel = false;
  return message;
}

Oracle Predict(const Message& original, const std::vector<Member>& members) {
  Oracle oracle;
  oracle.custom = MembersOf(original.custom_json);
  for (const Member& member : WithoutRepeated(members)) {
    // What an answer is carried on as: its canonical form.
    const auto parsed = json::Document::Parse(member.value);
    const std::string value = parsed ? std::string(parsed->root().raw()) : member.value;
    oracle.last[member.name] = value;
    if (IsCustom(member.name)) oracle.custom[member.name] = value;
    if (member.name == "custom" && member.value.starts_with('{')) {
      const auto nested = json::Document::Parse(member.value);
      EXPECT_TRUE(nested) << member.value;
      std::string namesakes;  // Of built-in fields.
      for (const json::Value inner : nested->root()) {
        if (IsCustom(std::string(inner.key()))) {
          oracle.custom[std::string(inner.key())] = inner.raw();
        } else {
          namesakes += namesakes.empty() ? "" : ",";
          namesakes += json::Quoted(inner.key()) + ":" + std::string(inner.raw());
        }
      }
      if (!namesakes.empty()) oracle.custom["custom"] = "{" + namesakes + "}";
    }
  }
  return oracle;
}

// True of any outcome, whatever was answered.
void ExpectOnlyPermittedChanges(const Message& original, const Message& result, HookRole role) {
  Message permitted = original;
  permitted.text = result.text;
  permitted.html = result.html;
  permitted.i18n_json = result.i18n_json;
  permitted.show_in_channel = result.show_in_channel;
  permitted.silent = result.silent;
  permitted.type = result.type;
  permitted.attachments_json = result.attachments_json;
  permitted.custom_json = result.custom_json;
  if (role == HookRole::kCommandHandler) permitted.mml = result.mml;
  EXPECT_EQ(result, permitted);
  EXPECT_EQ(result.html, RenderHtml(result.text));
  if (result.type != original.type) {
    const bool by_command = role == HookRole::kCommandHandler && result.type == "ephemeral";
    EXPECT_TRUE(by_command || result.type == "error" || result.type == "system" ||
                result.type == (original.parent_id.empty() ? "regular" : "reply"))
        << result.type;
  }
  for (const auto& [name, value] : MembersOf(result.custom_json)) {
    EXPECT_TRUE(IsCustom(name) || name == "custom") << name;
  }
  const auto attachments = json::Document::Parse(result.attachments_json);
  ASSERT_TRUE(attachments);
  EXPECT_TRUE(attachments->root().IsArray());
  EXPECT_LE(attachments->root().size(), 30U);
}

// Every field is the original's or what the answer has for it, text for text.
void ExpectAsAnswered(const Message& original, const Message& result, const Oracle& oracle) {
  EXPECT_EQ(MembersOf(result.custom_json), oracle.custom);
  const auto text = oracle.Last("text");
  if (text && text->starts_with('"')) {
    EXPECT_EQ(json::Quoted(result.text), *text);
  } else {
    EXPECT_EQ(result.text, original.text);
  }
  const auto attachments = oracle.Last("attachments");
  if (attachments == "null" || attachments == "[]") {
    EXPECT_EQ(result.attachments_json, "[]");
  } else if (attachments && attachments->starts_with('[') && result.type != "error") {
    EXPECT_EQ(result.attachments_json, *attachments);
  } else if (!attachments || !attachments->starts_with('[')) {
    EXPECT_EQ(result.attachments_json, original.attachments_json);
  }
  for (const auto& [name, before, after] :
       {std::tuple("silent", original.silent, result.silent),
        std::tuple("show_in_channel", original.show_in_channel, result.show_in_channel)}) {
    const auto value = oracle.Last(name);
    EXPECT_EQ(after, value == "true" || (value != "false" && before)) << name;
  }
  EXPECT_EQ(result.type == "error", oracle.Last("type") == "\"error\"");
}

TEST(MessageRewritePropertyTest, OnlyPermittedChangesWhateverIsAnswered) {
  ChannelType config;
  config.max_message_length = 40;
  int applied = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator random(seed);
    const Message original = RandomMessage(random);
    const HookRole role =
        random.Chance(50) ? HookRole::kCommandHandler : HookRole::kBeforeMessageSend;
    const std::vector<Member> members = random.Members(4, 8);
    std::vector<Member> outer = random.Members(1, 2);
    outer.push_back({"message", random.Object(members)});
    std::string body = random.Object(outer);
    const bool damaged = random.Chance(20);
    for (std::uint32_t left = damaged ? 1 + random.Below(3) : 0; left > 0; --left) {
      const auto place = random.Below(static_cast<std::uint32_t>(body.size()));
      if (random.Chance(50)) {
        body[place] = static_cast<char>(random.Below(256));
      } else {
        body.erase(place, 1 + random.Below(4));
        if (body.empty()) break;
      }
    }
    SCOPED_TRACE(body);

    const auto answer = ParseHookAnswer(body, role == HookRole::kCommandHandler);
    Message result = original;
    std::optional<HookVerdict> verdict;
    if (answer) {
      const auto rewritten = ApplyRewrite(config, Limits(), answer->message, role, result);
      if (rewritten) verdict = *rewritten;
    }
    ExpectOnlyPermittedChanges(original, result, role);
    if (!verdict) {
      ++refused;
      EXPECT_EQ(result, original);
    } else {
      ++applied;
      EXPECT_EQ(*verdict == HookVerdict::kDiscard, result.type == "error");
      EXPECT_EQ(*verdict == HookVerdict::kEphemeral, result.type == "ephemeral");
      if (!damaged) {
        const Message under = Under(original, role);
        ExpectAsAnswered(under, result, Predict(under, members));
      }
    }
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  // The generator reaches both ends.
  EXPECT_GT(applied, 2'000);
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace hookline::chat
