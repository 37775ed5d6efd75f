#pragma once

#include <curl/curl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/body_decoder.h"
#include "net/http_call.h"
#include "net/http_loop.h"
#include "net/target_url.h"

namespace hookline::net {

/// One call to a target that has been resolved and judged; what an EasyHandle needs to make it.
/// Everything is kept alive by the caller until Finish().
struct Transfer {
  const HttpCall* call = nullptr;
  const TargetUrl* target = nullptr;
  std::chrono::milliseconds time_left{0};
  bool trusted_host = false;         ///< Its addresses need no judgement.
  bool fresh_connection = false;     ///< Do not use a kept one.
  std::chrono::seconds idle_max{0};  ///< Use no connection that was idle for longer; at least 1.
  std::chrono::seconds age_max{0};   ///< Nor one that is older; at least 1.
  curl_slist* connect_to = nullptr;  ///< The address that the proxy is asked for; null: the URL's.
  curl_slist* resolve = nullptr;     ///< Pins to load into libcurl's cache; null: loaded already.
  bool* pin_loaded = nullptr;        ///< Kept up to date: whether libcurl has the target's pin.
};

/// Wraps one libcurl easy handle that makes one call after another. Options that are the same for
/// all calls are set once; only the rest is set per call. Owned and used by the loop's thread; must
/// not be in a multi handle when destroyed.
class EasyHandle {
 public:
  EasyHandle(const HttpLoopOptions& options, const TargetPolicy& policy);
  ~EasyHandle();
  EasyHandle(const EasyHandle&) = delete;
  EasyHandle& operator=(const EasyHandle&) = delete;

  CURL* raw() { return easy_; }
  static EasyHandle& From(CURL* easy);

  /// Prepares the next call. False if libcurl does not take an option (out of memory).
  bool Begin(const Transfer& transfer);

  /// What became of the call, except for the time it took. Once, after libcurl has reported the
  /// end and the handle has left the multi handle.
  HttpOutcome Finish(CURLcode code);

  // Of the call that has ended, until the next one begins.

  /// The request went out on a kept connection.
  bool used_kept_connection() const { return kept_connection_; }
  /// The request has not been sent.
  bool nothing_sent() const { return requests_ == 0; }
  /// Nothing of an answer has come.
  bool nothing_came() const { return header_bytes_ == 0 && packed_bytes_ == 0; }
  /// When the header came that is an answer by itself; nothing if the answer has a body, or there
  /// is none.
  std::optional<std::chrono::steady_clock::time_point> answered_at() const { return answered_at_; }
  /// What the answer said with "Keep-Alive: timeout".
  std::optional<std::chrono::seconds> keep_alive() const { return keep_alive_; }

  void* owner = nullptr;  ///< For the loop.

 private:
  void LetGo();  ///< Of everything that belongs to the call.
  void SetFixedOptions();
  bool SetHeaders(const HttpCall& call);
  bool SetTls(const TlsFiles* tls);
  bool SetConnectionUse(const Transfer& transfer);
  FailureClass Classify(CURLcode code) const;
  bool HasWholeHeader() const;
  bool BodyIsWhole() const;
  bool IsSuccess() const;
  FailureClass ClassifyConnect() const;
  FailureClass ClassifySocks() const;
  FailureClass ClassifyTunnel() const;
  FailureClass ClassifyTls() const;
  bool LacksPorts() const;
  bool ReachedPeer() const;
  bool AtProxy() const;  ///< A proxy is used, and the request itself has not been sent.
  std::string Explain(CURLcode code, FailureClass failure) const;

  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int OnSeek(void* self, curl_off_t offset, int origin);
  static int OnBeforeRequest(void* self, char* remote_ip, char* local_ip, int remote_port,
                             int local_port);
  static int OnResolverStart(void* resolver_state, void* reserved, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  void TakeHeaderLine(std::string_view line);
  bool TakePacked(std::string_view piece);
  bool TakeText(std::string_view piece);
  bool BindToSource(int fd, int family);
  void PinIsLoaded(bool loaded);

  const HttpLoopOptions& options_;
  const TargetPolicy& policy_;
  CURL* const easy_;

  // What libcurl was told last, so that it need not be told again.
  std::string url_;
  TlsFiles tls_;
  bool is_get_ = false;
  bool has_resolve_ = false;
  bool has_connect_to_ = false;
  bool fresh_ = false;
  long idle_max_ = -1;
  long age_max_ = -1;

  // The call in progress.
  Transfer transfer_;
  std::vector<curl_slist> header_nodes_;
  std::string authorization_line_;
  std::string body_;
  std::string retry_after_;
  std::string blocked_;  ///< Why the target was refused when the socket was to be opened.
  std::string local_;    ///< What of our own was missing when a socket was to be opened.
  std::vector<sockaddr_storage> tried_;  ///< Addresses that sockets were opened for.
  std::string content_encoding_;         ///< Of the latest answer, if its body is to be unpacked.
  std::optional<BodyDecoder> decoder_;
  std::size_t packed_bytes_ = 0;
  std::size_t body_bytes_ = 0;  ///< Unpacked.
  std::size_t header_bytes_ = 0;
  bool kept_connection_ = false;
  std::optional<std::chrono::seconds> keep_alive_;
  std::optional<std::chrono::steady_clock::time_point> answered_at_;
  int requests_ = 0;              ///< How often libcurl was about to send the request.
  bool header_complete_ = false;  ///< Of the latest answer, interim ones included.
  bool resend_refused_ = false;
  bool too_large_ = false;
  bool coding_broken_ = false;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace hookline::net
