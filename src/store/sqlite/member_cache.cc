#include "store/sqlite/member_cache.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace hookline::store::sqlite {
namespace {

bool Before(const chat::Member& a, const chat::Member& b) {
  return std::tie(a.created_at, a.user_id) < std::tie(b.created_at, b.user_id);
}

}  // namespace

bool MemberCache::List::Covers(int limit, int offset) const {
  return complete || (limit >= 0 && offset >= 0 && std::int64_t{limit} + offset <= kPrefix);
}

std::vector<chat::Member> MemberCache::List::Slice(int limit, int offset) const {
  const auto size = std::ssize(members);
  const auto begin = std::clamp<std::ptrdiff_t>(offset, 0, size);
  const auto end = limit < 0 ? size : std::min<std::ptrdiff_t>(begin + limit, size);
  return {members.begin() + begin, members.begin() + end};
}

const chat::Member* MemberCache::List::Find(std::string_view user_id) const {
  const auto found = std::ranges::find(members, user_id, &chat::Member::user_id);
  return found == members.end() ? nullptr : &*found;
}

MemberCache::List* MemberCache::Load(ChannelId channel, std::vector<chat::Member> members) {
  List list;
  list.complete = std::ssize(members) < kPrefix;
  list.members = std::move(members);
  lists_.Put(channel, std::move(list));
  return lists_.Find(channel);
}

void MemberCache::Put(const chat::Member& member) {
  List* list = lists_.Find(member.channel);
  if (list == nullptr) return;
  const auto found = std::ranges::find(list->members, member.user_id, &chat::Member::user_id);
  if (found != list->members.end()) {
    // The table keeps the time at which a member came first.
    const Timestamp created_at = found->created_at;
    *found = member;
    found->created_at = created_at;
    return;
  }
  if (!list->complete && !list->members.empty() && Before(list->members.back(), member)) return;
  if (!list->complete || std::ssize(list->members) + 1 >= kPrefix) {
    lists_.Erase(member.channel);
    return;
  }
  list->members.insert(std::ranges::upper_bound(list->members, member, Before), member);
}

void MemberCache::Delete(ChannelId channel, std::string_view user_id) {
  List* list = lists_.Find(channel);
  if (list == nullptr) return;
  if (!list->complete) {
    lists_.Erase(channel);
    return;
  }
  std::erase_if(list->members,
                [user_id](const chat::Member& member) { return member.user_id == user_id; });
}

}  // namespace hookline::store::sqlite
