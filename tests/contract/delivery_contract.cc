// Goal: the outbox: what is pending, in which order; outcomes, cancelling, redelivery, history.
#include <gmock/gmock.h>

#include "contract/delivery_fixture.h"

namespace hookline::store {
namespace {

using delivery::DeliveryState;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

std::vector<DeliveryId> Ids(const std::vector<delivery::PendingDelivery>& deliveries) {
  std::vector<DeliveryId> ids;
  for (const auto& delivery : deliveries) ids.push_back(delivery.id);
  return ids;
}
std::vector<DeliveryId> Ids(const std::vector<delivery::DeliveryView>& deliveries) {
  std::vector<DeliveryId> ids;
  for (const auto& delivery : deliveries) ids.push_back(delivery.id);
  return ids;
}

TEST_P(StoreDeliveryContract, EventsAndPendingDeliveriesKeepEveryField) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  delivery::EventPayload event = MakeEvent("body one");
  event.custom = true;
  event.product = "video";
  event.body_v2 = std::make_shared<const std::string>("body two");
  delivery::PendingDelivery made;
  Write([&](Tx& tx) {
    const delivery::EventPayloadPtr stored = tx.InsertEvent(event);
    EXPECT_TRUE(stored->id);
    made = MakeDelivery(hook, stored, At(10));
    made.attempts = 2;
    made.budget_used = std::chrono::milliseconds(1234);
    made.epoch = 7;
    made.redelivery_base = 1;
    made.manual = true;
    made.id = tx.InsertDelivery(made);
  });
  ReadBoth([&](Reader& reader) {
    const auto pending = reader.LoadPending(Due(hook, At(10)));
    ASSERT_EQ(pending.size(), 1U);
    EXPECT_EQ(pending[0].id, made.id);
    EXPECT_EQ(pending[0].uuid, made.uuid);
    EXPECT_EQ(pending[0].hook, hook);
    EXPECT_EQ(pending[0].attempts, made.attempts);
    EXPECT_EQ(pending[0].budget_used, made.budget_used);
    EXPECT_EQ(pending[0].epoch, made.epoch);
    EXPECT_EQ(pending[0].redelivery_base, made.redelivery_base);
    EXPECT_EQ(pending[0].manual, made.manual);
    EXPECT_EQ(pending[0].next_attempt_at, made.next_attempt_at);
    for (const auto& found : {pending[0].event, reader.FindEvent(made.event->id)}) {
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->id, made.event->id);
      EXPECT_EQ(found->app, app_);
      EXPECT_EQ(found->type, event.type);
      EXPECT_EQ(found->custom, event.custom);
      EXPECT_EQ(found->product, event.product);
      EXPECT_EQ(found->channel_type, event.channel_type);
      EXPECT_EQ(found->channel_id, event.channel_id);
      EXPECT_EQ(found->cid, event.cid);
      EXPECT_EQ(found->user_id, event.user_id);
      EXPECT_EQ(found->created_at, event.created_at);
      EXPECT_EQ(*found->body_v1, "body one");
      EXPECT_EQ(*found->body_v2, "body two");
    }
    EXPECT_EQ(reader.FindEvent({made.event->id.value + 1}), nullptr);
  });
}

