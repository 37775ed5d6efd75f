#include "net/easy_handle.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace hookline::net {

namespace {

/// For options whose failure would be a mistake in this file, or no memory at start.
template <class T>
void MustSet(CURL* easy, CURLoption option, T value) {
  HOOKLINE_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

template <class T>
bool TrySet(CURL* easy, CURLoption option, T value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

EasyHandle::EasyHandle(const HttpLoopOptions& options, const TargetPolicy& policy)
    : options_(options), policy_(policy), easy_(curl_easy_init()) {
  HOOKLINE_CHECK(easy_ != nullptr);
  SetFixedOptions();
}

EasyHandle::~EasyHandle() { curl_easy_cleanup(easy_); }

EasyHandle& EasyHandle::From(CURL* easy) {
  char* self = nullptr;
  HOOKLINE_CHECK(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self) == CURLE_OK);
  return *reinterpret_cast<EasyHandle*>(self);
}

void EasyHandle::SetFixedOptions() {
  MustSet(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
  MustSet(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  MustSet(easy_, CURLOPT_NOSIGNAL, 1L);
  MustSet(easy_, CURLOPT_NOPROGRESS, 1L);

  // Where calls may go, and what libcurl must not do by itself.
  MustSet(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  MustSet(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  MustSet(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  MustSet(easy_, CURLOPT_PROXY, options_.proxy.c_str());
  MustSet(easy_, CURLOPT_NOPROXY, "");
  MustSet(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (options_.tunnels_to_addresses()) MustSet(easy_, CURLOPT_HTTPPROXYTUNNEL, 1L);
  MustSet(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  MustSet(easy_, CURLOPT_COOKIEFILE, static_cast<char*>(nullptr));
  MustSet(easy_, CURLOPT_UNRESTRICTED_AUTH, 0L);
  MustSet(easy_, CURLOPT_RESOLVER_START_FUNCTION, &EasyHandle::OnResolverStart);
  MustSet(easy_, CURLOPT_RESOLVER_START_DATA, static_cast<void*>(this));
  MustSet(easy_, CURLOPT_OPENSOCKETFUNCTION, &EasyHandle::OnOpenSocket);
  MustSet(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  // Pins stay until they are taken out; never pruning also saves a walk through all of them after
  // each call. With a proxy, it is the proxy's own name that libcurl remembers.
  MustSet(easy_, CURLOPT_DNS_CACHE_TIMEOUT, options_.proxy.empty() ? -1L : 30L);

  // One request is sent once. libcurl would repeat it by itself when a kept connection dies.
  MustSet(easy_, CURLOPT_PREREQFUNCTION, &EasyHandle::OnBeforeRequest);
  MustSet(easy_, CURLOPT_PREREQDATA, static_cast<void*>(this));
  MustSet(easy_, CURLOPT_SEEKFUNCTION, &EasyHandle::OnSeek);
  MustSet(easy_, CURLOPT_SEEKDATA, static_cast<void*>(this));

  MustSet(easy_, CURLOPT_HTTP_VERSION,
          static_cast<long>(options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  MustSet(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  MustSet(easy_, CURLOPT_ACCEPT_ENCODING, "identity");
  // libcurl would take a stream that is cut off, or followed by something else, for a whole one.
  MustSet(easy_, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  MustSet(easy_, CURLOPT_WRITEFUNCTION, &EasyHandle::OnBody);
  MustSet(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
  MustSet(easy_, CURLOPT_HEADERFUNCTION, &EasyHandle::OnHeader);
  MustSet(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
  MustSet(easy_, CURLOPT_BUFFERSIZE, 16L * 1024);

  MustSet(easy_, CURLOPT_TCP_NODELAY, 1L);

  if (!options_.ca_file.empty()) MustSet(easy_, CURLOPT_CAINFO, options_.ca_file.c_str());
  MustSet(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  MustSet(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  MustSet(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

bool EasyHandle::Begin(const Transfer& transfer) {
  transfer_ = transfer;
  content_encoding_.clear();
  decoder_.reset();
  packed_bytes_ = 0;
  body_bytes_ = 0;
  header_bytes_ = 0;
  kept_connection_ = false;
  keep_alive_.reset();
  answered_at_.reset();
  requests_ = 0;
  header_complete_ = false;
  resend_refused_ = false;
  too_large_ = false;
  coding_broken_ = false;
  blocked_.clear();
  local_.clear();
  tried_.clear();
  retry_after_.clear();
  body_.clear();
  error_text_[0] = '\0';

  const HttpCall& call = *transfer.call;
  bool ok = SetHeaders(call) && SetTls(call.tls.get()) && SetConnectionUse(transfer);
  if (url_ != transfer.target->url) {
    url_ = transfer.target->url;
    ok = ok && TrySet(easy_, CURLOPT_URL, url_.c_str());
  }
  if (call.method == HttpMethod::kGet) {
    if (!is_get_) ok = ok && TrySet(easy_, CURLOPT_HTTPGET, 1L);
    is_get_ = true;
  } else {
    const bool empty = call.body == nullptr || call.body->empty();
    const std::size_t bytes = empty ? 0 : call.body->size();
    ok = ok && TrySet(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes)) &&
         TrySet(easy_, CURLOPT_POSTFIELDS, empty ? "" : call.body->data());
    is_get_ = false;
  }
  ok = ok && TrySet(easy_, CURLOPT_TIMEOUT_MS,
                    std::max(1L, static_cast<long>(transfer.time_left.count())));
  if (transfer.resolve != nullptr || has_resolve_) {
    ok = ok && TrySet(easy_, CURLOPT_RESOLVE, transfer.resolve);
    has_resolve_ = transfer.resolve != nullptr;
  }
  if (transfer.connect_to != nullptr || has_connect_to_) {
    ok = ok && TrySet(easy_, CURLOPT_CONNECT_TO, transfer.connect_to);
    has_connect_to_ = transfer.connect_to != nullptr;
  }
  return ok;
}

bool EasyHandle::SetConnectionUse(const Transfer& transfer) {
  bool ok = true;
  if (fresh_ != transfer.fresh_connection) {
    fresh_ = transfer.fresh_connection;
    ok = TrySet(easy_, CURLOPT_FRESH_CONNECT, fresh_ ? 1L : 0L);
  }
  // libcurl counts whole seconds and takes what is up to one second over.
  const long idle_max = std::max(1L, static_cast<long>(transfer.idle_max.count()) - 1);
  if (idle_max_ != idle_max) {
    idle_max_ = idle_max;
    ok = ok && TrySet(easy_, CURLOPT_MAXAGE_CONN, idle_max);
  }
  const long age_max = std::max(1L, static_cast<long>(transfer.age_max.count()) - 1);
  if (age_max_ != age_max) {
    age_max_ = age_max;
    ok = ok && TrySet(easy_, CURLOPT_MAXLIFETIME_CONN, age_max);
  }
  return ok;
}

bool EasyHandle::SetHeaders(const HttpCall& call) {
  // A list of our own nodes: libcurl only reads it, and building it allocates nothing.
  static const HeaderBlock no_common_headers({});
  const HeaderBlock* common = call.common_headers ? call.common_headers.get() : &no_common_headers;
  header_nodes_.clear();
  const std::string& authorization = transfer_.target->authorization;
  if (!authorization.empty()) {
    authorization_line_ = "Authorization: " + authorization;
    header_nodes_.push_back({authorization_line_.data(), nullptr});
  }
  for (const std::string& line : call.headers) {
    header_nodes_.push_back({const_cast<char*>(line.c_str()), nullptr});
  }
  for (std::size_t i = 0; i + 1 < header_nodes_.size(); ++i) {
    header_nodes_[i].next = &header_nodes_[i + 1];
  }
  if (header_nodes_.empty()) return TrySet(easy_, CURLOPT_HTTPHEADER, common->first());
  header_nodes_.back().next = common->first();
  return TrySet(easy_, CURLOPT_HTTPHEADER, header_nodes_.data());
}

bool EasyHandle::SetTls(const TlsFiles* tls) {
  static const TlsFiles defaults;
  const TlsFiles& wanted = tls != nullptr ? *tls : defaults;
  if (wanted == tls_) return true;
  bool ok = true;
  if (wanted.ca_file != tls_.ca_file) {
    // The default is known to the handle's maker only, hence a look at a fresh one.
    static const std::string system_bundle = [] {
      char* path = nullptr;
      CURL* fresh = curl_easy_init();
      curl_easy_getinfo(fresh, CURLINFO_CAINFO, &path);
      std::string copy = path != nullptr ? path : "";
      curl_easy_cleanup(fresh);
      return copy;
    }();
    const std::string& standard = options_.ca_file.empty() ? system_bundle : options_.ca_file;
    ok = TrySet(easy_, CURLOPT_CAINFO,
                wanted.ca_file.empty() ? OrNull(standard) : wanted.ca_file.c_str());
  }
  ok = ok && TrySet(easy_, CURLOPT_SSLCERT, OrNull(wanted.certificate_file)) &&
       TrySet(easy_, CURLOPT_SSLKEY, OrNull(wanted.key_file));
  tls_ = wanted;
  return ok;
}

HttpOutcome EasyHandle::Finish(CURLcode code) {
  HttpOutcome outcome;
  outcome.failure = Classify(code);
  // Only a body can have failed after that.
  if (answered_at_) outcome.failure = FailureClass::kNone;
  if (outcome.failure == FailureClass::kNone) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    outcome.status = static_cast<int>(status);
    outcome.body = std::move(body_);
    outcome.retry_after = std::move(retry_after_);
  } else {
    outcome.detail = Explain(code, outcome.failure);
    // An answer without end, of its header or body, has said its status nevertheless.
    if (outcome.failure == FailureClass::kTooLarge) {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      if (status >= 200) outcome.status = static_cast<int>(status);
    }
  }
  LetGo();
  return outcome;
}

void EasyHandle::LetGo() {
  transfer_ = Transfer();
  owner = nullptr;
}

}  // namespace hookline::net
