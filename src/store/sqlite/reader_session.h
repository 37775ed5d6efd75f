#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/sqlite/apps.h"
#include "store/sqlite/catalogs.h"
#include "store/sqlite/channels.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/deliveries.h"
#include "store/sqlite/delivery_history.h"
#include "store/sqlite/ephemerals.h"
#include "store/sqlite/events.h"
#include "store/sqlite/last_sent.h"
#include "store/sqlite/members.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/moderation.h"
#include "store/sqlite/reactions.h"
#include "store/sqlite/requests.h"
#include "store/sqlite/users.h"
#include "store/store.h"

namespace hookline::store::sqlite {

/// The reading half of the ports over one connection. One thread.
class ReaderSession : public virtual store::Reader {
 public:
  /// Both outlive the session.
  ReaderSession(Connection& db, const Clock& clock);

  chat::UserPtr FindUser(AppId app, std::string_view id) override;
  Result<std::vector<chat::UserPtr>> QueryUsers(AppId app, const chat::UserQuery& query) override;
  chat::ChannelPtr FindChannel(AppId app, std::string_view type, std::string_view id) override;
  chat::ChannelPtr FindChannel(ChannelId pk) override;
  Result<std::vector<chat::ChannelPtr>> QueryChannels(AppId app,
                                                      const chat::ChannelQuery& query) override;
  bool HasChannelOfType(AppId app, std::string_view type) override;
  std::optional<chat::Member> FindMember(ChannelId channel, std::string_view user_id) override;
  std::vector<chat::Member> ListMembers(ChannelId channel, int limit, int offset) override;
  Result<std::vector<chat::Member>> QueryMembers(ChannelId channel,
                                                 const chat::MemberQuery& query) override;
  chat::UnreadTotals Unread(AppId app, std::string_view user_id) override;
  std::optional<chat::Message> FindMessage(AppId app, std::string_view id) override;
  std::vector<chat::Message> ListMessages(ChannelId channel,
                                          const chat::MessagePage& page) override;
  std::vector<chat::Message> ListReplies(AppId app, std::string_view parent_id,
                                         const chat::MessagePage& page) override;
  std::vector<chat::Message> ListPinned(ChannelId channel, Timestamp now, Timestamp not_before,
                                        std::string_view viewer, int limit) override;
  std::vector<chat::Message> ListExpiredPins(Timestamp now, int limit) override;
  Timestamp DeletedFor(MessageId message, std::string_view user_id) override;
  std::int64_t CountMessages(ChannelId channel, Timestamp from) override;
  std::int64_t CountCountable(ChannelId channel, Timestamp from) override;
  Timestamp LastSent(ChannelId channel, std::string_view user_id) override;
  std::optional<chat::Reaction> FindReaction(MessageId message, std::string_view user_id,
                                             std::string_view type) override;
  std::vector<chat::Reaction> ListReactions(MessageId message, int limit, int offset) override;
  std::vector<chat::Reaction> ListReactionsOf(MessageId message, std::string_view user_id) override;
  std::vector<chat::ReactionGroup> SumReactions(MessageId message) override;
  std::optional<chat::Task> FindTask(AppId app, std::string_view id) override;
  std::optional<chat::Message> FindEphemeral(AppId app, std::string_view id,
                                             Timestamp now) override;
  std::optional<chat::Mute> FindMute(AppId app, std::string_view user_id,
                                     std::string_view target_id) override;
  std::vector<chat::Mute> ListMutes(AppId app, std::string_view user_id, int limit) override;
  std::vector<chat::Ban> ListBans(AppId app, ChannelId channel, std::string_view user_id) override;
  std::int64_t CountBans(AppId app, std::string_view user_id) override;
  std::vector<chat::Mute> ListExpiredMutes(Timestamp now, int limit) override;
  std::vector<chat::Ban> ListExpiredBans(Timestamp now, int limit) override;
  std::optional<chat::Flag> FindFlag(AppId app, std::string_view user_id,
                                     std::string_view target_user_id,
                                     std::string_view target_message_id) override;
  std::int64_t CountFlags(AppId app, std::string_view target_user_id,
                          std::string_view target_message_id) override;
  chat::CatalogPtr FindCatalog(AppId app) override;

  settings::AppPtr FindApp(AppId app) override;
  std::vector<settings::AppPtr> ListApps() override;

  std::vector<delivery::PendingDelivery> LoadPending(const delivery::PendingQuery& query) override;
  std::optional<Timestamp> NextDue(HookId hook, Timestamp after) override;
  std::vector<HookId> HooksWithPending() override;
  std::int64_t CountPending(HookId hook) override;
  std::vector<delivery::DeliveryView> ListDeliveries(
      const delivery::DeliveryFilter& filter) override;
  std::optional<delivery::DeliveryView> FindDelivery(const Uuid& uuid) override;
  std::vector<delivery::AttemptView> ListAttempts(DeliveryId delivery) override;
  delivery::EventPayloadPtr FindEvent(EventId event) override;

  std::optional<IdempotentReply> FindIdempotentReply(const IdempotencyKey& key) override;
  std::int64_t IdempotentBytes(AppId app) override;

 protected:
  Timestamp IdempotencySince() const;

  Connection& db_;
  const Clock& clock_;
  UserTable users_;
  ChannelTable channels_;
  MemberTable members_;
  MessageTable messages_;
  ReactionTable reactions_;
  LastSentTable last_sent_;
  RequestTable requests_;
  EphemeralTable ephemerals_;
  ModerationTable moderation_;
  CatalogTable catalogs_;
  AppTable apps_;
  EventTable events_;
  DeliveryTable deliveries_;
  DeliveryHistory history_;
};

}  // namespace hookline::store::sqlite
