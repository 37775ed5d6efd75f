#include "delivery/router.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/delivery/memory_store.h"

namespace hookline::delivery {
namespace {

using testing::MemoryTables;

constexpr Timestamp kNow{1'800'000'000'000'000'000};

settings::EventHook Hook(std::vector<std::string> types = {}) {
  settings::EventHook hook;
  hook.url = "https://hooks.example/in";
  hook.event_types = std::move(types);
  return hook;
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    event_.type = "message.new";
    event_.created_at = kNow;
    event_.encode = [this](bool v2) {
      encoded_.push_back(v2);
      return std::string(v2 ? "two" : "one");
    };
  }

  int RouteTo(std::vector<settings::EventHook> hooks) {
    settings::App app;
    app.id = tables_.InsertApp(app);
    tables_.ReplaceHooks(app.id, hooks);
    return Route(tables_, *tables_.FindApp(app.id), event_, kNow);
  }

  MemoryTables tables_;
  RoutedEvent event_;
  std::vector<bool> encoded_;
};

TEST_F(RouterTest, NothingIsEncodedOrStoredIfNobodyWantsTheEvent) {
  settings::EventHook disabled = Hook();
  disabled.enabled = false;
  settings::EventHook other_product = Hook();
  other_product.product = "video";
  settings::EventHook pending = Hook();
  pending.type = settings::HookType::kPendingMessage;

  EXPECT_EQ(RouteTo({disabled, other_product, pending, Hook({"message.newer", "message"})}), 0);
  EXPECT_TRUE(encoded_.empty());
  EXPECT_EQ(tables_.FindEvent(EventId{1}), nullptr);
  EXPECT_TRUE(tables_.deliveries().empty());
}

TEST_F(RouterTest, OneEventAndOneDeliveryPerHook) {
  event_.channel_type = "messaging";
  event_.channel_id = "dock-4";
  event_.cid = "messaging:dock-4";
  event_.user_id = "mara";
  EXPECT_EQ(RouteTo({Hook(), Hook({"message.new"}), Hook({"user.banned", "message.new"})}), 3);

  EXPECT_EQ(encoded_, std::vector<bool>{false});
  const EventPayloadPtr event = tables_.FindEvent(EventId{1});
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(tables_.FindEvent(EventId{2}), nullptr);
  EXPECT_EQ(event->type, "message.new");
  EXPECT_EQ(event->channel_type, "messaging");
  EXPECT_EQ(event->channel_id, "dock-4");
  EXPECT_EQ(event->cid, "messaging:dock-4");
  EXPECT_EQ(event->user_id, "mara");
  EXPECT_EQ(event->created_at, kNow);
  EXPECT_EQ(*event->body_v1, "one");
  EXPECT_EQ(event->body_v2, nullptr);

  ASSERT_EQ(tables_.deliveries().size(), 3u);
  std::vector<Uuid> uuids;
  for (const auto& [id, stored] : tables_.deliveries()) {
    EXPECT_EQ(stored.delivery.event, event);
    EXPECT_EQ(stored.delivery.next_attempt_at, kNow);
    EXPECT_EQ(stored.delivery.attempts, 0);
    for (const Uuid& other : uuids) EXPECT_NE(stored.delivery.uuid, other);
    uuids.push_back(stored.delivery.uuid);
  }
}

TEST_F(RouterTest, EachFormatIsEncodedOnce) {
  settings::EventHook v2 = Hook();
  v2.payload_v2 = true;
  EXPECT_EQ(RouteTo({v2, Hook(), v2}), 3);
  EXPECT_EQ(encoded_, (std::vector<bool>{false, true}));
  EXPECT_EQ(*tables_.FindEvent(EventId{1})->body_v2, "two");
}

TEST_F(RouterTest, CustomEventsGoToWhoNamesThemOrWantsThem) {
  event_.custom = true;
  event_.type = "order.shipped";
  settings::EventHook unwilling = Hook();
  unwilling.custom_events = false;
  settings::EventHook unwilling_but_named = Hook({"order.shipped"});
  unwilling_but_named.custom_events = false;

  EXPECT_TRUE(Wants(Hook(), event_));
  EXPECT_FALSE(Wants(unwilling, event_));
  EXPECT_TRUE(Wants(Hook({"order.shipped"}), event_));
  EXPECT_TRUE(Wants(unwilling_but_named, event_));
  EXPECT_FALSE(Wants(Hook({"message.new"}), event_));
  event_.custom = false;
  EXPECT_TRUE(Wants(unwilling, event_));
}

TEST_F(RouterTest, ProductsMatchExactlyOrAll) {
  settings::EventHook hook = Hook();
  hook.product = "chat";
  EXPECT_TRUE(Wants(hook, event_));
  event_.product = "moderation";
  EXPECT_FALSE(Wants(hook, event_));
  hook.product = "all";
  EXPECT_TRUE(Wants(hook, event_));
}

}  // namespace
}  // namespace hookline::delivery
