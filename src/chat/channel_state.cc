#include "chat/channel_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <utility>

#include "chat/fields.h"
#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr int kMessagesDefault = 25;
constexpr int kMessagesMax = 300;
constexpr int kMembersMax = 100;
constexpr int kPinnedMax = 10;

Result<int> ReadNumber(json::Value object, std::string_view name, int otherwise, int max) {
  const json::Value value = object[name];
  if (value.IsMissingOrNull()) return otherwise;
  // Query strings turn numbers into strings.
  std::optional<std::int64_t> number = value.AsInt();
  if (!number && value.IsString()) {
    const auto document = json::Document::Parse(*value.AsString());
    if (document) number = document->root().AsInt();
  }
  if (!number || *number < 0) {
    return InputError(fmt::format("{} must be an integer and not negative", name));
  }
  if (*number > max) return InputError(fmt::format("{} must be at most {}", name, max));
  return static_cast<int>(*number);
}

// An option that is misspelt, or of the wrong kind, must not pass for one that was not given.
Result<void> CheckOptions(json::Value body, std::string_view name,
                          std::span<const std::string_view> known) {
  const json::Value options = body[name];
  if (options.IsMissingOrNull()) return {};
  if (!IsMap(options)) return InputError(fmt::format("{} must be an object", name));
  for (const json::Value option : options) {
    if (std::ranges::find(known, option.key()) != known.end() || IsZeroValue(option)) continue;
    return InputError(fmt::format("{}.{} is not an option", name, option.key()));
  }
  return {};
}

}  // namespace

Result<MessagePage> ReadMessagePage(json::Value object, int limit_default, int limit_max) {
  MessagePage page;
  auto limit = ReadNumber(object, "limit", limit_default, limit_max);
  if (!limit) return std::unexpected(limit.error());
  page.limit = *limit;
  for (const auto& [name, field] :
       {std::pair{"id_lt", &page.id_lt}, std::pair{"id_lte", &page.id_lte},
        std::pair{"id_gt", &page.id_gt}, std::pair{"id_gte", &page.id_gte},
        std::pair{"id_around", &page.id_around}}) {
    if (auto read = ReadString(object, name, name, *field); !read) {
      return std::unexpected(read.error());
    }
  }
  for (const auto& [name, field] :
       {std::pair{"created_at_before", &page.created_before},
        std::pair{"created_at_before_or_equal", &page.created_before_or_equal},
        std::pair{"created_at_after", &page.created_after},
        std::pair{"created_at_after_or_equal", &page.created_after_or_equal},
        std::pair{"created_at_around", &page.created_around}}) {
    if (auto read = ReadTime(object[name], name, *field); !read) {
      return std::unexpected(read.error());
    }
  }
  return page;
}

Result<StateOptions> ReadStateOptions(json::Value body) {
  StateOptions options;
  static constexpr auto kMessages =
      Names({"limit", "id_lt", "id_lte", "id_gt", "id_gte", "id_around", "created_at_before",
             "created_at_before_or_equal", "created_at_after", "created_at_after_or_equal",
             "created_at_around"});
  static constexpr auto kPage = Names({"limit", "offset"});
  bool ignored = false;  // Who watches, over which connection, is nothing to this server yet.
  for (const auto& result :
       {CheckOptions(body, "messages", kMessages), CheckOptions(body, "members", kPage),
        CheckOptions(body, "watchers", kPage), ReadBool(body, "state", "state", options.state),
        ReadBool(body, "watch", "watch", ignored),
        ReadBool(body, "presence", "presence", ignored)}) {
    if (!result) return std::unexpected(result.error());
  }
  auto page = ReadMessagePage(body["messages"], kMessagesDefault, kMessagesMax);
  if (!page) return std::unexpected(page.error());
  options.messages = std::move(*page);
  auto limit = ReadNumber(body["members"], "limit", kMembersMax, kMembersMax);
  if (!limit) return std::unexpected(limit.error());
  options.members_limit = *limit;
  auto offset = ReadNumber(body["members"], "offset", 0, 1'000'000);
  if (!offset) return std::unexpected(offset.error());
  options.members_offset = *offset;
  options.watchers = IsMap(body["watchers"]);
  return options;
}

Result<void> WriteChannelState(json::Writer& w, Encoder& encoder, Reader& store,
                               const Channel& channel, const StateOptions& options) {
  const Format format = encoder.format();
  MessagePage page = options.messages;
  if (auto limited = LimitPage(store, channel, options.viewer, page); !limited) return limited;
  w.Key("channel");
  encoder.Channel(w, channel);

  w.Key("messages").BeginArray();
  if (options.state && options.messages.limit > 0) {
    for (const Message& message : store.ListMessages(channel.pk, page)) {
      encoder.Message(w, message, options.viewer);
    }
  }
  w.EndArray();
  w.Key("pinned_messages").BeginArray();
  if (options.state) {
    for (const Message& message :
         store.ListPinned(channel.pk, encoder.now(), page.not_before, options.viewer, kPinnedMax)) {
      encoder.Message(w, message, options.viewer);
    }
  }
  w.EndArray();

  std::vector<Member> members;
  if (options.state && options.members_limit > 0) {
    members = store.ListMembers(channel.pk, options.members_limit, options.members_offset);
  }
  w.Key("members").BeginArray();
  for (const Member& member : members) encoder.Member(w, member);
  w.EndArray();
  w.Key("read").BeginArray();
  for (const Member& member : members) {
    const UserPtr reader = encoder.FindUser(member.user_id);
    const bool others = !options.viewer.empty() && options.viewer != member.user_id;
    if (others && reader && HidesReads(*reader)) continue;
    w.BeginObject();
    w.Key("user");
    encoder.UserById(w, member.user_id);
    // Who never read anything has read nothing since joining.
    WriteTime(w, "last_read", member.last_read_at ? member.last_read_at : member.created_at,
              format);
    w.Field("unread_messages", UnreadIn(channel, member));
    if (!member.last_read_message_id.empty()) {
      w.Field("last_read_message_id", member.last_read_message_id);
    }
    w.EndObject();
  }
  w.EndArray();
  if (!options.viewer.empty()) {
    if (const auto membership = store.FindMember(channel.pk, options.viewer)) {
      w.Key("membership");
      encoder.Member(w, *membership);
      w.Field("hidden", IsHidden(channel, *membership));
      WriteTime(w, "hide_messages_before", membership->history_from, format);
    }
  }
  w.Field("watcher_count", 0);
  if (options.watchers) w.Key("watchers").BeginArray().EndArray();
  w.Key("threads").BeginArray().EndArray();
  w.Key("pending_messages").BeginArray().EndArray();
  return {};
}

}  // namespace hookline::chat
