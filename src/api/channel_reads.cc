#include "api/channel_reads.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "chat/access.h"
#include "chat/channel_type.h"
#include "chat/channels.h"
#include "chat/fields.h"
#include "chat/write.h"

namespace hookline::api {
namespace {

constexpr std::size_t kNamedMax = 1000;

struct Marked {
  chat::ChannelPtr channel;
  chat::ReadMark mark;
};

Result<chat::ChannelPtr> RequireOwn(WriteScope& scope, std::string_view cid,
                                    const chat::User& actor) {
  const std::size_t colon = cid.find(':');
  if (colon == std::string_view::npos) {
    return InputError(fmt::format("{} is not a channel's cid (type:id)", cid));
  }
  auto channel =
      chat::RequireChannel(scope.chat.read(), cid.substr(0, colon), cid.substr(colon + 1));
  if (!channel && channel.error().kind() != ErrorKind::kNotFound) return channel;
  if (!channel || !scope.tx.FindMember((*channel)->pk, actor.id)) {
    return InputError(
        fmt::format("read_by_channel: user {} is not a member of channel {}", actor.id, cid));
  }
  return channel;
}

Result<std::vector<Marked>> NamedChannels(WriteScope& scope, json::Value named,
                                          const chat::User& actor, ReadSteps& steps) {
  if (named.size() > kNamedMax) {
    return InputError(fmt::format("read_by_channel may name at most {} channels", kNamedMax));
  }
  steps.more = named.size() > steps.done + kReadStep;
  std::vector<Marked> channels;
  std::size_t index = 0;
  for (const json::Value member : named) {
    const bool turn = index >= steps.done && index < steps.done + kReadStep;
    ++index;
    if (!turn && steps.done > 0) continue;
    auto channel = RequireOwn(scope, member.key(), actor);
    if (!channel) return std::unexpected(channel.error());
    Marked marked{std::move(*channel), {}};
    if (auto read =
            chat::ReadString(named, member.key(), "read_by_channel", marked.mark.message_id);
        !read) {
      return std::unexpected(read.error());
    }
    if (turn) channels.push_back(std::move(marked));
  }
  return channels;
}

Result<std::vector<Marked>> AllChannels(WriteScope& scope, const chat::User& actor,
                                        ReadSteps& steps) {
  chat::ChannelQuery query;
  // One more tells whether this is the last step, which is the one that answers.
  query.limit = static_cast<int>(kReadStep) + 1;
  query.offset = static_cast<int>(steps.done);
  // In an order that no reading changes.
  query.sort.push_back({"created_at", true});
  query.filter.op = chat::Filter::Op::kIn;
  query.filter.field = "members";
  query.filter.list = true;
  query.filter.operands.push_back({json::Kind::kString, actor.id});
  auto found = scope.tx.QueryChannels(scope.call.app->id, query);
  if (!found) return std::unexpected(found.error());
  steps.more = found->size() > kReadStep;
  if (steps.more) found->pop_back();
  std::vector<Marked> channels;
  for (chat::ChannelPtr& channel : *found) channels.push_back({std::move(channel), {}});
  return channels;
}

}  // namespace

void WriteReadEvent(WriteScope& scope, json::Writer& w, const chat::Channel& channel,
                    const chat::Member& member) {
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("event").BeginObject();
  w.Field("type", "message.read");
  w.Field("cid", channel.cid());
  w.Field("channel_type", channel.type);
  w.Field("channel_id", channel.id);
  w.Key("user");
  encoder.UserById(w, member.user_id);
  if (!member.last_read_message_id.empty()) {
    w.Field("last_read_message_id", member.last_read_message_id);
  }
  chat::WriteTime(w, "created_at", scope.chat.now, scope.call.format);
  w.EndObject();
}

Result<void> MarkChannelsRead(WriteScope& scope, json::Writer& w, ReadSteps& steps) {
  const json::Value body = scope.call.body();
  auto found = chat::FindActor(scope.chat.read(), body, "");
  if (!found) return std::unexpected(found.error());
  if (found->is_new) {
    return InputError(fmt::format("the user {} does not exist", found->user.id));
  }
  const chat::User& actor = found->user;
  const json::Value named = body["read_by_channel"];
  if (!named.IsMissingOrNull() && !chat::IsMap(named)) {
    return InputError("read_by_channel must be an object");
  }
  const bool all = named.size() == 0;
  auto channels =
      all ? AllChannels(scope, actor, steps) : NamedChannels(scope, named, actor, steps);
  if (!channels) return std::unexpected(channels.error());
  steps.step = channels->size();
  scope.reply.keep = !steps.more;
  const chat::Channel* last = nullptr;
  chat::Member member;
  for (const Marked& marked : *channels) {
    // Who asks for all has not asked for the ones that know no reading.
    if (all && !chat::ConfigOf(scope.tx, *marked.channel).read_events) continue;
    auto read = chat::MarkRead(scope.chat, *marked.channel, actor, marked.mark);
    if (!read) return std::unexpected(read.error());
    member = std::move(*read);
    last = marked.channel.get();
  }
  if (last != nullptr) WriteReadEvent(scope, w, *last, member);
  return {};
}

}  // namespace hookline::api
