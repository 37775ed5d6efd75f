#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

class MessageTable {
 public:
  explicit MessageTable(Connection& db);

  std::optional<chat::Message> Find(AppId app, std::string_view id);
  std::vector<chat::Message> List(ChannelId channel, const chat::MessagePage& page);
  std::vector<chat::Message> ListReplies(AppId app, std::string_view parent_id,
                                         const chat::MessagePage& page);
  std::vector<chat::Message> ListPinned(ChannelId channel, Timestamp now, Timestamp not_before,
                                        std::string_view viewer, int limit);
  std::vector<chat::Message> ListExpiredPins(Timestamp now, int limit);
  std::int64_t Count(ChannelId channel, Timestamp from);
  std::int64_t CountCountable(ChannelId channel, Timestamp from);

  /// 0 if the app has a message with that id.
  MessageId Insert(const chat::Message& message);
  void Update(const chat::Message& message);
  /// Without its reactions.
  void Delete(MessageId message);
  /// All replies to a message, with their reactions. How many were live.
  struct Thread {
    AppId app;
    std::string parent_id;
  };
  /// From then on no query finds the replies.
  void StartRemovingReplies(AppId app, std::string_view parent_id);
  std::optional<Thread> UnfinishedRemoval();
  /// Removes at most `rows` replies.
  void ContinueRemoval(const Thread& thread, int rows);
  /// Removes at once what is still there of removed threads and would be in the way of a new
  /// message with this id.
  void MakeRoomFor(AppId app, std::string_view id);
  Timestamp DeletedFor(MessageId message, std::string_view user_id);
  void DeleteFor(MessageId message, std::string_view user_id, Timestamp at);

 private:
  /// A place in an order by time and number; bounds are exclusive.
  struct Position {
    std::int64_t created_at;
    std::int64_t pk;

    friend auto operator<=>(const Position&, const Position&) = default;
  };
  struct Bounds {
    Position after;
    Position before;
    bool from_oldest = false;
    bool nothing = false;  ///< A bound names a message that is not there.
  };

  std::optional<Position> FindPosition(AppId app, std::string_view id);
  AppId AppOf(ChannelId channel);
  Bounds ResolveBounds(AppId app, const chat::MessagePage& page);
  /// `fetch(bounds, ascending, limit)` runs one of the list statements.
  template <class Fetch>
  std::vector<chat::Message> Page(AppId app, const chat::MessagePage& page, const Fetch& fetch);

  Connection& db_;
  Statement find_;
  Statement find_position_;
  Statement app_of_;
  Statement list_up_;
  Statement list_down_;
  Statement replies_up_;
  Statement replies_down_;
  Statement pinned_;
  Statement expired_pins_;
  Statement count_;
  Statement count_countable_;
  Statement insert_;
  Statement update_;
  Statement update_indexed_;
  Statement delete_;
  Statement start_removal_;
  Statement unfinished_removal_;
  Statement removed_reply_;
  Statement is_removed_;
  Statement some_replies_;
  Statement delete_reactions_;
  Statement finish_removal_;
  Statement deleted_for_;
  Statement delete_for_;
};

}  // namespace hookline::store::sqlite
