#include "store/sqlite/body_codec.h"

#include <lz4.h>

#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "store/store.h"

namespace hookline::store::sqlite {
namespace {

// What events have in common, in both formats. Stored bodies refer to it: it must never change. A
// better one is another dictionary, with a mark of its own.
constexpr std::string_view kDictionary =
    R"("reaction":{"message_id":"","user_id":"user","type":"love","score":1,)"
    R"("channel":{"id":"","type":"messaging","cid":"messaging:",)"
    R"("created_by":{"frozen":false,"disabled":false,)"
    R"("last_message_at":"member_count":"own_capabilities":[],)"
    R"("config":{"truncated_at":"deleted_at":null,"invited":true,)"
    R"("command":"args":"parent_id":"quoted_message_id":"show_in_channel":false,)"
    R"("thread_participants":[],)"
    R"("last_read_message_id":"first_unread_message_id":"unread_messages":0,)"
    R"("reply_count":1,)"
    R"("message.updated"message.read"message.deleted"reaction.new"reaction.deleted"me)"
    R"(mber.added"member.updated"channel.created"channel.updated"user.updated"{"type")"
    R"(:"message.new","cid":"messaging:","channel_type":"messaging","channel_id":"",)"
    R"("channel_member_count":2,"message_id":"","message":{"id":"","text":"",)"
    R"("html":"<p></p>\n","type":"regular","user":{"id":"user","role":"user",)"
    R"("name":"","image":"","language":"","teams":[],)"
    R"("created_at":1790000000000000000,"updated_at":1790000000000000000,)"
    R"("banned":false,"online":false,"blocked_user_ids":[],"custom":{}},)"
    R"("member":{"channel_role":"channel_member"},"attachments":[{"type":"image",)"
    R"("image_url":"https://","thumb_url":"https://","title":"","asset_url":""}],)"
    R"("latest_reactions":[],"own_reactions":[],"reaction_counts":{"like":1},)"
    R"("reaction_scores":{"like":1},"reaction_groups":{"like":{"count":1,)"
    R"("sum_scores":1,"first_reaction_at":1790000000000000000,)"
    R"("last_reaction_at":1790000000000000000}},"latest_reactions":[],)"
    R"("own_reactions":[],"reaction_counts":{},"reaction_scores":{},)"
    R"("reaction_groups":{},"reply_count":0,"deleted_reply_count":0,)"
    R"("cid":"messaging:","created_at":1790000000000000000,)"
    R"("updated_at":1790000000000000000,"shadowed":false,"mentioned_users":[],)"
    R"("mentioned_channel":false,"mentioned_here":false,"silent":false,)"
    R"("pinned":false,"pinned_at":null,"pinned_by":null,"pin_expires":null,)"
    R"("restricted_visibility":[],"custom":{}},"user":{"id":"user","role":"user",)"
    R"("name":"","image":"","language":"","teams":[],)"
    R"("created_at":1790000000000000000,"updated_at":1790000000000000000,)"
    R"("banned":false,"online":false,"blocked_user_ids":[],"custom":{},)"
    R"("channel_unread_count":1,"channel_last_read_at":1790000000000000000,)"
    R"("total_unread_count":1,"unread_count":1,"unread_channels":1},)"
    R"("watcher_count":0,"members":[{"user_id":"user","user":{"id":"user",)"
    R"("role":"user","name":"","image":"","language":"","teams":[],)"
    R"("created_at":1790000000000000000,"updated_at":1790000000000000000,)"
    R"("banned":false,"online":false,"blocked_user_ids":[],"custom":{},)"
    R"("channel_unread_count":1,"channel_last_read_at":1790000000000000000,)"
    R"("total_unread_count":1,"unread_count":1,"unread_channels":1},)"
    R"("created_at":1790000000000000000,"updated_at":1790000000000000000,)"
    R"("status":"member","banned":false,"shadow_banned":false,"role":"member",)"
    R"("channel_role":"channel_member","notifications_muted":false,)"
    R"("custom":{}},{"user_id":"user","user":{"id":"user","role":"user","name":"",)"
    R"("image":"","language":"","teams":[],"created_at":1790000000000000000,)"
    R"("updated_at":1790000000000000000,"banned":false,"online":false,)"
    R"("blocked_user_ids":[],"custom":{},"channel_unread_count":1,)"
    R"("channel_last_read_at":1790000000000000000,"total_unread_count":1,)"
    R"("unread_count":1,"unread_channels":1},"created_at":1790000000000000000,)"
    R"("updated_at":1790000000000000000,"status":"member","banned":false,)"
    R"("shadow_banned":false,"role":"member","channel_role":"channel_member",)"
    R"("notifications_muted":false,"custom":{}}],"custom":{},)"
    R"("created_at":1790000000000000000,"request_info":{"type":"server",)"
    R"("ip":"127.0.0.1","user_agent":"Mozilla/5.0 axios/1.",)"
    R"("sdk":"stream-chat-js-v9.|client_bundle=node-cjs"}}{"type":"message.new",)"
    R"("cid":"messaging:","channel_type":"messaging","channel_id":"",)"
    R"("channel_member_count":2,"message_id":"","message":{"id":"","text":"",)"
    R"("html":"<p></p>\n","type":"regular","user":{"id":"user","role":"user",)"
    R"("name":"","image":"","language":"","teams":[],)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","banned":false,"online":false,)"
    R"("blocked_user_ids":[]},"member":{"channel_role":"channel_member"},)"
    R"("attachments":[{"type":"image","image_url":"https://","thumb_url":"https://",)"
    R"("title":"","asset_url":""}],"latest_reactions":[],"own_reactions":[],)"
    R"("reaction_counts":{"like":1},"reaction_scores":{"like":1},)"
    R"("reaction_groups":{"like":{"count":1,"sum_scores":1,)"
    R"("first_reaction_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("last_reaction_at":"2026-01-01T00:00:00.000000000Z"}},"latest_reactions":[],)"
    R"("own_reactions":[],"reaction_counts":{},"reaction_scores":{},)"
    R"("reaction_groups":{},"reply_count":0,"deleted_reply_count":0,)"
    R"("cid":"messaging:","created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","shadowed":false,)"
    R"("mentioned_users":[],"mentioned_channel":false,"mentioned_here":false,)"
    R"("silent":false,"pinned":false,"pinned_at":null,"pinned_by":null,)"
    R"("pin_expires":null,"restricted_visibility":[]},"user":{"id":"user",)"
    R"("role":"user","name":"","image":"","language":"","teams":[],)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","banned":false,"online":false,)"
    R"("blocked_user_ids":[],"channel_unread_count":1,)"
    R"("channel_last_read_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("total_unread_count":1,"unread_count":1,"unread_channels":1},)"
    R"("watcher_count":0,"members":[{"user_id":"user","user":{"id":"user",)"
    R"("role":"user","name":"","image":"","language":"","teams":[],)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","banned":false,"online":false,)"
    R"("blocked_user_ids":[],"channel_unread_count":1,)"
    R"("channel_last_read_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("total_unread_count":1,"unread_count":1,"unread_channels":1},)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","status":"member",)"
    R"("banned":false,"shadow_banned":false,"role":"member",)"
    R"("channel_role":"channel_member",)"
    R"("notifications_muted":false},{"user_id":"user","user":{"id":"user",)"
    R"("role":"user","name":"","image":"","language":"","teams":[],)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","banned":false,"online":false,)"
    R"("blocked_user_ids":[],"channel_unread_count":1,)"
    R"("channel_last_read_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("total_unread_count":1,"unread_count":1,"unread_channels":1},)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z",)"
    R"("updated_at":"2026-01-01T00:00:00.000000000Z","status":"member",)"
    R"("banned":false,"shadow_banned":false,"role":"member",)"
    R"("channel_role":"channel_member","notifications_muted":false}],)"
    R"("created_at":"2026-01-01T00:00:00.000000000Z","request_info":{"type":"server",)"
    R"("ip":"127.0.0.1","user_agent":"Mozilla/5.0 axios/1.",)"
    R"("sdk":"stream-chat-js-v9.|client_bundle=node-cjs"}})";

