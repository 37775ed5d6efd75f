#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "net/address_table.h"
#include "net/gate.h"
#include "net/http_server.h"

namespace hookline::net {

class HttpSession;
class RequestParser;

/// What all sessions of a server share; constant after Start() but for the counters.
struct HttpServerCore {
  HttpServerOptions options;
  Admit admit;
  ErrorReply error_reply;
  FaultLog fault_log;
  Gate gate;  ///< Sessions, and the accept loop.
  std::atomic<std::size_t> sessions{0};
  std::atomic<bool> accept_waits{false};  ///< Whoever ends a session wakes the accept loop.

  void Log(std::string_view line) const {
    if (fault_log) fault_log(line);
  }
};

/// The sessions of one io thread, and the one timer that enforces all their deadlines: an expiry is
/// noticed up to one sweep late, in exchange for requests that arm no timer of their own. Only
/// touched on that thread, except for construction.
class HttpShard : public std::enable_shared_from_this<HttpShard> {
 public:
  HttpShard(boost::asio::io_context& context, std::chrono::milliseconds sweep_interval);

  void StartSweeping();
  void StopSweeping();

  void Add(HttpSession& session) { sessions_.insert(&session); }
  void Remove(HttpSession& session) { sessions_.erase(&session); }

  /// From now on sessions end after the answer they work on. Any thread: what a server answers once
  /// any of its sessions has been drained says so, whichever thread it is on.
  void AnnounceDrain() { draining_ = true; }
  /// Ends the idle sessions. Requires: announced.
  void Drain();
  void CancelAll();

  /// Idle sessions, the longest idle first; a session is in the list while it waits for a request.
  using IdleList = std::list<HttpSession*>;
  IdleList::iterator EnterIdle(HttpSession& session);
  void LeaveIdle(IdleList::iterator place);

  /// Since when the longest idle session has been so, as ticks of the steady clock; kNobodyIdle
  /// without one that is not about to be closed. Any thread; a moment's view.
  static constexpr std::int64_t kNobodyIdle = std::numeric_limits<std::int64_t>::max();
  std::int64_t idle_since() const { return idle_since_.load(std::memory_order_relaxed); }
  /// Announces one CloseLongestIdle(). Any thread.
  void PlanClose() { planned_closes_.fetch_add(1); }
  void CloseLongestIdle();
  /// Closes the connection of that peer which has been idle longest here, unless another shard has
  /// closed one.
  void CarryOut(ClosePlan& plan);

  bool draining() const { return draining_; }
  boost::asio::io_context& context() { return context_; }

  /// Where to put what nobody will look at.
  boost::asio::mutable_buffer scratch() { return boost::asio::buffer(scratch_); }

  /// The Date header's value, at most a second old.
  std::string_view HttpDate();

 private:
  void Sweep();

  boost::asio::io_context& context_;
  const std::chrono::milliseconds sweep_interval_;
  boost::asio::steady_timer timer_;
  void TellIdleSince();

  std::unordered_set<HttpSession*> sessions_;
  IdleList idle_;
  std::atomic<std::int64_t> idle_since_{kNobodyIdle};
  std::atomic<std::size_t> planned_closes_{0};
  std::string date_;
  std::chrono::steady_clock::time_point date_until_{};
  std::atomic<bool> draining_{false};
  bool sweeping_ = false;
  std::array<char, std::size_t{32} * 1024> scratch_{};
};

/// One connection. Lives on the thread of its shard; kept alive by its own coroutine.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Tcp = boost::asio::ip::tcp;

  HttpSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<HttpShard> shard, bool refuse);
  virtual ~HttpSession();

  /// Whose connection this is; null: it is not counted. Before Run().
  void BelongTo(std::shared_ptr<PeerConnections> peer) { peer_ = std::move(peer); }
  const PeerConnections* peer() const { return peer_.get(); }
  bool ended() const { return ended_; }
  /// Counts the connection among its peer's idle ones, or no longer.
  void CountIdle(bool idle);

  /// The whole life of the connection.
  boost::asio::awaitable<void> Run();

  /// Cancels the operation in progress if its deadline has passed.
  void Expire(std::chrono::steady_clock::time_point now);
  void EndIfIdle();
  /// Once Run() has ended; the object itself may live a little longer.
  void CloseSocket();
  std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }
  void Cancel();

  boost::asio::cancellation_slot cancellation_slot() { return cancellation_.slot(); }

 protected:
  using Transfer = std::tuple<boost::system::error_code, std::size_t>;

  virtual Tcp::socket& Socket() = 0;
  /// Once, before anything else.
  virtual boost::asio::awaitable<boost::system::error_code> Handshake() = 0;
  virtual boost::asio::awaitable<Transfer> ReadSome(boost::asio::mutable_buffer buffer) = 0;
  /// Writes both, in one go where the transport can. Both must live until the end; `head` may be
  /// appended to.
  virtual boost::asio::awaitable<Transfer> Write(std::string& head, std::string_view body) = 0;
  /// Tells the peer that nothing more comes: TLS close_notify, then the TCP half-close.
  virtual boost::asio::awaitable<void> SayGoodbye() = 0;

  void Arm(std::chrono::milliseconds patience);
  /// As Arm(), for what has to go on at the least rate as well: Progress() tells how it goes.
  void ArmTransfer(std::chrono::milliseconds patience);
  void Progress(std::size_t bytes);
  /// For a write of several steps: notes the progress of each, and goes on until all is written.
  auto Watch() {
    return [this, written = std::size_t{0}](const boost::system::error_code& ec,
                                            std::size_t total) mutable {
      Progress(total - written);
      written = total;
      constexpr std::size_t kStepBytes = std::size_t{64} * 1024;
      return ec ? 0 : kStepBytes;
    };
  }
  void Disarm();

 private:
  enum class Phase { kIdle, kBusy };
  /// kLeft: a rest of the body will not be read, so the connection must end.
  enum class ReadEnd { kComplete, kLeft, kGone, kRejected };
  using Claim = MemoryBudget::Claim;

  boost::asio::awaitable<ReadEnd> ReadHeader(RequestParser& parser);
  boost::asio::awaitable<ReadEnd> ReadBody(RequestParser& parser, Claim* claim);
  boost::asio::awaitable<ReadEnd> DropBody(RequestParser& parser);
  /// Claims and reserves what the bytes in the buffer may add to the body.
  bool MakeRoom(RequestParser& parser, Claim* claim);
  boost::asio::awaitable<boost::system::error_code> Fill(std::size_t bytes_max);
  Admission Judge(RequestParser& parser);
  boost::asio::awaitable<HttpResponse> Answer(Handler handler, HttpRequest request);
  boost::asio::awaitable<void> ServeRequests();
  /// True if the connection may serve another one.
  boost::asio::awaitable<bool> ServeRequest();
  boost::asio::awaitable<void> Refuse(const HttpRequest& head);
  boost::asio::awaitable<bool> AwaitRequest(std::chrono::milliseconds patience);
  boost::asio::awaitable<bool> Send(HttpResponse response, bool keep, bool is_head, int minor);
  boost::asio::awaitable<void> Linger();
  void ShrinkBuffers();
  void NextWindow();

  ReadEnd Reject(ErrorKind kind, std::string_view message);
  ReadEnd RejectParse(const boost::system::error_code& ec);
  void BuildHead(const HttpResponse& response, bool keep, int minor);

  const std::shared_ptr<HttpServerCore> core_;
  const std::shared_ptr<HttpShard> shard_;
  const bool refuse_;

  boost::asio::cancellation_signal cancellation_;
  boost::beast::flat_buffer buffer_;
  std::string head_;
  std::string peer_address_;
  std::shared_ptr<PeerConnections> peer_;
  bool counts_as_idle_ = false;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point transfer_end_ =
      std::chrono::steady_clock::time_point::max();
  std::size_t window_bytes_ = 0;  ///< Moved since the window began.
  std::chrono::steady_clock::time_point idle_since_{};
  Phase phase_ = Phase::kIdle;
  bool expired_ = false;
  bool ended_ = false;  ///< Drained or cancelled: no new request.
  ErrorKind reject_kind_ = ErrorKind::kInput;
  std::string reject_message_;
};

std::shared_ptr<HttpSession> MakePlainSession(std::shared_ptr<HttpServerCore> core,
                                              std::shared_ptr<HttpShard> shard, bool refuse,
                                              boost::asio::ip::tcp::socket socket);

std::shared_ptr<HttpSession> MakeTlsSession(std::shared_ptr<HttpServerCore> core,
                                            std::shared_ptr<HttpShard> shard, bool refuse,
                                            boost::asio::ip::tcp::socket socket,
                                            boost::asio::ssl::context& tls);

}  // namespace hookline::net
