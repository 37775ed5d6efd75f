#include "net/http_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <exception>
#include <utility>

#include "net/request_parser.h"

namespace hookline::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kFirstReadBytes = 4 * 1024;
constexpr std::size_t kReadBytesMax = 32 * 1024;
constexpr std::string_view kNoRoom = "the server has no room for this request now, try again";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool HasNoBody(int status) { return status / 100 == 1 || status == 204 || status == 304; }

/// Text from a handler must not end the header line that it stands in.
void AppendFieldText(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.append(text);
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) return;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

std::string_view TextOf(const asio::const_buffer& buffer) {
  return {static_cast<const char*>(buffer.data()), buffer.size()};
}

/// True if the header ends in `buffer` and a line of it goes on in the next one: intermediaries
/// read that in different ways.
bool HasFoldedLine(const asio::const_buffer& buffer) {
  const std::string_view text = TextOf(buffer);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::string_view header = text.substr(0, end);
  return header.find("\n ") != std::string_view::npos ||
         header.find("\n\t") != std::string_view::npos;
}

/// The parser takes the start of a last chunk, "0\r\n\r\n", only with at least its five bytes; a
/// build with assertions ends otherwise. As much always comes, unless the body is broken.
bool MayBeHalfALastChunk(const RequestParser& parser, const asio::const_buffer& buffer) {
  constexpr std::size_t kLastChunkBytes = 5;
  const std::string_view text = TextOf(buffer);
  return parser.chunked() && text.size() < kLastChunkBytes &&
         (text.starts_with('0') || text.starts_with('\r'));
}