TEST_P(StoreDeliveryContract, PendingOnesAreLoadedByTimeThenAge) {
  const auto hooks = AddAppWithHooks({"h", "i", "j"});
  const DeliveryId late = AddDelivery(hooks[0], At(30));
  const DeliveryId first = AddDelivery(hooks[0], At(10));
  const DeliveryId second = AddDelivery(hooks[0], At(10));
  const DeliveryId other = AddDelivery(hooks[2], At(5));
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[0], At(99)))), ElementsAre(first, second, late));
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[0], At(29)))), ElementsAre(first, second));
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[0], At(99), 1))), ElementsAre(first));
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[0], At(9)))), IsEmpty());
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[2], At(9)))), ElementsAre(other));
    delivery::PendingQuery query = Due(hooks[0], At(99), 1);
    query.due_after = At(10);
    EXPECT_THAT(Ids(reader.LoadPending(query)), ElementsAre(late));
    const std::vector<DeliveryId> except = {late, first};
    query = Due(hooks[0], At(99), 1);
    query.except = except;
    EXPECT_THAT(Ids(reader.LoadPending(query)), ElementsAre(second));

    EXPECT_EQ(reader.NextDue(hooks[0], {}), At(10));
    EXPECT_EQ(reader.NextDue(hooks[0], At(10)), At(30));
    EXPECT_EQ(reader.NextDue(hooks[0], At(30)), std::nullopt);
    EXPECT_EQ(reader.NextDue(hooks[1], {}), std::nullopt);
    EXPECT_THAT(reader.HooksWithPending(), ElementsAre(hooks[0], hooks[2]));
    EXPECT_EQ(reader.CountPending(hooks[0]), 3);
    EXPECT_EQ(reader.CountPending(hooks[1]), 0);
  });
  Write([&](Tx& tx) { EXPECT_EQ(tx.LastDelivery(), other); });
}

TEST_P(StoreDeliveryContract, APageEndsWhenItsEventsHaveReachedTheBytes) {
  const HookId hook = AddAppWithHooks({"a"})[0];
  std::vector<DeliveryId> ids;
  std::size_t each = 0;
  Write([&](Tx& tx) {
    for (int i = 0; i < 5; ++i) {
      const auto event = tx.InsertEvent(MakeEvent(std::string(1000, 'x')));
      each = delivery::Bytes(*event);
      ids.push_back(tx.InsertDelivery(MakeDelivery(hook, event, At(i))));
    }
  });
  const auto load = [&](std::size_t bytes_max) {
    std::vector<DeliveryId> loaded;
    ReadBoth([&](Reader& reader) {
      delivery::PendingQuery query = Due(hook, At(100));
      query.bytes_max = bytes_max;
      loaded.clear();
      for (const auto& pending : reader.LoadPending(query)) loaded.push_back(pending.id);
    });
    return loaded;
  };
  EXPECT_THAT(load(1), ElementsAre(ids[0]));
  EXPECT_THAT(load(2 * each), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(load(2 * each + 1), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_THAT(load(100 * each), ElementsAreArray(ids));
}

TEST_P(StoreDeliveryContract, EventsInMemoryAreSharedAndNewOnesPutThere) {
  const auto hooks = AddAppWithHooks({"a", "b"});
  Write([&](Tx& tx) {
    const auto first = tx.InsertEvent(MakeEvent("first"));
    const auto second = tx.InsertEvent(MakeEvent("second"));
    for (const HookId hook : hooks) {
      tx.InsertDelivery(MakeDelivery(hook, first, At(1)));
      tx.InsertDelivery(MakeDelivery(hook, second, At(2)));
    }
  });
  delivery::EventPool pool(1 << 20);
  ReadBoth([&](Reader& reader) {
    std::vector<std::vector<delivery::PendingDelivery>> loaded;
    for (const HookId hook : hooks) {
      delivery::PendingQuery query = Due(hook, At(100));
      query.events = &pool;
      loaded.push_back(reader.LoadPending(query));
      ASSERT_EQ(loaded.back().size(), 2U);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(loaded[0][i].event, loaded[1][i].event);
      EXPECT_EQ(loaded[0][i].event, pool.Find(loaded[0][i].event->id));
    }
    EXPECT_EQ(*loaded[0][1].event->body_v1, "second");
  });
  EXPECT_EQ(pool.bytes(), 0U);
}

TEST_P(StoreDeliveryContract, ASuccessEndsADelivery) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId id = AddDelivery(hook, At(10));
  Record(Outcome(id, hook, 1, 200, DeliveryState::kDelivered));
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(reader.LoadPending(Due(hook, At(999))), IsEmpty());
    EXPECT_THAT(reader.HooksWithPending(), IsEmpty());
    const auto attempts = reader.ListAttempts(id);
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(attempts[0].attempt, 1);
    EXPECT_EQ(attempts[0].status, 200);
    EXPECT_EQ(attempts[0].started_at, At(101));
    EXPECT_EQ(attempts[0].elapsed, std::chrono::milliseconds(20));
  });
  const auto view = View(id);
  EXPECT_EQ(view.state, DeliveryState::kDelivered);
  EXPECT_EQ(view.attempts, 1);
  EXPECT_EQ(view.last_status, 200);
  EXPECT_EQ(view.updated_at, At(101) + std::chrono::milliseconds(20));
}

