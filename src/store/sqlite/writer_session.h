#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/reader_session.h"
#include "store/sqlite/retention.h"
#include "store/sqlite/writer_cache.h"

namespace hookline::store::sqlite {

/// The writing half, and the bookkeeping of a batch: which of its jobs wrote, what is to be told
/// after the commit. One thread.
///
///   for each job:  BeginJob(); keep = run(session); EndJob(keep);
///   COMMIT, then TakeEffects(); or any kind of rollback, then Forget().
class WriterSession final : public ReaderSession, public store::Tx {
 public:
  /// `db` and `clock` outlive the session.
  WriterSession(Connection& db, const Clock& clock, const Retention& retention)
      : ReaderSession(db, clock), retention_(db, retention) {}

  // These come from memory if they can.
  chat::UserPtr FindUser(AppId app, std::string_view id) override;
  chat::ChannelPtr FindChannel(AppId app, std::string_view type, std::string_view id) override;
  chat::ChannelPtr FindChannel(ChannelId pk) override;
  std::optional<chat::Member> FindMember(ChannelId channel, std::string_view user_id) override;
  std::vector<chat::Member> ListMembers(ChannelId channel, int limit, int offset) override;
  chat::UnreadTotals Unread(AppId app, std::string_view user_id) override;
  chat::CatalogPtr FindCatalog(AppId app) override;
  settings::AppPtr FindApp(AppId app) override;

  /// What happens after a commit.
  struct Effects {
    std::vector<std::move_only_function<void()>> on_commit;
    std::vector<delivery::PendingDelivery> deliveries;
  };

  void BeginJob();
  /// Keeps what the job wrote or rolls it back, alone. Throws Failure.
  void EndJob(bool keep);
  /// True if a job that was kept has written something.
  bool has_writes() const { return has_writes_; }
  Effects TakeEffects();
  /// The transaction is gone.
  void Forget();

  /// Removes up to about `rows` rows of purged channels.
  void ContinuePurge(int rows);
  /// Removes some of what was kept for long enough.
  RetentionTable::Step ContinueRetention(int rows);
  /// False once nothing was left to remove.
  bool has_purges() const { return has_purges_; }

  void PutUser(const chat::User& user) override;
  ChannelId InsertChannel(const chat::Channel& channel) override;
  void UpdateChannel(const chat::Channel& channel) override;
  void PurgeChannel(ChannelId channel) override;
  void PutMember(const chat::Member& member) override;
  void DeleteMember(ChannelId channel, std::string_view user_id) override;
  MessageId InsertMessage(const chat::Message& message) override;
  void UpdateMessage(const chat::Message& message) override;
  void DeleteMessage(MessageId message) override;
  void RemoveReplies(AppId app, std::string_view parent_id) override;
  void DeleteFor(MessageId message, std::string_view user_id, Timestamp at) override;
  void PutReaction(const chat::Reaction& reaction) override;
  void DeleteReaction(MessageId message, std::string_view user_id, std::string_view type) override;
  void RemoveMessages(ChannelId channel, Timestamp before) override;
  void PutLastSent(ChannelId channel, std::string_view user_id, Timestamp at) override;
  int DeleteLastSent(Timestamp before, int limit) override;
  void PutTask(const chat::Task& task) override;
  void PutEphemeral(const chat::Message& message, Timestamp expires_at) override;
  void DeleteEphemeral(AppId app, std::string_view id) override;
  int DeleteExpiredEphemerals(Timestamp now, int limit) override;
  void PutMute(const chat::Mute& mute) override;
  void DeleteMute(AppId app, std::string_view user_id, std::string_view target_id) override;
  void PutBan(const chat::Ban& ban) override;
  void DeleteBan(AppId app, ChannelId channel, std::string_view user_id, bool shadow) override;
  void PutFlag(const chat::Flag& flag) override;
  void DeleteFlag(const chat::Flag& flag) override;
  void PutChannelType(AppId app, const chat::ChannelTypeRecord& type) override;
  void DeleteChannelType(AppId app, std::string_view name) override;
  void PutCommand(AppId app, const chat::Command& command) override;
  void DeleteCommand(AppId app, std::string_view name) override;

  AppId InsertApp(const settings::App& app) override;
  void UpdateApp(const settings::App& app) override;
  void InsertKey(AppId app, const settings::ApiKey& key) override;
  void RetireKey(AppId app, std::string_view key, Timestamp at) override;
  bool KeyExists(std::string_view key) override;
  void ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks) override;
  DeliveryId LastDelivery() override;

  delivery::EventPayloadPtr InsertEvent(delivery::EventPayload event) override;
  DeliveryId InsertDelivery(delivery::PendingDelivery delivery) override;
  void RecordOutcome(const delivery::OutcomeRecord& record) override;
  int CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                    std::string_view reason, Timestamp now, int limit) override;
  void Redeliver(DeliveryId delivery, HookId to, Timestamp now) override;

  void PutIdempotentReply(const IdempotencyKey& key, const IdempotentReply& reply,
                          std::int64_t bytes_max) override;
  void OnCommit(std::move_only_function<void()> fn) override;

 private:
  /// Before a job's first write: from here on it can be rolled back alone.
  void BeforeWrite();
  /// The channel's first members, from memory if they are there.
  const MemberCache::List& Members(ChannelId channel);

  Statement savepoint_{db_, "SAVEPOINT job"};
  Statement release_{db_, "RELEASE job"};
  Statement rollback_to_{db_, "ROLLBACK TO job"};

  RetentionTable retention_;
  WriterCache cache_;
  bool savepoint_open_ = false;
  bool has_writes_ = false;
  // Until it was looked at: another process may have begun one.
  bool has_purges_ = true;
  bool has_removed_threads_ = true;
  Effects effects_;  ///< Of the jobs that were kept, then of the present one.
  std::size_t kept_on_commit_ = 0;
  std::size_t kept_deliveries_ = 0;
};

}  // namespace hookline::store::sqlite