std::string DescribeException(std::exception_ptr exception) {
  try {
    std::rethrow_exception(std::move(exception));
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<HttpShard> shard,
                         bool refuse)
    : core_(std::move(core)),
      shard_(std::move(shard)),
      refuse_(refuse),
      buffer_(std::max(core_->options.header_bytes_max, kReadBytesMax)) {}

HttpSession::~HttpSession() = default;

void HttpSession::Arm(std::chrono::milliseconds patience) {
  deadline_ = steady_clock::now() + patience;
  expired_ = false;
}

void HttpSession::ArmTransfer(std::chrono::milliseconds patience) {
  Arm(patience);
  transfer_end_ = deadline_;
  NextWindow();
}

void HttpSession::NextWindow() {
  window_bytes_ = 0;
  if (core_->options.bytes_per_second_min == 0) return;
  deadline_ = std::min(transfer_end_, steady_clock::now() + core_->options.rate_window);
}

void HttpSession::Progress(std::size_t bytes) {
  window_bytes_ += bytes;
  const auto milliseconds = static_cast<std::size_t>(core_->options.rate_window.count());
  if (window_bytes_ * 1000 < core_->options.bytes_per_second_min * milliseconds) return;
  // What has expired stays so, until it is armed anew.
  if (!expired_) NextWindow();
}

void HttpSession::Disarm() {
  deadline_ = steady_clock::time_point::max();
  expired_ = false;
}

void HttpSession::Expire(steady_clock::time_point now) {
  if (now < deadline_) return;
  expired_ = true;
  deadline_ = steady_clock::time_point::max();
  error_code ignored;  // A socket that can't be cancelled has no operation left to cancel.
  Socket().cancel(ignored);
}

void HttpSession::CountIdle(bool idle) {
  if (!peer_ || idle == counts_as_idle_) return;
  counts_as_idle_ = idle;
  if (idle) {
    peer_->idle.fetch_add(1);
  } else {
    peer_->idle.fetch_sub(1);
  }
}

void HttpSession::EndIfIdle() {
  ended_ = true;
  if (phase_ != Phase::kIdle) return;
  CountIdle(false);
  error_code ignored;
  Socket().cancel(ignored);
}

void HttpSession::Cancel() {
  ended_ = true;
  cancellation_.emit(asio::cancellation_type::terminal);
  error_code ignored;
  Socket().close(ignored);
}

void HttpSession::CloseSocket() {
  error_code ignored;  // Closed already, perhaps.
  Socket().close(ignored);
}

asio::awaitable<void> HttpSession::Run() {
  error_code ec;
  const auto peer = Socket().remote_endpoint(ec);
  if (ec) co_return;  // The peer has gone already.
  peer_address_ = AddressText(peer.address());
  ended_ = shard_->draining();

  Arm(core_->options.header_timeout);
  ec = co_await Handshake();
  if (ec || expired_) co_return;
  co_await ServeRequests();
}

asio::awaitable<void> HttpSession::ServeRequests() {
  bool first = true;
  while (!ended_) {
    phase_ = Phase::kIdle;
    if (buffer_.size() == 0) {
      const auto& options = core_->options;
      const auto patience = first ? options.header_timeout : options.idle_timeout;
      const bool came = co_await AwaitRequest(patience);
      if (!came) co_return;
    }
    first = false;
    phase_ = Phase::kBusy;
    const bool keep = co_await ServeRequest();
    if (!keep) co_return;
  }
}

asio::awaitable<bool> HttpSession::ServeRequest() {
  RequestParser parser(core_->options.header_bytes_max, core_->options.body_bytes_max);
  ReadEnd end = co_await ReadHeader(parser);
  if (end == ReadEnd::kComplete && refuse_) {
    end = Reject(ErrorKind::kUnavailable, "too many connections");
  }
  Admission admission;
  std::optional<Claim> claim;
  Claim* held = nullptr;
  if (end == ReadEnd::kComplete) {
    admission = Judge(parser);
    if (admission.shares && !admission.answer) {
      claim = core_->options.memory->Open(admission.shares->app, admission.shares->address);
      if (!claim) {
        admission.answer =
            core_->error_reply(ErrorKind::kUnavailable, std::string(kNoRoom), &parser.request());
      }
    }
    held = claim ? &*claim : nullptr;
    if (!parser.is_done()) {
      if (admission.takes_body && !admission.answer) {
        end = co_await ReadBody(parser, held);
      } else {
        end = co_await DropBody(parser);
      }
    }
  }
  if (end == ReadEnd::kGone) co_return false;
  if (end == ReadEnd::kRejected) {
    claim.reset();
    co_await Refuse(parser.request());
    co_return false;
  }

  Disarm();
  const bool is_head = parser.is_head();
  HttpResponse response;
  if (admission.answer) {
    response = std::move(*admission.answer);
  } else {
    parser.request().memory = held;
    response = co_await Answer(std::move(admission.handler), std::move(parser.request()));
  }
  // It has been made, and may tell of what was done: it is sent, whatever room there is.
  if (claim) claim->Force(response.body.size());
  // The shard may have been told of the end a moment before this session is.
  const bool stays = !ended_ && !shard_->draining() && end != ReadEnd::kLeft;
  const bool keep = parser.keep_alive() && !response.close && stays;
  const bool sent = co_await Send(std::move(response), keep, is_head, parser.minor_version());
  if (!sent || keep) co_return sent;
  claim.reset();
  co_await Linger();
  co_return false;
}

Admission HttpSession::Judge(RequestParser& parser) {
  parser.request().peer_address = peer_address_;
  std::exception_ptr failure;
  try {
    return core_->admit(parser.request());
  } catch (...) {
    failure = std::current_exception();
  }
  core_->Log("judging a request failed: " + DescribeException(std::move(failure)));
  Admission admission;
  admission.answer = core_->error_reply(ErrorKind::kInternal, "internal error", &parser.request());
  return admission;
}

asio::awaitable<void> HttpSession::Refuse(const HttpRequest& head) {
  HttpResponse refusal = core_->error_reply(reject_kind_, std::move(reject_message_), &head);
  co_await Send(std::move(refusal), false, false, 1);
  co_await Linger();
}

void HttpSession::ShrinkBuffers() {
  if (buffer_.capacity() > kFirstReadBytes) {
    buffer_.clear();
    buffer_.shrink_to_fit();
  }
  if (head_.capacity() > kFirstReadBytes) head_ = std::string();
}

asio::awaitable<bool> HttpSession::AwaitRequest(std::chrono::milliseconds patience) {
  Arm(patience);
  ShrinkBuffers();
  idle_since_ = steady_clock::now();
  const auto place = shard_->EnterIdle(*this);
  error_code ec;
  try {
    ec = co_await Fill(kFirstReadBytes);
  } catch (...) {
    shard_->LeaveIdle(place);
    throw;
  }
  shard_->LeaveIdle(place);
  co_return !ec && !expired_;
}

asio::awaitable<error_code> HttpSession::Fill(std::size_t bytes_max) {
  const std::size_t room = buffer_.max_size() - buffer_.size();
  const auto space = buffer_.prepare(std::min(bytes_max, room));
  const auto [ec, bytes] = co_await ReadSome(space);
  buffer_.commit(bytes);
  co_return ec;
}

asio::awaitable<HttpSession::ReadEnd> HttpSession::ReadHeader(RequestParser& parser) {
  Arm(core_->options.header_timeout);
  const std::size_t limit = core_->options.header_bytes_max;
  std::size_t used = 0;
  while (true) {
    if (used == 0) {
      // Some clients send a line end after a body that nobody counted.
      const auto* text = static_cast<const char*>(buffer_.data().data());
      std::size_t skip = 0;
      while (skip < buffer_.size() && skip < 4 && (text[skip] == '\r' || text[skip] == '\n')) {
        ++skip;
      }
      buffer_.consume(skip);
    }
    if (HasFoldedLine(buffer_.data())) {
      co_return Reject(ErrorKind::kInput, "malformed HTTP request: a header field is folded");
    }
    error_code ec;
    // One step of the parser may end before the header does.
    while (!ec && buffer_.size() != 0 && !parser.is_header_done()) {
      const std::size_t taken = parser.put(buffer_.data(), ec);
      buffer_.consume(taken);
      used += taken;
    }
    // The parser limits the part it looks at; the sum is for us to limit.
    if (used > limit) co_return RejectParse(http::make_error_code(http::error::header_limit));
    if (ec && ec != http::error::need_more) co_return RejectParse(ec);
    if (parser.is_header_done()) co_return ReadEnd::kComplete;
    if (used + buffer_.size() >= limit) {
      co_return RejectParse(http::make_error_code(http::error::header_limit));
    }
    ec = co_await Fill(kFirstReadBytes);
    if (expired_) {
      co_return Reject(ErrorKind::kRequestTimeout, "the request header took too long");
    }
    if (ec) co_return ReadEnd::kGone;
  }
}

bool HttpSession::MakeRoom(RequestParser& parser, Claim* claim) {
  const std::string& body = parser.request().body;
  const std::size_t needed = body.size() + buffer_.size();
  if (needed <= body.capacity()) return true;
  std::size_t room = std::max(needed, 2 * body.capacity());
  const auto length = parser.content_length();
  const std::size_t most = length ? *length : core_->options.body_bytes_max;
  room = std::max(needed, std::min(room, most));
  if (claim != nullptr && !claim->Resize(room + buffer_.capacity())) return false;
  parser.ReserveBody(room);
  return true;
}

asio::awaitable<HttpSession::ReadEnd> HttpSession::ReadBody(RequestParser& parser, Claim* claim) {
  ArmTransfer(core_->options.body_timeout);
  if (parser.expects_continue() && buffer_.size() == 0) {
    head_.assign(kContinue);
    const auto [ec, bytes] = co_await Write(head_, std::string_view());
    if (ec) co_return ReadEnd::kGone;
  }
  parser.eager(true);
  while (true) {
    error_code ec;
    if (buffer_.size() != 0 && !MayBeHalfALastChunk(parser, buffer_.data())) {
      if (!MakeRoom(parser, claim)) co_return Reject(ErrorKind::kUnavailable, kNoRoom);
      const std::size_t taken = parser.put(buffer_.data(), ec);
      buffer_.consume(taken);
    }
    if (ec && ec != http::error::need_more) co_return RejectParse(ec);
    if (parser.is_done()) co_return ReadEnd::kComplete;
    if (buffer_.size() == buffer_.max_size()) {
      co_return Reject(ErrorKind::kInput, "a chunk header or trailer is too long");
    }
    // A small body needs no large buffer.
    const bool is_large = parser.request().body.size() >= kFirstReadBytes;
    const std::size_t step = is_large ? kReadBytesMax : kFirstReadBytes;
    const std::size_t before = buffer_.size();
    ec = co_await Fill(step);
    if (expired_) co_return Reject(ErrorKind::kRequestTimeout, "the request body took too long");
    if (ec) co_return ReadEnd::kGone;
    Progress(buffer_.size() - before);
  }
}

asio::awaitable<HttpSession::ReadEnd> HttpSession::DropBody(RequestParser& parser) {
  // Who waits for our word before sending a body hears the answer at once. Who has sent a small one
  // may go on with the connection.
  const std::size_t limit = core_->options.drop_bytes_max;
  if (parser.expects_continue() || parser.content_length().value_or(0) > limit) {
    co_return ReadEnd::kLeft;
  }
  ArmTransfer(core_->options.body_timeout);
  parser.DropBody();
  parser.eager(true);
  while (true) {
    error_code ec;
    if (buffer_.size() != 0 && !MayBeHalfALastChunk(parser, buffer_.data())) {
      const std::size_t taken = parser.put(buffer_.data(), ec);
      buffer_.consume(taken);
    }
    if (ec && ec != http::error::need_more) co_return ReadEnd::kLeft;
    if (parser.is_done()) co_return ReadEnd::kComplete;
    if (buffer_.size() == buffer_.max_size() || parser.dropped() > limit) {
      co_return ReadEnd::kLeft;
    }
    const std::size_t before = buffer_.size();
    ec = co_await Fill(kFirstReadBytes);
    if (expired_) co_return ReadEnd::kLeft;
    if (ec) co_return ReadEnd::kGone;
    Progress(buffer_.size() - before);
  }
}

HttpSession::ReadEnd HttpSession::Reject(ErrorKind kind, std::string_view message) {
  reject_kind_ = kind;
  reject_message_.assign(message);
  return ReadEnd::kRejected;
}

HttpSession::ReadEnd HttpSession::RejectParse(const error_code& ec) {
  if (ec == http::error::body_limit) {
    return Reject(ErrorKind::kTooLarge, fmt::format("the request body is larger than {} bytes",
                                                    core_->options.body_bytes_max));
  }
  if (ec == http::error::header_limit) {
    return Reject(
        ErrorKind::kHeadersTooLarge,
        fmt::format("the request header is larger than {} bytes", core_->options.header_bytes_max));
  }
  return Reject(ErrorKind::kInput, fmt::format("malformed HTTP request: {}", ec.message()));
}

asio::awaitable<HttpResponse> HttpSession::Answer(Handler handler, HttpRequest request) {
  std::exception_ptr failure;
  try {
    HttpResponse response = co_await handler(std::move(request));
    co_return response;
  } catch (...) {
    failure = std::current_exception();
  }
  if (!ended_) core_->Log("request handler failed: " + DescribeException(std::move(failure)));
  co_return core_->error_reply(ErrorKind::kInternal, "internal error", nullptr);
}

void HttpSession::BuildHead(const HttpResponse& response, bool keep, int minor) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  head_.clear();
  fmt::format_to(std::back_inserter(head_), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 std::string_view(reason.data(), reason.size()), shard_->HttpDate());
  for (const auto& [name, value] : response.headers) {
    AppendFieldText(head_, name);
    head_.append(": ");
    AppendFieldText(head_, value);
    head_.append("\r\n");
  }
  if (!HasNoBody(response.status)) {
    fmt::format_to(std::back_inserter(head_), "Content-Length: {}\r\n", response.body.size());
  }
  if (!keep) {
    head_.append("Connection: close\r\n");
  } else if (minor == 0) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
}

asio::awaitable<bool> HttpSession::Send(HttpResponse response, bool keep, bool is_head, int minor) {
  BuildHead(response, keep, minor);
  std::string_view body = response.body;
  if (is_head || HasNoBody(response.status)) body = std::string_view();
  ArmTransfer(core_->options.write_timeout);
  const auto [ec, bytes] = co_await Write(head_, body);
  co_return !ec && !expired_;
}

asio::awaitable<void> HttpSession::Linger() {
  // Closing a socket with unread input makes the kernel send a reset, which can destroy the answer
  // on its way to the client. So: half-close, then read until the client has closed as well.
  ShrinkBuffers();
  Arm(core_->options.linger_timeout);
  const auto deadline = deadline_;
  co_await SayGoodbye();
  deadline_ = deadline;
  std::size_t left = core_->options.linger_bytes_max;
  while (left > 0 && !expired_ && steady_clock::now() < deadline) {
    const auto [ec, bytes] =
        co_await Socket().async_read_some(shard_->scratch(), asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    left -= std::min(left, bytes);
  }
}

}  // namespace hookline::net
