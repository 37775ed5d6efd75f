#include "chat/giphy.h"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/uuid.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kShownBytesMax = 60;
constexpr int kDots = 24;
constexpr int kWidth = 360;
constexpr int kHeight = 200;

struct Choice {
  std::string_view text, style, value;
};
constexpr std::array kChoices = {Choice{"Send", "primary", "send"},
                                 Choice{"Shuffle", "default", "shuffle"},
                                 Choice{"Cancel", "default", "cancel"}};

// At most kShownBytesMax bytes, not cut inside of a character.
std::string_view Shown(std::string_view text) {
  if (text.size() <= kShownBytesMax) return text;
  std::size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// Text and seed come from a URL: control characters and broken UTF-8 are not XML.
std::string XmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

// FNV-1a, and a step from number to number (both of public knowledge): the picture must be the
// same on every machine, which no hash of the standard library promises.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  return hash;
}
int Next(std::uint64_t& state, int below) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return static_cast<int>((state >> 33U) % static_cast<std::uint64_t>(below));
}

std::string NewSeed() { return ToString(RandomUuid()).substr(0, 8); }

std::string Attachments(const std::string& text, const std::string& url, bool with_actions) {
  json::Writer w;
  w.BeginArray().BeginObject();
  w.Field("type", "giphy");
  w.Field("title", text);
  w.Field("title_link", url);
  w.Field("thumb_url", url);
  if (with_actions) {
    w.Key("actions").BeginArray();
    for (const Choice& choice : kChoices) {
      w.BeginObject();
      w.Field("name", "image_action");
      w.Field("text", choice.text);
      w.Field("style", choice.style);
      w.Field("type", "button");
      w.Field("value", choice.value);
      w.EndObject();
    }
    w.EndArray();
  }
  w.EndObject().EndArray();
  return w.Take();
}

// The address of the picture that the message shows now.
std::string UrlShown(const Message& message) {
  const auto attachments = json::Document::Parse(message.attachments_json, json::Source::kStored);
  if (!attachments || attachments->root().size() == 0) return {};
  return std::string((*attachments->root().begin())["thumb_url"].AsString().value_or(""));
}

}  // namespace

std::string GiphyUrl(std::string_view public_url, std::string_view text, std::string_view seed) {
  return fmt::format("{}/giphy/{}.svg?text={}", public_url, seed, PercentEncoded(Shown(text)));
}

std::string GiphySvg(std::string_view text, std::string_view seed) {
  const std::string_view shown = Shown(text);
  std::uint64_t state = Hash(seed) ^ (Hash(shown) << 1U);
  std::string svg = fmt::format(
      R"x(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">)x"
      R"x(<rect width="{0}" height="{1}" fill="hsl({2},60%,30%)"/>)x",
      kWidth, kHeight, Next(state, 360));
  for (int i = 0; i < kDots; ++i) {
    const int x = Next(state, kWidth);
    const int y = Next(state, kHeight);
    const int radius = 4 + Next(state, 28);
    const int hue = Next(state, 360);
    const int tenths = 12 + Next(state, 20);
    svg += fmt::format(
        R"x(<circle cx="{}" cy="{}" r="{}" fill="hsl({},80%,60%)" opacity="0.5">)x"
        R"x(<animate attributeName="r" values="{};{};{}" dur="{}.{}s" repeatCount="indefinite"/>)x"
        R"x(</circle>)x",
        x, y, radius, hue, radius, radius / 2, radius, tenths / 10, tenths % 10);
  }
  svg += fmt::format(R"x(<text x="{}" y="{}" fill="#fff" font-family="sans-serif" font-size="24" )x"
                     R"x(text-anchor="middle" dominant-baseline="middle">{}</text></svg>)x",
                     kWidth / 2, kHeight / 2, XmlEscaped(shown));
  return svg;
}

Message StartGiphy(Context& context, Draft draft, const BuiltInOptions& options) {
  Message& message = draft.message;
  message.attachments_json =
      Attachments(message.args, GiphyUrl(options.public_url, message.args, NewSeed()), true);
  return SaveEphemeral(context, std::move(draft), options.ephemeral_lifetime);
}

bool IsGiphy(const Message& message) { return message.command == "giphy"; }

Result<std::optional<Message>> RunGiphyAction(Context& context, EphemeralAction action,
                                              const BuiltInOptions& options) {
  Message& message = action.message;
  const std::string_view choice = action.Find("image_action").value_or("");
  if (choice == "send") {
    message.attachments_json = Attachments(message.args, UrlShown(message), false);
    auto sent = CommitEphemeral(context, std::move(message));
    if (!sent) return std::unexpected(sent.error());
    return std::optional<Message>(std::move(*sent));
  }
  if (choice == "shuffle") {
    message.attachments_json =
        Attachments(message.args, GiphyUrl(options.public_url, message.args, NewSeed()), true);
    return std::optional<Message>(
        ReplaceEphemeral(context, std::move(message), options.ephemeral_lifetime));
  }
  if (choice == "cancel") {
    DeleteEphemeral(context, message);
    return std::optional<Message>();
  }
  return InputError("form_data.image_action must be one of [send shuffle cancel]");
}

}  // namespace hookline::chat
