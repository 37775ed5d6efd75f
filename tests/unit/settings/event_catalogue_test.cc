#include "settings/event_catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hookline::settings {
namespace {

TEST(EventCatalogueTest, KnowsStreamsTypesAndNoOthers) {
  for (const char* type : {"message.new",
                           "message.updated",
                           "message.deleted",
                           "message.read",
                           "message.flagged",
                           "message.unflagged",
                           "reaction.new",
                           "reaction.updated",
                           "reaction.deleted",
                           "member.added",
                           "member.updated",
                           "member.removed",
                           "channel.created",
                           "channel.updated",
                           "channel.deleted",
                           "channel.truncated",
                           "channel.hidden",
                           "channel.muted",
                           "channel.unmuted",
                           "user.updated",
                           "user.deactivated",
                           "user.reactivated",
                           "user.deleted",
                           "user.muted",
                           "user.unmuted",
                           "user.banned",
                           "user.unbanned",
                           "user.flagged",
                           "user.messages.deleted",
                           "export.users.success",
                           "export.channels.error",
                           "user_group.member_added",
                           "review_queue_item.updated"}) {
    EXPECT_TRUE(IsBuiltInEvent(type)) << type;
    EXPECT_FALSE(IsClientOnlyEvent(type)) << type;
  }
  for (const char* type : {"", "crane_moved", "message", "message.new ", "Message.new", "zzz"}) {
    EXPECT_FALSE(IsBuiltInEvent(type)) << type;
    EXPECT_FALSE(IsClientOnlyEvent(type)) << type;
  }
  EXPECT_TRUE(IsClientOnlyEvent("typing.start"));
  EXPECT_FALSE(IsBuiltInEvent("typing.start"));
}

TEST(EventCatalogueTest, EveryNameIsReserved) {
  for (const EventType& type : EventCatalogue()) {
    const auto prefixes = ReservedEventPrefixes();
    EXPECT_TRUE(std::ranges::any_of(prefixes, [&](std::string_view prefix) {
      return type.name.starts_with(prefix);
    })) << type.name;
  }
}

TEST(EventCatalogueTest, EveryEntryIsComplete) {
  for (const EventType& type : EventCatalogue()) {
    EXPECT_FALSE(type.name.empty());
    EXPECT_TRUE(type.description.ends_with('.')) << type.name;
    EXPECT_TRUE(type.product == "chat" || type.product == "moderation") << type.name;
  }
}

}  // namespace
}  // namespace hookline::settings