TEST_P(StoreDeliveryContract, FailuresAreKeptAndTheDeliveryMovesOn) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId id = AddDelivery(hook, At(10));
  auto record = Outcome(id, hook, 1, 503, DeliveryState::kPending);
  record.next_attempt_at = At(200);
  record.budget_used = std::chrono::milliseconds(700);
  record.epoch = 3;
  record.outcome.detail = "busy";
  Record(record);
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(reader.LoadPending(Due(hook, At(199))), IsEmpty());
    const auto pending = reader.LoadPending(Due(hook, At(200)));
    ASSERT_EQ(pending.size(), 1U);
    EXPECT_EQ(pending[0].attempts, 1);
    EXPECT_EQ(pending[0].budget_used, record.budget_used);
    EXPECT_EQ(pending[0].epoch, 3);
  });
  record = Outcome(id, hook, 2, 0, DeliveryState::kDead);
  record.outcome.failure = FailureClass::kTimeout;
  record.reason = "exhausted";
  Record(record);
  const auto view = View(id);
  EXPECT_EQ(view.state, DeliveryState::kDead);
  EXPECT_EQ(view.reason, "exhausted");
  EXPECT_EQ(view.last_failure, FailureClass::kTimeout);
  EXPECT_EQ(view.last_status, 0);
  EXPECT_EQ(view.attempts, 2);
  ReadBoth([&](Reader& reader) {
    const auto attempts = reader.ListAttempts(id);
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].status, 503);
    EXPECT_EQ(attempts[0].detail, "busy");
    EXPECT_EQ(attempts[1].failure, FailureClass::kTimeout);
    EXPECT_EQ(attempts[1].started_at, At(102));
    EXPECT_EQ(reader.CountPending(hook), 0);
  });
}

TEST_P(StoreDeliveryContract, AnAttemptHandedBackLeavesNoTrace) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId id = AddDelivery(hook, At(10));
  auto record = Outcome(id, hook, 1, 0, DeliveryState::kPending);
  record.outcome.failure = FailureClass::kCancelled;
  Record(record);
  EXPECT_EQ(View(id).attempts, 0);
  Read([&](Reader& reader) {
    EXPECT_THAT(reader.ListAttempts(id), IsEmpty());
    EXPECT_THAT(Ids(reader.LoadPending(Due(hook, At(10)))), ElementsAre(id));
  });
}

