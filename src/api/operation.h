#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "chat/context.h"
#include "chat/messages.h"
#include "net/http_message.h"
#include "settings/app.h"
#include "store/store.h"

/// What an API operation is: a row in a table, and the function that does it.
namespace hookline::api {

struct Operation;

/// One authenticated request.
struct Call {
  const Operation* operation = nullptr;
  const net::HttpRequest* http = nullptr;
  std::vector<std::string> args;  ///< The path's parameters, decoded, in order.
  settings::AppPtr app;
  chat::Caller caller;
  Timestamp token_issued_at;
  chat::RequestInfo request_info;
  chat::Format format = chat::Format::kV1;
  std::optional<json::Document> document;  ///< The body, or `payload` of a GET.

  /// The request's JSON; missing if there is none.
  json::Value body() const { return document ? document->root() : json::Value(); }
  /// A query parameter; empty if absent.
  std::string_view Param(std::string_view name) const {
    return http->QueryParam(name).value_or(std::string_view());
  }
};

class Environment;

/// What an operation says of its answer, for requests with an Idempotency-Key.
struct ReplyNotes {
  /// False if the request has turned out to be a query: the key is ignored then.
  bool keep = true;
  /// Names of what was made, as the operation's `rebuild` wants them; empty if it has none.
  std::vector<std::string> made;
};

/// What a writing operation works with, on the writer's thread. It may be run more than once; only
/// the last time counts.
struct WriteScope {
  const Call& call;
  store::Tx& tx;
  chat::Context& chat;
  Environment& environment;
  ReplyNotes& reply;
};

/// What a reading operation works with, on a reader's thread.
struct ReadScope {
  const Call& call;
  store::Reader& store;
  chat::ReadContext chat;
  Environment& environment;
  std::string etag = {};  ///< Left here, it becomes the answer's header.
};

/// Operations write the members of the answer's object; `duration` and the braces are added.
using ReadFn = Result<void> (*)(ReadScope&, json::Writer&);
using WriteFn = Result<void> (*)(WriteScope&, json::Writer&);

/// Writes the answer anew to a request that was carried out earlier, from the names that it left in
/// ReplyNotes and from the present state.
using RebuildFn = Result<void> (*)(ReadScope&, const std::vector<std::string>& made, json::Writer&);

enum class Access : std::uint8_t {
  kAnyToken,    ///< The operation judges what a user token may do.
  kServerOnly,  ///< 403 for user tokens.
};

/// Work that leaves the process and so can't be done in one transaction.
enum class AsyncWork : std::uint8_t {
  kNone,
  kCheckPush,
  kSendMessage,
  kUpdateMessage,
  kUpdateMessagePartial,
  kRunMessageAction,
  kUpdateChannel,
  kTruncateChannel,
  kMarkChannelsRead,
};

/// Under which of Stream's two sets of routes an operation is found.
enum class Version : std::uint8_t { kBoth, kV1Only, kV2Only };

struct Operation {
  std::string_view method;
  std::string_view path;  ///< v1: "/channels/{type}/{id}/message".
  std::string_view name;  ///< Stream's operation id: "SendMessage".
  Access access = Access::kServerOnly;
  ReadFn read = nullptr;
  WriteFn write = nullptr;
  AsyncWork async = AsyncWork::kNone;
  Version version = Version::kBoth;
  RebuildFn rebuild = nullptr;
  /// False for operations of Stream that Hookline does not have: 501 (docs/contract/rulings.md#19).
  bool implemented() const {
    return read != nullptr || write != nullptr || async != AsyncWork::kNone;
  }
  /// Stream's rule: POST and PUT create (201), the others answer 200.
  int success_status() const { return method == "POST" || method == "PUT" ? 201 : 200; }
};

/// An operation that user tokens may call too.
constexpr Operation Open(std::string_view method, std::string_view path, std::string_view name,
                         ReadFn read, WriteFn write) {
  return {.method = method,
          .path = path,
          .name = name,
          .access = Access::kAnyToken,
          .read = read,
          .write = write};
}

/// The same for work that leaves the process.
constexpr Operation OpenAsync(std::string_view method, std::string_view path, std::string_view name,
                              AsyncWork work) {
  return {.method = method, .path = path, .name = name, .access = Access::kAnyToken, .async = work};
}

/// An operation whose answers may be large, and so are built anew rather than kept.
constexpr Operation Rebuilt(Operation operation, RebuildFn rebuild) {
  operation.rebuild = rebuild;
  return operation;
}

std::span<const Operation> AppOperations();
std::span<const Operation> CatalogOperations();  ///< Channel types and commands.
std::span<const Operation> UserOperations();
/// A change of a channel that may carry a message: the channel, if the caller may change it so, and
/// the change in the store, where `judge` has a say in the message that they carry.
struct ChannelChange {
  Result<chat::ChannelPtr> (*require)(const chat::ReadContext&, std::string_view type,
                                      std::string_view id, json::Value body);
  Result<void> (*apply)(WriteScope&, json::Writer&, const chat::JudgeDraft& judge);
};
extern const ChannelChange kUpdateChannel;
extern const ChannelChange kTruncateChannel;
std::span<const Operation> ChannelOperations();
std::span<const Operation> MessageOperations();
std::span<const Operation> ModerationOperations();
/// Stream's other operations, by name only.
std::span<const Operation> UnimplementedOperations();
/// Those of video, feeds and the newer moderation API, by name only.
std::span<const Operation> ForeignOperations();

}  // namespace hookline::api
