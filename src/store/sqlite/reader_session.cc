#include "store/sqlite/reader_session.h"

// Forwards each port call to the table that it is about.
namespace hookline::store::sqlite {

ReaderSession::ReaderSession(Connection& db, const Clock& clock)
    : db_(db),
      clock_(clock),
      users_(db),
      channels_(db),
      members_(db),
      messages_(db),
      reactions_(db),
      last_sent_(db),
      requests_(db),
      ephemerals_(db),
      moderation_(db),
      catalogs_(db),
      apps_(db),
      events_(db),
      deliveries_(db, events_),
      history_(db) {}

chat::UserPtr ReaderSession::FindUser(AppId app, std::string_view id) {
  return users_.Find(app, id);
}

Result<std::vector<chat::UserPtr>> ReaderSession::QueryUsers(AppId app,
                                                             const chat::UserQuery& query) {
  return users_.Query(app, query);
}

chat::ChannelPtr ReaderSession::FindChannel(AppId app, std::string_view type, std::string_view id) {
  return channels_.Find(app, type, id);
}

chat::ChannelPtr ReaderSession::FindChannel(ChannelId pk) { return channels_.Find(pk); }

Result<std::vector<chat::ChannelPtr>> ReaderSession::QueryChannels(
    AppId app, const chat::ChannelQuery& query) {
  return channels_.Query(app, query);
}

bool ReaderSession::HasChannelOfType(AppId app, std::string_view type) {
  return channels_.HasType(app, type);
}

std::optional<chat::Member> ReaderSession::FindMember(ChannelId channel, std::string_view user_id) {
  return members_.Find(channel, user_id);
}

std::vector<chat::Member> ReaderSession::ListMembers(ChannelId channel, int limit, int offset) {
  return members_.List(channel, limit, offset);
}

Result<std::vector<chat::Member>> ReaderSession::QueryMembers(ChannelId channel,
                                                              const chat::MemberQuery& query) {
  return members_.Query(channel, query);
}

chat::UnreadTotals ReaderSession::Unread(AppId app, std::string_view user_id) {
  return members_.Unread(app, user_id);
}

std::optional<chat::Message> ReaderSession::FindMessage(AppId app, std::string_view id) {
  return messages_.Find(app, id);
}

std::vector<chat::Message> ReaderSession::ListMessages(ChannelId channel,
                                                       const chat::MessagePage& page) {
  return messages_.List(channel, page);
}

std::vector<chat::Message> ReaderSession::ListReplies(AppId app, std::string_view parent_id,
                                                      const chat::MessagePage& page) {
  return messages_.ListReplies(app, parent_id, page);
}

std::vector<chat::Message> ReaderSession::ListPinned(ChannelId channel, Timestamp now,
                                                     Timestamp not_before, std::string_view viewer,
                                                     int limit) {
  return messages_.ListPinned(channel, now, not_before, viewer, limit);
}

std::vector<chat::Message> ReaderSession::ListExpiredPins(Timestamp now, int limit) {
  return messages_.ListExpiredPins(now, limit);
}

Timestamp ReaderSession::DeletedFor(MessageId message, std::string_view user_id) {
  return messages_.DeletedFor(message, user_id);
}

std::int64_t ReaderSession::CountMessages(ChannelId channel, Timestamp from) {
  return messages_.Count(channel, from);
}

std::int64_t ReaderSession::CountCountable(ChannelId channel, Timestamp from) {
  return messages_.CountCountable(channel, from);
}

Timestamp ReaderSession::LastSent(ChannelId channel, std::string_view user_id) {
  return last_sent_.Find(channel, user_id);
}

std::optional<chat::Reaction> ReaderSession::FindReaction(MessageId message,
                                                          std::string_view user_id,
                                                          std::string_view type) {
  return reactions_.Find(message, user_id, type);
}

std::vector<chat::Reaction> ReaderSession::ListReactions(MessageId message, int limit, int offset) {
  return reactions_.List(message, limit, offset);
}

std::vector<chat::Reaction> ReaderSession::ListReactionsOf(MessageId message,
                                                           std::string_view user_id) {
  return reactions_.ListOf(message, user_id);
}

std::vector<chat::ReactionGroup> ReaderSession::SumReactions(MessageId message) {
  return reactions_.Sum(message);
}

std::optional<chat::Task> ReaderSession::FindTask(AppId app, std::string_view id) {
  return requests_.FindTask(app, id);
}

std::optional<chat::Message> ReaderSession::FindEphemeral(AppId app, std::string_view id,
                                                          Timestamp now) {
  return ephemerals_.Find(app, id, now);
}

std::optional<chat::Mute> ReaderSession::FindMute(AppId app, std::string_view user_id,
                                                  std::string_view target_id) {
  return moderation_.FindMute(app, user_id, target_id);
}

std::vector<chat::Mute> ReaderSession::ListMutes(AppId app, std::string_view user_id, int limit) {
  return moderation_.ListMutes(app, user_id, limit);
}

std::vector<chat::Ban> ReaderSession::ListBans(AppId app, ChannelId channel,
                                               std::string_view user_id) {
  return moderation_.ListBans(app, channel, user_id);
}

std::int64_t ReaderSession::CountBans(AppId app, std::string_view user_id) {
  return moderation_.CountBans(app, user_id);
}

std::vector<chat::Mute> ReaderSession::ListExpiredMutes(Timestamp now, int limit) {
  return moderation_.ListExpiredMutes(now, limit);
}

std::vector<chat::Ban> ReaderSession::ListExpiredBans(Timestamp now, int limit) {
  return moderation_.ListExpiredBans(now, limit);
}

std::optional<chat::Flag> ReaderSession::FindFlag(AppId app, std::string_view user_id,
                                                  std::string_view target_user_id,
                                                  std::string_view target_message_id) {
  return moderation_.FindFlag(app, user_id, target_user_id, target_message_id);
}

std::int64_t ReaderSession::CountFlags(AppId app, std::string_view target_user_id,
                                       std::string_view target_message_id) {
  return moderation_.CountFlags(app, target_user_id, target_message_id);
}

chat::CatalogPtr ReaderSession::FindCatalog(AppId app) { return catalogs_.Find(app); }

settings::AppPtr ReaderSession::FindApp(AppId app) { return apps_.Find(app); }

std::vector<settings::AppPtr> ReaderSession::ListApps() { return apps_.List(); }

std::vector<delivery::PendingDelivery> ReaderSession::LoadPending(
    const delivery::PendingQuery& query) {
  return deliveries_.LoadPending(query);
}

std::optional<Timestamp> ReaderSession::NextDue(HookId hook, Timestamp after) {
  return deliveries_.NextDue(hook, after);
}

std::vector<HookId> ReaderSession::HooksWithPending() { return deliveries_.HooksWithPending(); }

std::int64_t ReaderSession::CountPending(HookId hook) { return deliveries_.CountPending(hook); }

std::vector<delivery::DeliveryView> ReaderSession::ListDeliveries(
    const delivery::DeliveryFilter& filter) {
  return history_.List(filter);
}

std::optional<delivery::DeliveryView> ReaderSession::FindDelivery(const Uuid& uuid) {
  return history_.Find(uuid);
}

std::vector<delivery::AttemptView> ReaderSession::ListAttempts(DeliveryId delivery) {
  return history_.ListAttempts(delivery);
}

delivery::EventPayloadPtr ReaderSession::FindEvent(EventId event) { return events_.Find(event); }

std::optional<IdempotentReply> ReaderSession::FindIdempotentReply(const IdempotencyKey& key) {
  return requests_.FindReply(key, IdempotencySince());
}

std::int64_t ReaderSession::IdempotentBytes(AppId app) { return requests_.ReplyBytes(app); }

Timestamp ReaderSession::IdempotencySince() const {
  return clock_.WallNow() - std::chrono::hours(24);
}

}  // namespace hookline::store::sqlite
