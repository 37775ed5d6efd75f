#include "store/sqlite/writer_session.h"

#include <fmt/format.h>

namespace hookline::store::sqlite {

void WriterSession::BeginJob() {
  HOOKLINE_CHECK(!savepoint_open_);
  kept_on_commit_ = effects_.on_commit.size();
  kept_deliveries_ = effects_.deliveries.size();
}

void WriterSession::BeforeWrite() {
  if (savepoint_open_) return;
  Execute(savepoint_);
  savepoint_open_ = true;
  cache_.BeginWriting();
}

void WriterSession::EndJob(bool keep) {
  if (!keep) {
    effects_.on_commit.resize(kept_on_commit_);
    effects_.deliveries.resize(kept_deliveries_);
  }
  if (!savepoint_open_) return;
  savepoint_open_ = false;
  cache_.EndWriting(keep);
  if (!keep) {
    Execute(rollback_to_);
    catalogs_.OnRollback();
  }
  Execute(release_);
  has_writes_ |= keep;
}

WriterSession::Effects WriterSession::TakeEffects() {
  has_writes_ = false;
  catalogs_.OnEnd();
  return std::exchange(effects_, {});
}

void WriterSession::Forget() {
  effects_ = {};
  cache_.Clear();
  catalogs_.OnRollback();
  catalogs_.OnEnd();
  savepoint_open_ = false;
  has_writes_ = false;
}

void WriterSession::ContinuePurge(int rows) {
  if (const ChannelId channel = channels_.UnfinishedPurge()) {
    BeforeWrite();
    channels_.ContinuePurge(channel, rows);
  } else if (const auto truncation = channels_.UnfinishedTruncation(); truncation.channel) {
    BeforeWrite();
    channels_.ContinueTruncation(truncation, rows);
  } else if (const auto thread = messages_.UnfinishedRemoval()) {
    BeforeWrite();
    messages_.ContinueRemoval(*thread, rows);
  } else {
    has_purges_ = false;
    has_removed_threads_ = false;
    return;
  }
  has_purges_ = true;
}

RetentionTable::Step WriterSession::ContinueRetention(int rows) {
  return retention_.Continue(clock_.WallNow(), rows, [this] { BeforeWrite(); });
}

chat::UserPtr WriterSession::FindUser(AppId app, std::string_view id) {
  chat::UserPtr user = cache_.FindUser(app, id);
  if (user != nullptr) return user;
  user = users_.Find(app, id);
  if (user != nullptr) cache_.PutUser(user);
  return user;
}

void WriterSession::PutUser(const chat::User& user) {
  BeforeWrite();
  users_.Put(user);
  cache_.PutUser(std::make_shared<const chat::User>(user));
}

chat::ChannelPtr WriterSession::FindChannel(AppId app, std::string_view type, std::string_view id) {
  chat::ChannelPtr channel = cache_.FindChannel(app, type, id);
  if (channel != nullptr) return channel;
  channel = channels_.Find(app, type, id);
  if (channel != nullptr) cache_.PutChannel(channel);
  return channel;
}

chat::ChannelPtr WriterSession::FindChannel(ChannelId pk) {
  chat::ChannelPtr channel = cache_.FindChannel(pk);
  if (channel != nullptr) return channel;
  channel = channels_.Find(pk);
  if (channel != nullptr) cache_.PutChannel(channel);
  return channel;
}

ChannelId WriterSession::InsertChannel(const chat::Channel& channel) {
  BeforeWrite();
  auto stored = std::make_shared<chat::Channel>(channel);
  stored->pk = channels_.Insert(channel);
  cache_.PutChannel(stored);
  return stored->pk;
}

void WriterSession::UpdateChannel(const chat::Channel& channel) {
  BeforeWrite();
  const chat::ChannelPtr before = FindChannel(channel.pk);
  channels_.Update(channel);
  if (before == nullptr || before->deleted_at != channel.deleted_at) {
    channels_.SetDeleted(channel.pk, channel.deleted_at);
    cache_.ForgetUnread();
  }
  cache_.PutChannel(std::make_shared<const chat::Channel>(channel));
}

void WriterSession::PurgeChannel(ChannelId channel) {
  BeforeWrite();
  channels_.StartPurge(channel);
  cache_.EraseChannel(channel);
  has_purges_ = true;
}

void WriterSession::RemoveMessages(ChannelId channel, Timestamp before) {
  BeforeWrite();
  channels_.StartTruncation(channel, before);
  has_purges_ = true;
}

const MemberCache::List& WriterSession::Members(ChannelId channel) {
  const MemberCache::List* list = cache_.FindMembers(channel);
  if (list == nullptr) {
    list = cache_.LoadMembers(channel, members_.List(channel, MemberCache::kPrefix, 0));
  }
  return *list;
}

std::optional<chat::Member> WriterSession::FindMember(ChannelId channel, std::string_view user_id) {
  const MemberCache::List& list = Members(channel);
  if (const chat::Member* found = list.Find(user_id)) return *found;
  if (list.complete) return std::nullopt;
  return members_.Find(channel, user_id);
}

std::vector<chat::Member> WriterSession::ListMembers(ChannelId channel, int limit, int offset) {
  const MemberCache::List& list = Members(channel);
  if (list.Covers(limit, offset)) return list.Slice(limit, offset);
  return members_.List(channel, limit, offset);
}

chat::UnreadTotals WriterSession::Unread(AppId app, std::string_view user_id) {
  if (const auto known = cache_.FindUnread(app, user_id)) return *known;
  return cache_.LoadUnread(app, user_id, members_.ListUnread(app, user_id));
}

void WriterSession::PutMember(const chat::Member& member) {
  BeforeWrite();
  members_.Put(member);
  // What the cache makes of the read position depends on the channel.
  FindChannel(member.channel);
  cache_.PutMember(member);
}

void WriterSession::DeleteMember(ChannelId channel, std::string_view user_id) {
  BeforeWrite();
  members_.Delete(channel, user_id);
  cache_.DeleteMember(channel, user_id);
}

MessageId WriterSession::InsertMessage(const chat::Message& message) {
  BeforeWrite();
  if (has_removed_threads_) messages_.MakeRoomFor(message.app, message.id);
  if (const MessageId pk = messages_.Insert(message)) return pk;
  channels_.PurgeMessage(message.app, message.id);
  if (const MessageId pk = messages_.Insert(message)) return pk;
  throw Failure(fmt::format("there is a message {} already", message.id));
}

void WriterSession::UpdateMessage(const chat::Message& message) {
  BeforeWrite();
  messages_.Update(message);
}

void WriterSession::DeleteMessage(MessageId message) {
  BeforeWrite();
  reactions_.DeleteAll(message);
  messages_.Delete(message);
}

void WriterSession::RemoveReplies(AppId app, std::string_view parent_id) {
  BeforeWrite();
  messages_.StartRemovingReplies(app, parent_id);
  has_purges_ = true;
  has_removed_threads_ = true;
}

void WriterSession::DeleteFor(MessageId message, std::string_view user_id, Timestamp at) {
  BeforeWrite();
  messages_.DeleteFor(message, user_id, at);
}

void WriterSession::PutReaction(const chat::Reaction& reaction) {
  BeforeWrite();
  reactions_.Put(reaction);
}

void WriterSession::DeleteReaction(MessageId message, std::string_view user_id,
                                   std::string_view type) {
  BeforeWrite();
  reactions_.Delete(message, user_id, type);
}

void WriterSession::PutLastSent(ChannelId channel, std::string_view user_id, Timestamp at) {
  BeforeWrite();
  last_sent_.Put(channel, user_id, at);
}

int WriterSession::DeleteLastSent(Timestamp before, int limit) {
  // Most of the time there is none, and then nothing needs to be committed.
  if (!last_sent_.Any(before)) return 0;
  BeforeWrite();
  return last_sent_.DeleteSome(before, limit);
}

void WriterSession::PutTask(const chat::Task& task) {
  BeforeWrite();
  requests_.PutTask(task);
}

settings::AppPtr WriterSession::FindApp(AppId id) {
  settings::AppPtr app = cache_.FindApp(id);
  if (app != nullptr) return app;
  app = apps_.Find(id);
  if (app != nullptr) cache_.PutApp(app);
  return app;
}

chat::CatalogPtr WriterSession::FindCatalog(AppId app) { return catalogs_.FindOwn(app); }

void WriterSession::PutEphemeral(const chat::Message& message, Timestamp expires_at) {
  BeforeWrite();
  ephemerals_.Put(message, expires_at);
}

void WriterSession::DeleteEphemeral(AppId app, std::string_view id) {
  BeforeWrite();
  ephemerals_.Delete(app, id);
}

int WriterSession::DeleteExpiredEphemerals(Timestamp now, int limit) {
  // Most of the time there is none, and then nothing needs to be committed.
  if (!ephemerals_.AnyExpired(now)) return 0;
  BeforeWrite();
  return ephemerals_.DeleteExpired(now, limit);
}

void WriterSession::PutMute(const chat::Mute& mute) {
  BeforeWrite();
  moderation_.PutMute(mute);
}

void WriterSession::DeleteMute(AppId app, std::string_view user_id, std::string_view target_id) {
  BeforeWrite();
  moderation_.DeleteMute(app, user_id, target_id);
}

void WriterSession::PutBan(const chat::Ban& ban) {
  BeforeWrite();
  moderation_.PutBan(ban);
}

void WriterSession::DeleteBan(AppId app, ChannelId channel, std::string_view user_id, bool shadow) {
  BeforeWrite();
  moderation_.DeleteBan(app, channel, user_id, shadow);
}

void WriterSession::PutFlag(const chat::Flag& flag) {
  BeforeWrite();
  moderation_.PutFlag(flag);
}

void WriterSession::DeleteFlag(const chat::Flag& flag) {
  BeforeWrite();
  moderation_.DeleteFlag(flag);
}

void WriterSession::PutChannelType(AppId app, const chat::ChannelTypeRecord& type) {
  BeforeWrite();
  catalogs_.PutType(app, type);
}

void WriterSession::DeleteChannelType(AppId app, std::string_view name) {
  BeforeWrite();
  catalogs_.DeleteType(app, name);
}

void WriterSession::PutCommand(AppId app, const chat::Command& command) {
  BeforeWrite();
  catalogs_.PutCommand(app, command);
}

void WriterSession::DeleteCommand(AppId app, std::string_view name) {
  BeforeWrite();
  catalogs_.DeleteCommand(app, name);
}

AppId WriterSession::InsertApp(const settings::App& app) {
  BeforeWrite();
  return apps_.Insert(app);
}

void WriterSession::UpdateApp(const settings::App& app) {
  BeforeWrite();
  apps_.Update(app);
  cache_.EraseApp(app.id);
}

void WriterSession::InsertKey(AppId app, const settings::ApiKey& key) {
  BeforeWrite();
  apps_.InsertKey(app, key);
  cache_.EraseApp(app);
}

void WriterSession::RetireKey(AppId app, std::string_view key, Timestamp at) {
  BeforeWrite();
  apps_.RetireKey(app, key, at);
  cache_.EraseApp(app);
}

bool WriterSession::KeyExists(std::string_view key) { return apps_.KeyExists(key); }

void WriterSession::ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks) {
  BeforeWrite();
  apps_.ReplaceHooks(app, hooks);
  cache_.EraseApp(app);
}

