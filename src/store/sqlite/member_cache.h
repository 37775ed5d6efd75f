#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/model.h"
#include "store/sqlite/lru_map.h"

namespace hookline::store::sqlite {

/// The first members of some channels, in the order of ListMembers. Not thread-safe.
class MemberCache {
 public:
  /// How many members of a channel are kept: more than a payload shows.
  static constexpr int kPrefix = 64;

  /// Either all of a channel's members or the first kPrefix.
  struct List {
    std::vector<chat::Member> members;
    bool complete = false;

    /// True if the answer to ListMembers can be taken from here.
    bool Covers(int limit, int offset) const;
    std::vector<chat::Member> Slice(int limit, int offset) const;
    const chat::Member* Find(std::string_view user_id) const;
  };

  List* Find(ChannelId channel) { return lists_.Find(channel); }
  /// `members`: what ListMembers returned for kPrefix.
  List* Load(ChannelId channel, std::vector<chat::Member> members);

  void Put(const chat::Member& member);
  void Delete(ChannelId channel, std::string_view user_id);
  void Erase(ChannelId channel) { lists_.Erase(channel); }
  void Clear() { lists_.Clear(); }

 private:
  // Some 300 bytes for a member: 20 MB at most.
  LruMap<ChannelId, List> lists_{1024};
};

}  // namespace hookline::store::sqlite
