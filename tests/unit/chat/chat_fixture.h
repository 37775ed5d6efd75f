#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "chat/access.h"
#include "chat/channel_state.h"
#include "chat/channels.h"
#include "chat/members.h"
#include "chat/messages.h"
#include "chat/users.h"
#include "chat/write.h"
#include "store/sqlite/open.h"
#include "unit/chat/json_text.h"
#include "unit/store/temp_directory.h"

namespace hookline::chat {

/// An event as a hook would get it, in both formats.
struct RecordedEvent {
  std::string type;
  bool custom = false;
  std::string cid;
  std::string user_id;
  std::string v1 = "{}";
  std::string v2 = "{}";

  test::Json json() const { return test::Json(v1); }
  test::Json json_v2() const { return test::Json(v2); }
};

/// The domain on a real store. Every call is one transaction, one second after the call before;
/// a call that fails is rolled back, and so are its events.
class ChatTest : public ::testing::Test {
 protected:
  static constexpr Timestamp kStart{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z

  ChatTest() {
    store::SqliteOptions options;
    options.directory = directory_.path();
    options.reader_threads = 1;
    auto opened = store::OpenSqlite(options);
    if (!opened) throw std::runtime_error(opened.error().message());
    store_ = std::move(*opened);
    InTransaction([&](store::Tx& tx) {
      settings::App app;
      app.name = "test";
      app.created_at = app.updated_at = kStart;
      app_ = tx.InsertApp(app);
      return true;
    });
  }
  ~ChatTest() override { store_->Stop(); }

  static Caller Server() { return {.server = true, .user_id = {}}; }
  static Caller As(std::string user_id) { return {.server = false, .user_id = std::move(user_id)}; }

  /// Runs `run(Context&)` and returns what it returned; keeps its changes unless that is an error.
  template <class Fn>
  std::invoke_result_t<Fn, Context&> Do(const Caller& caller, Fn run) {
    std::optional<std::invoke_result_t<Fn, Context&>> result;
    Recorder recorder;
    now_ = now_ + std::chrono::seconds(1);
    InTransaction([&](store::Tx& tx) {
      Context context{tx, app_, caller, recorder, request_info_, now_, limits_};
      result.emplace(run(context));
      if (*result && recorder.refusal) result.emplace(std::unexpected(*recorder.refusal));
      return result->has_value();
    });
    if (result->has_value()) {
      for (RecordedEvent& event : recorder.events) events_.push_back(std::move(event));
    }
    return std::move(*result);
  }

  /// Looks at the state without changing it.
  template <class Fn>
  auto Look(Fn look) {
    std::optional<std::invoke_result_t<Fn, Tx&>> result;
    InTransaction([&](store::Tx& tx) {
      result.emplace(look(tx));
      return false;
    });
    return std::move(*result);
  }

  // The operations, with their requests as JSON text.

  /// Each user that is described gets its key as `id`, unless it has an id.
  Result<std::vector<UserPtr>> Upsert(std::string_view users, const Caller& caller = Server()) {
    const test::Json given(users);
    json::Writer w;
    if (given.root().IsObject()) {
      w.BeginObject();
      for (const json::Value user : given.root()) {
        w.Key(user.key());
        if (!user.IsObject() || user["id"]) {
          w.Raw(user.raw());
          continue;
        }
        w.BeginObject().Field("id", user.key()).RawMembers(user.raw()).EndObject();
      }
      w.EndObject();
    } else {
      w.Raw(given.root().raw());
    }
    return UpsertExactly(w.text(), caller);
  }
  Result<std::vector<UserPtr>> UpsertExactly(std::string_view users,
                                             const Caller& caller = Server()) {
    const test::Json body(users);
    return Do(caller, [&](Context& c) { return UpsertUsers(c, body.root()); });
  }
  Result<std::vector<UserPtr>> PatchUsers(std::string_view users, const Caller& caller = Server()) {
    const test::Json body(users);
    return Do(caller, [&](Context& c) { return UpdateUsersPartial(c, body.root()); });
  }
  Result<ChannelOpened> Open(std::string_view id, std::string_view body_json,
                             const Caller& caller = Server(), std::string_view type = "messaging") {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return GetOrCreateChannel(c, type, id, body.root()); });
  }
  Result<ChannelUpdated> Update(std::string_view id, std::string_view body_json,
                                const Caller& caller = Server(),
                                std::string_view type = "messaging") {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return UpdateChannel(c, type, id, body.root()); });
  }
  Result<ChannelPtr> PatchChannel(std::string_view id, std::string_view body_json,
                                  const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller,
              [&](Context& c) { return UpdateChannelPartial(c, "messaging", id, body.root()); });
  }
  Result<Message> Send(std::string_view channel, std::string_view message_json,
                       const Caller& caller = Server(), std::string_view type = "messaging") {
    const test::Json body(message_json);
    return Do(caller, [&](Context& c) { return SendMessage(c, type, channel, body.root()); });
  }
  Result<Message> Edit(std::string_view id, std::string_view message_json,
                       const Caller& caller = Server()) {
    const test::Json body(message_json);
    return Do(caller, [&](Context& c) { return UpdateMessage(c, id, body.root()); });
  }
  Result<Message> Patch(std::string_view id, std::string_view body_json,
                        const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return UpdateMessagePartial(c, id, body.root()); });
  }
  Result<Message> Delete(std::string_view id, bool hard = false, const Caller& caller = Server(),
                         std::string_view deleted_by = {}) {
    return Delete(caller, id, DeleteOptions{.hard = hard, .deleted_by = std::string(deleted_by)});
  }
  Result<Message> Delete(const Caller& caller, std::string_view id, const DeleteOptions& options) {
    return Do(caller, [&](Context& c) -> Result<Message> {
      auto deleted = DeleteMessage(c, id, options);
      if (!deleted) return std::unexpected(deleted.error());
      return std::move(deleted->message);
    });
  }
  Result<ReactionSent> React(std::string_view message, std::string_view body_json,
                             const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return SendReaction(c, message, body.root()); });
  }
  Result<ReactionSent> Unreact(std::string_view message, std::string_view type,
                               std::string_view user, const Caller& caller = Server()) {
    return Do(caller, [&](Context& c) { return DeleteReaction(c, message, type, user); });
  }
  Result<Member> Read(std::string_view channel, std::string_view body_json,
                      const Caller& caller = Server(), std::string_view type = "messaging") {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) -> Result<Member> {
      auto found = RequireChannel(c.read(), type, channel);
      if (!found) return std::unexpected(found.error());
      return MarkRead(c, **found, body.root());
    });
  }
  Result<SentEvent> SendEvent(std::string_view channel, std::string_view event_json,
                              const Caller& caller = Server(),
                              std::string_view type = "messaging") {
    const test::Json body(event_json);
    return Do(caller, [&](Context& c) -> Result<SentEvent> {
      auto found = RequireChannel(c.read(), type, channel);
      if (!found) return std::unexpected(found.error());
      return SendChannelEvent(c, **found, body.root());
    });
  }
  Result<Member> PatchMember(std::string_view channel, std::string_view user,
                             std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) -> Result<Member> {
      auto found = RequireChannel(c.read(), "messaging", channel);
      if (!found) return std::unexpected(found.error());
      return UpdateMemberPartial(c, **found, user, body.root());
    });
  }
  Result<ChannelPtr> Remove(std::string_view id, bool hard = false,
                            const Caller& caller = Server()) {
    return Do(caller, [&](Context& c) { return DeleteChannel(c, "messaging", id, hard); });
  }

  /// Users a, b, c …, and `messaging:<id>` created by the first with all of them as members.
  void MakeUsers(const std::vector<std::string>& ids) {
    std::string users;
    for (const std::string& id : ids) users += (users.empty() ? "\"" : ",\"") + id + "\":{}";
    auto made = Upsert("{" + users + "}");
    ASSERT_TRUE(made.has_value()) << made.error().message();
  }
  void MakeChannel(const std::string& id, const std::vector<std::string>& members) {
    MakeUsers(members);
    std::string list;
    for (const std::string& member : members) list += (list.empty() ? "\"" : ",\"") + member + "\"";
    auto made = Open(
        id, R"({"data":{"created_by_id":")" + members.front() + R"(","members":[)" + list + "]}}");
    ASSERT_TRUE(made.has_value()) << made.error().message();
    events_.clear();
  }

  /// The only event called `type`; fails the test if there is not exactly one.
  RecordedEvent Only(std::string_view type) const {
    const RecordedEvent* found = nullptr;
    int count = 0;
    for (const RecordedEvent& event : events_) {
      if (event.type != type) continue;
      found = &event;
      ++count;
    }
    EXPECT_EQ(count, 1) << "events called " << type;
    return found == nullptr ? RecordedEvent() : *found;
  }
  std::vector<std::string> EventTypes() const {
    std::vector<std::string> types;
    for (const RecordedEvent& event : events_) types.push_back(event.type);
    return types;
  }

  UserPtr FindUser(std::string_view id) {
    return Look([&](Tx& tx) { return tx.FindUser(app_, id); });
  }
  ChannelPtr FindChannel(std::string_view id, std::string_view type = "messaging") {
    return Look([&](Tx& tx) { return tx.FindChannel(app_, type, id); });
  }
  std::optional<Member> FindMember(std::string_view channel, std::string_view user) {
    return Look([&](Tx& tx) -> std::optional<Member> {
      const ChannelPtr found = tx.FindChannel(app_, "messaging", channel);
      return found ? tx.FindMember(found->pk, user) : std::nullopt;
    });
  }
  std::optional<Message> FindMessage(std::string_view id) {
    return Look([&](Tx& tx) { return tx.FindMessage(app_, id); });
  }
  UnreadTotals Unread(std::string_view user) {
    return Look([&](Tx& tx) { return tx.Unread(app_, user); });
  }
  /// What GetMessage would answer.
  test::Json MessageJson(const Message& message, Format format = Format::kV1,
                         std::string_view viewer = {}) {
    return test::Json(Look([&](Tx& tx) {
      Encoder encoder(tx, app_, format, now_);
      json::Writer w;
      encoder.Message(w, message, viewer);
      return w.Take();
    }));
  }

  void InTransaction(const std::function<bool(store::Tx&)>& run) {
    std::promise<store::Commit> promise;
    store_->Write(
        store::Origin{}, [&](store::Tx& tx) { return run(tx); },
        [&](store::Commit commit) { promise.set_value(commit); });
    const store::Commit commit = promise.get_future().get();
    ASSERT_TRUE(commit == store::Commit::kCommitted || commit == store::Commit::kRolledBack)
        << "the store failed";
  }

  AppId app_;
  Timestamp now_ = kStart;
  RequestInfo request_info_{.server = true,
                            .ip = "198.51.100.7",
                            .user_agent = "agent/1",
                            .sdk = "sdk-1.0",
                            .ext = "tenant=blue"};
  Limits limits_;
  std::vector<RecordedEvent> events_;

 private:
  struct Recorder final : EventSink {
    void Emit(const Event& event) override {
      events.push_back({event.type, event.custom, event.cid, event.user_id,
                        event.encode(Format::kV1), event.encode(Format::kV2)});
    }
    void Refuse(const Error& error) override {
      if (!refusal) refusal = error;
    }
    std::vector<RecordedEvent> events;
    std::optional<Error> refusal;
  };

  store::TempDirectory directory_;
  std::unique_ptr<store::Store> store_;
};