TEST_P(StoreDeliveryContract, CancellingGoesByDueTimeUpToAMark) {
  const auto hooks = AddAppWithHooks({"h", "i"});
  std::vector<DeliveryId> ids;
  for (const int due : {30, 10, 20, 40}) ids.push_back(AddDelivery(hooks[0], At(due)));
  const DeliveryId other = AddDelivery(hooks[1], At(1));
  Write([&](Tx& tx) {
    EXPECT_EQ(tx.CancelPending(hooks[0], ids[2], {}, "disabled", At(50), 2), 2);
    EXPECT_EQ(tx.CancelPending(hooks[0], ids[2], {}, "disabled", At(50), 2), 1);
    EXPECT_EQ(tx.CancelPending(hooks[0], ids[2], {}, "disabled", At(50), 2), 0);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[0], At(99)))), ElementsAre(ids[3]));
    EXPECT_THAT(Ids(reader.LoadPending(Due(hooks[1], At(99)))), ElementsAre(other));
  });
  EXPECT_EQ(View(ids[0]).state, DeliveryState::kCancelled);
  EXPECT_EQ(View(ids[0]).reason, "disabled");
  EXPECT_EQ(View(ids[0]).updated_at, At(50));
  Write([&](Tx& tx) { EXPECT_EQ(tx.CancelPending(hooks[0], {}, {}, "deleted", At(60), 10), 1); });
  EXPECT_EQ(View(ids[3]).reason, "deleted");
}

TEST_P(StoreDeliveryContract, CancellingUpToAMarkSparesManualRedeliveries) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId id = AddDelivery(hook, At(10));
  Write([&](Tx& tx) {
    tx.CancelPending(hook, {}, {}, "disabled", At(20), 10);
    tx.Redeliver(id, {}, At(30));
    EXPECT_EQ(tx.CancelPending(hook, id, {}, "disabled", At(40), 10), 0);
    EXPECT_EQ(tx.CancelPending(hook, {}, {}, "deleted", At(40), 10), 1);
  });
}

TEST_P(StoreDeliveryContract, CancellingSkipsWhatIsUnderWay) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  std::vector<DeliveryId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(AddDelivery(hook, At(10)));
  const std::vector<DeliveryId> under_way = {ids[0], ids[2]};
  Write([&](Tx& tx) {
    EXPECT_EQ(tx.CancelPending(hook, {}, under_way, "disabled", At(20), 1), 1);
    EXPECT_EQ(tx.CancelPending(hook, {}, under_way, "disabled", At(20), 10), 1);
    EXPECT_EQ(tx.CancelPending(hook, {}, under_way, "disabled", At(20), 10), 0);
    EXPECT_EQ(tx.CancelPending(hook, ids[1], under_way, "disabled", At(20), 10), 0);
  });
  Read([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.LoadPending(Due(hook, At(99)))), ElementsAre(ids[0], ids[2]));
  });
}

TEST_P(StoreDeliveryContract, AnAttemptOfACancelledDeliveryCountsOnlyIfItDelivered) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId failed = AddDelivery(hook, At(10));
  const DeliveryId delivered = AddDelivery(hook, At(10));
  Write([&](Tx& tx) { tx.CancelPending(hook, {}, {}, "deleted", At(20), 10); });
  auto record = Outcome(failed, hook, 1, 500, DeliveryState::kPending);
  record.next_attempt_at = At(300);
  Record(record);
  Record(Outcome(delivered, hook, 1, 200, DeliveryState::kDelivered));
  EXPECT_EQ(View(failed).state, DeliveryState::kCancelled);
  EXPECT_EQ(View(failed).reason, "deleted");
  EXPECT_EQ(View(failed).attempts, 1);
  EXPECT_EQ(View(delivered).state, DeliveryState::kDelivered);
  Read([&](Reader& reader) {
    EXPECT_THAT(reader.LoadPending(Due(hook, At(999))), IsEmpty());
    EXPECT_EQ(reader.ListAttempts(failed).size(), 1U);
  });
}

