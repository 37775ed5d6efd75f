// Goal: what is hidden from members, and what follows from it for counts, is kept and queried
// right. Method: write, then read through a reader thread and through the writer.
#include <gmock/gmock.h>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;

std::vector<std::string> Ids(const std::vector<chat::Message>& messages) {
  std::vector<std::string> ids;
  for (const chat::Message& message : messages) ids.push_back(message.id);
  return ids;
}

TEST_P(StoreContract, PinnedMessagesOfBeforeAreLeftOut) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    for (const auto& [id, at] : std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}}) {
      chat::Message message = MakeMessage(channel, id, at);
      message.pinned = true;
      message.pinned_at = At(9);
      tx.InsertMessage(message);
    }
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(0), At(2), "", 10)), ElementsAre("b"));
  });
}

TEST_P(StoreContract, MessagesAreCountedFromATimeOn) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    for (int i = 1; i <= 4; ++i) {
      chat::Message message = MakeMessage(channel, "m" + std::to_string(i), i);
      message.countable = i != 3;
      if (i == 4) message.deleted_at = At(9);
      tx.InsertMessage(message);
    }
    chat::Message reply = MakeMessage(channel, "reply", 5);
    reply.parent_id = "m1";
    tx.InsertMessage(reply);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.CountMessages(channel, {}), 4);
    EXPECT_EQ(reader.CountMessages(channel, At(3)), 2);
    EXPECT_EQ(reader.CountCountable(channel, {}), 3);
    EXPECT_EQ(reader.CountCountable(channel, At(3)), 1);
    EXPECT_EQ(reader.CountCountable({channel.value + 1}, {}), 0);
  });
}

TEST_P(StoreContract, WhoWroteLastIsRememberedForAWhile) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    tx.PutLastSent(channel, "ann", At(1));
    tx.PutLastSent(channel, "ann", At(5));
    tx.PutLastSent(channel, "bob", At(2));
    tx.PutLastSent(channel, "eve", At(3));
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.LastSent(channel, "ann"), At(5));
    EXPECT_EQ(reader.LastSent(channel, "zoe"), Timestamp{});
    EXPECT_EQ(reader.LastSent({channel.value + 1}, "ann"), Timestamp{});
  });
  Write([&](Tx& tx) {
    EXPECT_EQ(tx.DeleteLastSent(At(5), 1), 1);
    EXPECT_EQ(tx.DeleteLastSent(At(5), 10), 1);
    EXPECT_EQ(tx.DeleteLastSent(At(5), 10), 0);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.LastSent(channel, "ann"), At(5));
    EXPECT_EQ(reader.LastSent(channel, "bob"), Timestamp{});
  });
}

TEST_P(StoreContract, ATruncatedChannelHasNothingUnread) {
  chat::Channel channel = MakeChannel("general");
  channel.countable_messages = 10;
  Write([&](Tx& tx) {
    channel.pk = tx.InsertChannel(channel);
    chat::Member ann = MakeMember(channel.pk, "ann");
    ann.read_count = 4;
    tx.PutMember(ann);
  });
  const auto unread = [&](std::int64_t messages, std::int64_t channels) {
    ReadBoth([&](Reader& reader) {
      EXPECT_EQ(reader.Unread(app_, "ann").messages, messages);
      EXPECT_EQ(reader.Unread(app_, "ann").channels, channels);
    });
  };
  unread(6, 1);
  channel.unread_floor = 9;
  Write([&](Tx& tx) { tx.UpdateChannel(channel); });
  unread(1, 1);
  // A member that is written back with its old position reads no more than there is.
  Write([&](Tx& tx) { tx.PutMember(*tx.FindMember(channel.pk, "ann")); });
  unread(1, 1);
  channel.unread_floor = 10;
  Write([&](Tx& tx) { tx.UpdateChannel(channel); });
  unread(0, 0);
  channel.countable_messages = 12;
  Write([&](Tx& tx) { tx.UpdateChannel(channel); });
  unread(2, 1);
}

TEST_P(StoreContract, RemovedRepliesAreOutOfSightAtOnce) {
  constexpr int kReplies = 150;
  const ChannelId channel = AddChannel();
  const auto reply_id = [](int i) { return "reply-" + std::to_string(i); };
  Write([&](Tx& tx) {
    tx.InsertMessage(MakeMessage(channel, "other", 1));
    tx.InsertMessage(MakeMessage(channel, "parent", 2));
    for (int i = 0; i < kReplies; ++i) {
      chat::Message reply = MakeMessage(channel, reply_id(i), 3 + i);
      reply.parent_id = "parent";
      reply.show_in_channel = i % 2 == 0;
      reply.countable = true;
      reply.pinned = true;
      reply.pinned_at = At(3);
      reply.pin_expires = At(10);
      tx.InsertMessage(reply);
    }
  });
  const auto nothing_is_left = [&](Reader& reader) {
    chat::MessagePage page;
    page.limit = 1000;
    const auto shown = reader.ListMessages(channel, page);
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0].id, "other");
    EXPECT_TRUE(reader.ListReplies(app_, "parent", page).empty());
    EXPECT_TRUE(reader.ListPinned(channel, At(0), {}, "", 10).empty());
    EXPECT_TRUE(reader.ListExpiredPins(At(1000), 10).empty());
    EXPECT_EQ(reader.FindMessage(app_, reply_id(0)), std::nullopt);
    EXPECT_EQ(reader.FindMessage(app_, reply_id(kReplies - 1)), std::nullopt);
    EXPECT_EQ(reader.CountMessages(channel, {}), 1);
    EXPECT_EQ(reader.CountCountable(channel, {}), 0);
  };
  Write([&](Tx& tx) {
    const auto parent = tx.FindMessage(app_, "parent");
    tx.RemoveReplies(app_, "parent");
    tx.DeleteMessage(parent->pk);
    nothing_is_left(tx);
  });
  ReadBoth(nothing_is_left);
}

TEST_P(StoreContract, NamesOfRemovedRepliesAndTheirParentAreFree) {
  constexpr int kReplies = 300;
  const ChannelId channel = AddChannel();
  chat::Message reply = MakeMessage(channel, "reply", 3);
  reply.parent_id = "parent";
  Write([&](Tx& tx) {
    tx.InsertMessage(MakeMessage(channel, "parent", 2));
    for (int i = 0; i < kReplies; ++i) {
      reply.id = "reply-" + std::to_string(i);
      tx.InsertMessage(reply);
    }
  });
  Write([&](Tx& tx) {
    const auto parent = tx.FindMessage(app_, "parent");
    tx.RemoveReplies(app_, "parent");
    tx.DeleteMessage(parent->pk);
    tx.InsertMessage(MakeMessage(channel, "reply-299", 4));
    tx.InsertMessage(MakeMessage(channel, "parent", 5));
    reply.id = "reply-7";
    tx.InsertMessage(reply);
  });
  // Whatever is done in the background goes on meanwhile.
  for (int i = 0; i < 20; ++i) Write([](Tx&) {});
  ReadBoth([&](Reader& reader) {
    chat::MessagePage page;
    page.limit = 1000;
    EXPECT_EQ(reader.ListReplies(app_, "parent", page).size(), 1U);
    ASSERT_TRUE(reader.FindMessage(app_, "reply-7"));
    ASSERT_TRUE(reader.FindMessage(app_, "reply-299"));
    EXPECT_EQ(reader.FindMessage(app_, "reply-299")->parent_id, "");
    EXPECT_EQ(reader.FindMessage(app_, "reply-8"), std::nullopt);
  });
}

}  // namespace
}  // namespace hookline::store
