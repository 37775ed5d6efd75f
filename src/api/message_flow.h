#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "api/environment.h"
#include "api/exchange.h"
#include "api/keyed_mutex.h"
#include "api/transactions.h"
#include "chat/hook_request.h"
#include "chat/message_rewrite.h"
#include "chat/messages.h"
#include "hooks/sync_caller.h"
#include "settings/hook_settings.h"

namespace hookline::api {

/// The operations on messages in which a customer's server has a say: before-message-send and
/// custom commands (docs/contract/hooks.md#before-message-send, #commands). Thread-safe.
///
/// A flow drafts the message on a snapshot, asks, and then drafts it anew in the transaction that
/// stores it, with the answers applied: what has changed while the hook was thinking is seen, and
/// neither a thread nor the writer waits for anybody's server.
class MessageFlow {
 public:
  MessageFlow(Transactions& transactions, Environment& environment, hooks::SyncCaller& caller)
      : transactions_(transactions), environment_(environment), caller_(caller) {}

  boost::asio::awaitable<net::HttpResponse> Send(const Exchange& exchange);
  boost::asio::awaitable<net::HttpResponse> Update(const Exchange& exchange);
  boost::asio::awaitable<net::HttpResponse> UpdatePartial(const Exchange& exchange);
  boost::asio::awaitable<net::HttpResponse> RunAction(const Exchange& exchange);
  /// A change of a channel, whose message a user's token cannot send past moderation. What
  /// before-message-send discards is left out; the change happens.
  boost::asio::awaitable<net::HttpResponse> ChangeChannel(const Exchange& exchange,
                                                          ChannelChange change);

 private:
  /// What one hook said, to be applied to every new draft of the message.
  struct Step {
    chat::HookRole role;
    chat::HookAnswer answer;
  };
  /// A message on its way through the hooks.
  struct Passage;
  using Drafting = std::function<Result<chat::Draft>(const chat::ReadContext&)>;

  /// The answer that is kept for the request's Idempotency-Key, if there is one.
  boost::asio::awaitable<std::optional<net::HttpResponse>> Replay(const Exchange& exchange,
                                                                  Passage& passage);
  /// What comes before a message is stored: a replay if there is one, else before-message-send. An
  /// answer ends the request.
  boost::asio::awaitable<std::optional<net::HttpResponse>> Moderate(const Exchange& exchange,
                                                                    Passage& passage);
  boost::asio::awaitable<net::HttpResponse> Store(const Exchange& exchange, Passage& passage,
                                                  Transactions::WriteWork work);
  boost::asio::awaitable<Result<void>> AskBeforeSend(const Exchange& exchange, Passage& passage);
  boost::asio::awaitable<Result<void>> AskCommandHandler(const Exchange& exchange,
                                                         Passage& passage);
  boost::asio::awaitable<net::HttpResponse> UpdateWith(const Exchange& exchange, Drafting drafting);

  std::shared_ptr<const settings::HookSettings> SettingsOf(const settings::AppPtr& app);

  Transactions& transactions_;
  Environment& environment_;
  hooks::SyncCaller& caller_;
  KeyedMutex updates_;  ///< By app and message: updates keep their order.

  struct KnownSettings {
    settings::AppPtr app;
    std::shared_ptr<const settings::HookSettings> settings;
  };
  std::mutex settings_mutex_;
  std::unordered_map<AppId, KnownSettings> settings_;
};

}  // namespace hookline::api
