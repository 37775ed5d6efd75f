// Random operations on the domain, compared step by step with a model that counts in the most
// naive way: it remembers for each member which messages they have not read. The seed is printed;
// HOOKLINE_TEST_SEED runs one again.
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

constexpr std::uint64_t kSeed = 20260731;

struct ModelMessage {
  std::string author;
  std::string parent;
  bool deleted = false;
  bool gone = false;
};

struct Model {
  // Per channel and member: the messages that are unread.
  std::map<std::string, std::map<std::string, std::set<std::string>>> members;
  std::map<std::string, std::map<std::string, ModelMessage>> messages;

  std::int64_t Unread(const std::string& user) const {
    std::int64_t count = 0;
    for (const auto& [channel, list] : members) {
      if (const auto member = list.find(user); member != list.end()) {
        count += static_cast<std::int64_t>(member->second.size());
      }
    }
    return count;
  }
  std::int64_t UnreadChannels(const std::string& user) const {
    std::int64_t count = 0;
    for (const auto& [channel, list] : members) {
      const auto member = list.find(user);
      if (member != list.end() && !member->second.empty()) ++count;
    }
    return count;
  }
  std::int64_t Replies(const std::string& channel, const std::string& parent, bool deleted) const {
    std::int64_t count = 0;
    for (const auto& [id, message] : messages.at(channel)) {
      if (message.gone) continue;
      if (message.parent == parent && message.deleted == deleted) ++count;
    }
    return count;
  }
  std::int64_t Live(const std::string& channel) const {
    std::int64_t count = 0;
    for (const auto& [id, message] : messages.at(channel)) {
      if (!message.deleted && !message.gone) ++count;
    }
    return count;
  }
};

class UnreadModelTest : public ChatTest {
 protected:
  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  bool Chance(int percent) { return Pick(100) < static_cast<std::size_t>(percent); }

  // A message of the channel that is still there; empty if there is none.
  std::string PickMessage(const std::string& channel, bool top_level) {
    std::vector<std::string> ids;
    for (const auto& [id, message] : model_.messages[channel]) {
      if (message.deleted || message.gone || (top_level && !message.parent.empty())) continue;
      ids.push_back(id);
    }
    return ids.empty() ? std::string() : ids[Pick(ids.size())];
  }

  void Step(int step);
  void Compare();
  void CompareEvents();

  const std::vector<std::string> users_ = {"ann", "bob", "cid", "dan", "eve"};
  const std::vector<std::string> channels_ = {"one", "two", "three"};
  Model model_;
  std::mt19937_64 random_;
};

void UnreadModelTest::Step(int step) {
  const std::string& channel = channels_[Pick(channels_.size())];
  const std::string& user = users_[Pick(users_.size())];
  auto& members = model_.members[channel];
  auto& messages = model_.messages[channel];
  const std::size_t what = Pick(100);
  if (what < 50) {
    const std::string id = "m" + std::to_string(step);
    const std::string parent = Chance(35) ? PickMessage(channel, true) : std::string();
    const bool silent = Chance(10);
    const bool system = Chance(10);
    std::string body = R"({"text":"x","id":")" + id + R"(","user_id":")" + user + "\"";
    if (!parent.empty()) body += R"(,"parent_id":")" + parent + "\"";
    if (silent) body += R"(,"silent":true)";
    if (system) body += R"(,"type":"system")";
    if (Chance(50)) body += R"(,"show_in_channel":true)";
    ASSERT_DONE(Send(channel, body + "}"));
    messages[id] = {user, parent};
    if (parent.empty() && !silent && !system) {
      for (auto& [member, unread] : members) unread.insert(id);
      if (const auto sender = members.find(user); sender != members.end()) sender->second.clear();
    }
  } else if (what < 65) {
    const auto read = Read(channel, R"({"user_id":")" + user + "\"}");
    const auto member = members.find(user);
    ASSERT_DONE(read);
    if (member != members.end()) member->second.clear();
  } else if (what < 75) {
    ASSERT_DONE(Update(channel, R"({"add_members":[")" + user + "\"]}"));
    members.try_emplace(user);
  } else if (what < 82) {
    ASSERT_DONE(Update(channel, R"({"remove_members":[")" + user + "\"]}"));
    members.erase(user);
  } else if (what < 94) {
    // Deleting does not make unread messages read: the counter only tells what was sent since.
    const std::string id = PickMessage(channel, false);
    if (id.empty()) return;
    const bool hard = Chance(30);
    ASSERT_DONE(Delete(id, hard));
    (hard ? messages[id].gone : messages[id].deleted) = true;
    // A thread goes with its parent.
    for (auto& [reply_id, reply] : messages) reply.gone |= hard && reply.parent == id;
  } else if (what < 97) {
    const std::string id = PickMessage(channel, false);
    if (id.empty()) return;
    ASSERT_DONE(Patch(id, R"({"set":{"text":"y"},"user_id":"ann"})"));
  } else {
    // A channel that is deleted takes everything along; its successor starts empty.
    ASSERT_DONE(Remove(channel, Chance(30)));
    ASSERT_DONE(
        Open(channel, R"({"data":{"created_by_id":"ann","members":["ann",")" + user + "\"]}}"));
    members.clear();
    messages.clear();
    members["ann"];
    members[user];
  }
}