DeliveryId WriterSession::LastDelivery() { return deliveries_.Last(); }

delivery::EventPayloadPtr WriterSession::InsertEvent(delivery::EventPayload event) {
  BeforeWrite();
  auto stored = std::make_shared<delivery::EventPayload>(std::move(event));
  stored->id = events_.Insert(*stored);
  return stored;
}

DeliveryId WriterSession::InsertDelivery(delivery::PendingDelivery delivery) {
  HOOKLINE_CHECK(delivery.event != nullptr && delivery.event->id);
  BeforeWrite();
  delivery.id = deliveries_.Insert(delivery);
  effects_.deliveries.push_back(std::move(delivery));
  return effects_.deliveries.back().id;
}

void WriterSession::RecordOutcome(const delivery::OutcomeRecord& record) {
  // An attempt that was handed back never happened.
  if (record.outcome.cancelled()) return;
  BeforeWrite();
  deliveries_.RecordOutcome(record);
}

int WriterSession::CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                                 std::string_view reason, Timestamp now, int limit) {
  BeforeWrite();
  return deliveries_.CancelPending(hook, up_to, except, reason, now, limit);
}

void WriterSession::Redeliver(DeliveryId delivery, HookId to, Timestamp now) {
  BeforeWrite();
  if (auto pending = deliveries_.Redeliver(delivery, to, now)) {
    effects_.deliveries.push_back(std::move(*pending));
  }
}

void WriterSession::PutIdempotentReply(const IdempotencyKey& key, const IdempotentReply& reply,
                                       std::int64_t bytes_max) {
  BeforeWrite();
  requests_.PutReply(key, reply, IdempotencySince(), bytes_max);
}

void WriterSession::OnCommit(std::move_only_function<void()> fn) {
  effects_.on_commit.push_back(std::move(fn));
}

}  // namespace hookline::store::sqlite
