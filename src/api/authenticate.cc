#include "api/authenticate.h"

#include <algorithm>

#include "api/token.h"
#include "base/crypto.h"
#include "net/peer_group.h"

namespace hookline::api {
namespace {

// A WebSocket is opened without headers of the client's choice: its token is a parameter.
std::string_view TokenOf(const Call& call) {
  const auto header = call.http->Header("Authorization");
  if (header || call.operation->path != "/connect") return header.value_or("");
  return call.Param("authorization");
}

}  // namespace

// Behind a proxy that we trust, the client is the last address that no trusted proxy has added.
std::string ClientAddress(const net::HttpRequest& http, const ApiOptions& options) {
  const auto trusted = [&](std::string_view address) {
    return std::ranges::find(options.trusted_proxies, address) != options.trusted_proxies.end();
  };
  if (!trusted(http.peer_address)) return http.peer_address;
  // Some proxies extend the field that came, some add one of their own: together, in their order,
  // they are the chain, and what the client itself sent stands in front.
  for (std::size_t i = http.headers.size(); i-- > 0;) {
    const net::HeaderList::Field field = http.headers.At(i);
    if (!net::EqualsIgnoringCase(field.name, "X-Forwarded-For")) continue;
    std::string_view chain = field.value;
    while (!chain.empty()) {
      const std::size_t comma = chain.rfind(',');
      std::string_view address = comma == std::string_view::npos ? chain : chain.substr(comma + 1);
      while (address.starts_with(' ')) address.remove_prefix(1);
      while (address.ends_with(' ')) address.remove_suffix(1);
      if (!address.empty() && !trusted(address)) return std::string(address);
      if (comma == std::string_view::npos) break;
      chain = chain.substr(0, comma);
    }
  }
  return http.peer_address;
}

std::string MemoryShareOf(const net::HttpRequest& http, const ApiOptions& options) {
  const std::string address = ClientAddress(http, options);
  const auto& proxies = options.trusted_proxies;
  const bool is_proxy = std::ranges::find(proxies, address) != proxies.end();
  return is_proxy || net::IsLoopback(address) ? std::string() : net::PeerGroup(address);
}

Result<void> Authenticate(Environment& environment, Call& call) {
  const std::string_view api_key = call.Param("api_key");
  if (api_key.empty()) {
    return Fail(ErrorKind::kUnknownApiKey, "api_key not provided in the query string");
  }
  const auto match = environment.directory().FindByKey(api_key);
  if (!match.app) return Fail(ErrorKind::kUnknownApiKey, "api_key not found");
  thread_local TokenCache tokens;
  auto claims =
      tokens.Verify(api_key, TokenOf(call), match.key->secret, environment.clock().WallNow(),
                    match.checks.signatures ? Signature::kChecked : Signature::kIgnored);
  if (!claims) return std::unexpected(claims.error());
  call.app = match.app;
  call.caller.server = claims->server;
  if (!claims->server) {
    call.caller.user_id = claims->user_id;
    call.caller.unrestricted = !match.checks.permissions;
  }
  call.token_issued_at = claims->issued_at;
  return {};
}

Result<void> CheckCaller(chat::Reader& store, const settings::App& app, const Call& call) {
  if (call.caller.server) return {};
  const auto revoked = [&](Timestamp before) { return before && call.token_issued_at < before; };
  if (revoked(app.revoke_tokens_issued_before)) {
    return Fail(ErrorKind::kTokenExpired, "the token was revoked for the whole app");
  }
  const chat::UserPtr user = store.FindUser(app.id, call.caller.user_id);
  if (!user) return {};
  if (revoked(user->revoke_tokens_issued_before)) {
    return Fail(ErrorKind::kTokenExpired, "the user's tokens were revoked");
  }
  if (user->deactivated_at || user->deleted_at) {
    return Fail(ErrorKind::kNotAllowed, "the user was deactivated or deleted");
  }
  return {};
}

namespace {

// Every event carries these values; a client that sends more has it cut, between characters.
std::string_view Beginning(std::string_view text) {
  constexpr std::size_t kBytesMax = 4096;
  if (text.size() <= kBytesMax) return text;
  std::size_t end = kBytesMax;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

chat::RequestInfo RequestInfoOf(const net::HttpRequest& http, const chat::Caller& caller,
                                const ApiOptions& options) {
  chat::RequestInfo info;
  info.server = caller.server;
  info.ip = ClientAddress(http, options);
  info.user_agent = Beginning(http.Header("User-Agent").value_or(""));
  info.sdk = Beginning(http.Header("X-Stream-Client").value_or(""));
  info.ext = Beginning(http.Header("x-stream-ext").value_or(""));
  return info;
}

}  // namespace hookline::api