// The first byte of a packed body, which no JSON text begins with.
constexpr char kPacked = '\x01';
constexpr std::size_t kHeadBytes = 1 + sizeof(std::uint32_t);
// Below this there is nothing to gain.
constexpr std::size_t kPackBytesMin = 128;
constexpr std::size_t kBodyBytesMax = 256 * 1024 * 1024;  // A larger one is damage.

const LZ4_stream_t& Prepared() {
  static const LZ4_stream_t kStream = [] {
    LZ4_stream_t stream;
    LZ4_initStream(&stream, sizeof stream);
    LZ4_loadDict(&stream, kDictionary.data(), static_cast<int>(kDictionary.size()));
    return stream;
  }();
  return kStream;
}

}  // namespace

std::string PackBody(std::string_view body) {
  const bool looks_packed = body.starts_with(kPacked);
  if ((body.size() < kPackBytesMin && !looks_packed) || body.size() > kBodyBytesMax) {
    return std::string(body);
  }
  const auto size = static_cast<std::uint32_t>(body.size());
  const int bound = LZ4_compressBound(static_cast<int>(size));
  std::string packed(kHeadBytes + static_cast<std::size_t>(bound), '\0');
  packed[0] = kPacked;
  for (std::size_t i = 0; i < sizeof size; ++i) {
    packed[1 + i] = static_cast<char>((size >> (8 * i)) & 0xFF);
  }
  LZ4_stream_t stream = Prepared();
  const int written = LZ4_compress_fast_continue(&stream, body.data(), packed.data() + kHeadBytes,
                                                 static_cast<int>(size), bound, 1);
  HOOKLINE_CHECK(written > 0);
  packed.resize(kHeadBytes + static_cast<std::size_t>(written));
  if (packed.size() >= body.size() && !looks_packed) return std::string(body);
  return packed;
}

std::string UnpackBody(std::string_view stored) {
  if (!stored.starts_with(kPacked)) return std::string(stored);
  std::size_t size = 0;
  for (std::size_t i = kHeadBytes - 1; i > 0 && stored.size() >= kHeadBytes; --i) {
    size = size << 8 | static_cast<unsigned char>(stored[i]);
  }
  if (stored.size() < kHeadBytes || size > kBodyBytesMax) throw Failure("a stored body is damaged");
  stored.remove_prefix(kHeadBytes);
  std::string body(size, '\0');
  const int read = LZ4_decompress_safe_usingDict(
      stored.data(), body.data(), static_cast<int>(stored.size()), static_cast<int>(size),
      kDictionary.data(), static_cast<int>(kDictionary.size()));
  if (read < 0 || static_cast<std::size_t>(read) != size) {
    throw Failure("a stored body is damaged");
  }
  return body;
}

}  // namespace hookline::store::sqlite