void UnreadModelTest::Compare() {
  for (const std::string& user : users_) {
    const UnreadTotals totals = Unread(user);
    ASSERT_EQ(totals.messages, model_.Unread(user)) << user;
    ASSERT_EQ(totals.channels, model_.UnreadChannels(user)) << user;
  }
  for (const std::string& id : channels_) {
    const ChannelPtr channel = FindChannel(id);
    ASSERT_TRUE(channel);
    const auto& members = model_.members[id];
    ASSERT_EQ(channel->member_count, static_cast<std::int64_t>(members.size())) << id;
    ASSERT_EQ(channel->message_count, model_.Live(id)) << id;
    for (const auto& [user, unread] : members) {
      const auto member = FindMember(id, user);
      ASSERT_TRUE(member);
      ASSERT_EQ(channel->countable_messages - member->read_count,
                static_cast<std::int64_t>(unread.size()))
          << user << " in " << id;
    }
    for (const auto& [message_id, message] : model_.messages[id]) {
      const auto stored = FindMessage(message_id);
      ASSERT_EQ(stored.has_value(), !message.gone) << message_id;
      if (!stored || !message.parent.empty()) continue;
      ASSERT_EQ(stored->reply_count, model_.Replies(id, message_id, false)) << message_id;
      ASSERT_EQ(stored->deleted_reply_count, model_.Replies(id, message_id, true)) << message_id;
    }
  }
}

// The last event's counters are those of the state that it left.
void UnreadModelTest::CompareEvents() {
  if (events_.empty()) return;
  const test::Json event = events_.back().json();
  if (!event.Has("members")) return;
  const std::string id = event.Text("channel_id");
  if (event.Text("type") == "channel.deleted") return;
  for (const json::Value member : event.At("members")) {
    const std::string user(member["user_id"].AsString().value_or(""));
    ASSERT_EQ(member["user"]["total_unread_count"].AsInt(), model_.Unread(user)) << user;
    ASSERT_EQ(member["user"]["unread_channels"].AsInt(), model_.UnreadChannels(user)) << user;
    ASSERT_EQ(member["user"]["channel_unread_count"].AsInt(),
              static_cast<std::int64_t>(model_.members[id][user].size()))
        << user;
  }
}

TEST_F(UnreadModelTest, CountsLikeTheModel) {
  const char* given = std::getenv("HOOKLINE_TEST_SEED");
  // The same in every run, so that a run depends on nothing but the code.
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : kSeed;
  std::cout << "seed " << seed << '\n';
  RecordProperty("seed", std::to_string(seed));
  random_.seed(seed);
  MakeUsers(users_);
  for (const std::string& channel : channels_) {
    ASSERT_DONE(Open(channel, R"({"data":{"created_by_id":"ann","members":["ann","bob"]}})"));
    model_.members[channel] = {{"ann", {}}, {"bob", {}}};
    model_.messages[channel];
  }
  for (int step = 0; step < 400; ++step) {
    events_.clear();
    Step(step);
    CompareEvents();
    if (step % 10 == 9) Compare();
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", step " << step;
  }
}

}  // namespace
}  // namespace hookline::chat
