#include "chat/emit.h"

#include <fmt/core.h>

namespace hookline::chat {
namespace {

// A typical payload with six members fits without growing.
constexpr std::size_t kPayloadBytesUsual = 6144;

// Stream's own events carry an empty `custom` in v2, where typed parsers require it; in v1, where
// custom fields are flat, none (docs/contract/rulings.md#35). A custom event writes its own.
void WriteNoCustom(json::Writer& w, const EventFrame& frame, Format format) {
  if (format == Format::kV2 && !frame.custom) WriteCustom(w, "{}", format);
}

// Undoing must always be possible, however large what it concerns was allowed to be once.
bool MayBeRefused(std::string_view type) {
  for (const std::string_view undone : {"deleted", "removed", "truncated"}) {
    if (type.ends_with(undone)) return false;
  }
  return true;
}

// Writes the event with less and less of what it only carries along, until it is small enough.
template <class Write>
std::string Fit(Context& context, std::string_view type, Format format, const Write& write) {
  const std::size_t limit = context.limits.event_bytes;
  for (const Detail detail : {Detail::kFull, Detail::kPlainMembers, Detail::kQuotedIds}) {
    Encoder encoder(context.store, context.app, format, context.now, detail);
    json::Writer w;
    w.Reserve(kPayloadBytesUsual);
    write(w, encoder);
    if (w.text().size() <= limit) return w.Take();
    if (detail != Detail::kQuotedIds) continue;
    if (MayBeRefused(type)) {
      const auto fits = CheckBytes(fmt::format("the event {}", type), w.text().size(), limit);
      context.events.Refuse(fits.error());
    }
    return w.Take();
  }
  return {};
}

}  // namespace

void EmitChannelEvent(Context& context, const Channel& channel, const EventFrame& frame,
                      const WriteFields& fields) {
  Event event;
  event.type = frame.type;
  event.custom = frame.custom;
  event.channel_type = channel.type;
  event.channel_id = channel.id;
  event.cid = channel.cid();
  event.user_id = frame.user_id;
  const auto write = [&](json::Writer& w, Encoder& encoder) {
    const Format format = encoder.format();
    w.BeginObject();
    w.Field("type", frame.type);
    w.Field("cid", event.cid);
    w.Field("channel_type", channel.type);
    w.Field("channel_id", channel.id);
    if (!channel.team.empty()) w.Field("team", channel.team);
    w.Field("channel_member_count", channel.member_count);
    fields(w, encoder);
    if (frame.members) encoder.EventMembers(w, channel, frame.user_id);
    WriteNoCustom(w, frame, format);
    WriteTime(w, "created_at", context.now, format);
    WriteRequestInfo(w, context.request_info);
    w.EndObject();
  };
  event.encode = [&](Format format) { return Fit(context, frame.type, format, write); };
  context.events.Emit(event);
}

void EmitChannelChange(Context& context, const Channel& channel, std::string_view type,
                       const std::string& user_id, const Message* message) {
  EmitChannelEvent(context, channel, {.type = type, .user_id = user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel, type == "channel.created");
                     if (!user_id.empty()) {
                       w.Key("user");
                       encoder.UserById(w, user_id);
                     }
                     if (message != nullptr) {
                       w.Field("message_id", message->id);
                       w.Key("message");
                       encoder.Message(w, *message, {});
                     }
                   });
}

void EmitAppEvent(Context& context, const EventFrame& frame, const WriteFields& fields) {
  Event event;
  event.type = frame.type;
  event.custom = frame.custom;
  event.user_id = frame.user_id;
  const auto write = [&](json::Writer& w, Encoder& encoder) {
    const Format format = encoder.format();
    w.BeginObject();
    w.Field("type", frame.type);
    fields(w, encoder);
    WriteNoCustom(w, frame, format);
    WriteTime(w, "created_at", context.now, format);
    WriteRequestInfo(w, context.request_info);
    w.EndObject();
  };
  event.encode = [&](Format format) { return Fit(context, frame.type, format, write); };
  context.events.Emit(event);
}

}  // namespace hookline::chat