TEST_P(StoreDeliveryContract, RedeliveryStartsANewRoundOfTheSameDelivery) {
  const auto hooks = AddAppWithHooks({"h", "i"});
  const DeliveryId id = AddDelivery(hooks[0], At(10));
  const Uuid uuid = View(id).uuid;
  auto record = Outcome(id, hooks[0], 1, 500, DeliveryState::kDead);
  record.budget_used = std::chrono::milliseconds(900);
  record.reason = "exhausted";
  Record(record);
  Write([&](Tx& tx) { tx.Redeliver(id, {}, At(500)); });
  ReadBoth([&](Reader& reader) {
    const auto pending = reader.LoadPending(Due(hooks[0], At(500)));
    ASSERT_EQ(pending.size(), 1U);
    EXPECT_EQ(pending[0].uuid, uuid);
    EXPECT_EQ(pending[0].attempts, 1);
    EXPECT_EQ(pending[0].redelivery_base, 1);
    EXPECT_EQ(pending[0].budget_used, std::chrono::milliseconds(0));
    EXPECT_TRUE(pending[0].manual);
    EXPECT_EQ(pending[0].next_attempt_at, At(500));
  });
  EXPECT_EQ(View(id).reason, "");
  Record(Outcome(id, hooks[0], 2, 500, DeliveryState::kDead));
  Write([&](Tx& tx) { tx.Redeliver(id, hooks[1], At(600)); });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(reader.LoadPending(Due(hooks[0], At(999))), IsEmpty());
    EXPECT_EQ(reader.LoadPending(Due(hooks[1], At(999))).at(0).redelivery_base, 2);
  });
  Record(Outcome(id, hooks[1], 3, 200, DeliveryState::kDelivered));
  Read([&](Reader& reader) { EXPECT_EQ(reader.ListAttempts(id).size(), 3U); });
  // What was delivered can be sent again too, and its attempts are remembered.
  Write([&](Tx& tx) { tx.Redeliver(id, {}, At(700)); });
  EXPECT_EQ(View(id).state, DeliveryState::kPending);
  EXPECT_EQ(View(id).hook_id, "i");
  Record(Outcome(id, hooks[1], 4, 200, DeliveryState::kDelivered));
  Read([&](Reader& reader) { EXPECT_EQ(reader.ListAttempts(id).size(), 4U); });
  // What is still pending is left alone.
  const DeliveryId pending = AddDelivery(hooks[0], At(800));
  Write([&](Tx& tx) { tx.Redeliver(pending, {}, At(900)); });
  EXPECT_FALSE(View(pending).manual);
}

TEST_P(StoreDeliveryContract, ListenersHearOfRedeliveries) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  const DeliveryId id = AddDelivery(hook, At(10));
  Write([&](Tx& tx) { tx.CancelPending(hook, {}, {}, "disabled", At(20), 10); });
  Reopen();
  class Listener final : public delivery::CommitListener {
   public:
    void OnDeliveriesCommitted(std::vector<delivery::PendingDelivery> deliveries) override {
      heard.insert(heard.end(), deliveries.begin(), deliveries.end());
    }
    std::vector<delivery::PendingDelivery> heard;
  } listener;
  store_->SetCommitListener(&listener);
  EXPECT_EQ(TryWrite([&](Tx& tx) {
              tx.Redeliver(id, {}, At(500));
              return false;
            }),
            Commit::kRolledBack);
  Write([&](Tx& tx) { tx.Redeliver(id, {}, At(500)); });
  store_->Stop();
  ASSERT_EQ(listener.heard.size(), 1U);
  EXPECT_EQ(listener.heard[0].id, id);
  EXPECT_EQ(listener.heard[0].hook, hook);
  EXPECT_EQ(listener.heard[0].next_attempt_at, At(500));
}