/// A refusal of this kind with exactly this reason.
#define EXPECT_REFUSED(expression, expected_kind, expected_message)                                \
  do {                                                                                             \
    const auto refused_result = (expression);                                                      \
    if (refused_result.has_value()) {                                                              \
      ADD_FAILURE() << "not refused: " #expression;                                                \
    } else {                                                                                       \
      EXPECT_EQ(refused_result.error().kind(), expected_kind) << refused_result.error().message(); \
      EXPECT_EQ(refused_result.error().message(), expected_message);                               \
    }                                                                                              \
  } while (false)

/// The same whatever the reason's words.
#define EXPECT_KIND(expression, expected_kind)                                                     \
  do {                                                                                             \
    const auto refused_result = (expression);                                                      \
    if (refused_result.has_value()) {                                                              \
      ADD_FAILURE() << "not refused: " #expression;                                                \
    } else {                                                                                       \
      EXPECT_EQ(refused_result.error().kind(), expected_kind) << refused_result.error().message(); \
    }                                                                                              \
  } while (false)

#define EXPECT_DONE(expression)                                            \
  do {                                                                     \
    const auto& done_result = (expression);                                \
    EXPECT_TRUE(done_result.has_value()) << done_result.error().message(); \
  } while (false)

/// Success; the message of the error if it is none.
#define ASSERT_DONE(expression)                                            \
  do {                                                                     \
    const auto& done_result = (expression);                                \
    ASSERT_TRUE(done_result.has_value()) << done_result.error().message(); \
  } while (false)

}  // namespace hookline::chat