TEST_P(StoreDeliveryContract, HistoryIsListedNewestFirst) {
  const auto hooks = AddAppWithHooks({"h", "i"});
  const AppId first_app = app_;
  std::vector<DeliveryId> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(AddDelivery(hooks[static_cast<std::size_t>(i % 2)], At(i)));
  }
  const HookId foreign = AddAppWithHooks({"h"})[0];
  const DeliveryId elsewhere = AddDelivery(foreign, At(1));
  Record(Outcome(ids[0], hooks[0], 1, 200, DeliveryState::kDelivered));
  Record(Outcome(ids[1], hooks[1], 1, 500, DeliveryState::kDead));
  Record(Outcome(ids[3], hooks[1], 1, 500, DeliveryState::kDead));
  Record(Outcome(elsewhere, foreign, 1, 500, DeliveryState::kDead));
  Write([&](Tx& tx) {
    tx.CancelPending(hooks[0], ids[2], {}, "disabled", At(9), 10);
    // The names of hooks outlive them.
    app_ = first_app;
    tx.ReplaceHooks(first_app, {});
  });
  using State = std::optional<DeliveryState>;
  const auto list = [&](AppId app, std::string hook, State state, DeliveryId before = {},
                        int limit = 50) {
    std::vector<DeliveryId> found;
    ReadBoth([&](Reader& reader) {
      found = Ids(reader.ListDeliveries({app, hook, state, before, limit}));
    });
    return found;
  };
  EXPECT_THAT(list({}, "", {}),
              ElementsAre(elsewhere, ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]));
  EXPECT_THAT(list({}, "", {}, ids[3], 2), ElementsAre(ids[2], ids[1]));
  EXPECT_THAT(list(first_app, "", {}, {}, 3), ElementsAre(ids[5], ids[4], ids[3]));
  EXPECT_THAT(list(first_app, "", {}, ids[3], 2), ElementsAre(ids[2], ids[1]));
  EXPECT_THAT(list(first_app, "i", {}), ElementsAre(ids[5], ids[3], ids[1]));
  EXPECT_THAT(list({}, "h", {}), ElementsAre(elsewhere, ids[4], ids[2], ids[0]));
  EXPECT_THAT(list({}, "", DeliveryState::kDead), ElementsAre(elsewhere, ids[3], ids[1]));
  EXPECT_THAT(list(first_app, "", DeliveryState::kDead, ids[3]), ElementsAre(ids[1]));
  EXPECT_THAT(list({}, "", DeliveryState::kDelivered), ElementsAre(ids[0]));
  EXPECT_THAT(list(first_app, "h", DeliveryState::kDelivered), ElementsAre(ids[0]));
  EXPECT_THAT(list(first_app, "h", DeliveryState::kCancelled), ElementsAre(ids[2]));
  EXPECT_THAT(list({}, "", DeliveryState::kPending), ElementsAre(ids[5], ids[4]));
  EXPECT_THAT(list(first_app, "no such hook", {}), IsEmpty());
  const auto view = View(ids[3]);
  EXPECT_EQ(view.app, first_app);
  EXPECT_EQ(view.hook_id, "i");
  EXPECT_EQ(view.event_type, "message.new");
  EXPECT_TRUE(view.event);
  EXPECT_EQ(view.created_at, At(3));
  EXPECT_FALSE(view.manual);
  ReadBoth([&](Reader& reader) {
    ASSERT_TRUE(reader.FindDelivery(view.uuid));
    EXPECT_EQ(reader.FindDelivery(view.uuid)->id, ids[3]);
    EXPECT_EQ(reader.FindDelivery(RandomUuid()), std::nullopt);
  });
}

TEST_P(StoreDeliveryContract, PagesOfHistoryStayStableWhileRowsAreAdded) {
  const HookId hook = AddAppWithHooks({"h"})[0];
  for (int i = 0; i < 10; ++i) AddDelivery(hook, At(i));
  std::vector<DeliveryId> seen;
  delivery::DeliveryFilter filter;
  filter.hook_id = "h";
  filter.limit = 3;
  for (int round = 0; round < 10; ++round) {
    std::vector<DeliveryId> page;
    Read([&](Reader& reader) { page = Ids(reader.ListDeliveries(filter)); });
    if (page.empty()) break;
    seen.insert(seen.end(), page.begin(), page.end());
    filter.before = page.back();
    AddDelivery(hook, At(50));
  }
  ASSERT_EQ(seen.size(), 10U);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_LT(seen[i], seen[i - 1]);
}

}  // namespace
}  // namespace hookline::store
