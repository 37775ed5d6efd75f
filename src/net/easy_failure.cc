// From libcurl's error codes to our classes of failure. By code, never by text.

#include <algorithm>
#include <cerrno>

#include "net/easy_handle.h"
#include "net/local_trouble.h"

namespace hookline::net {

FailureClass EasyHandle::Classify(CURLcode code) const {
  // libcurl takes a header that the end of the connection cuts off for a whole one.
  if (code == CURLE_OK && !HasWholeHeader()) return FailureClass::kReset;
  if (code == CURLE_OK) return BodyIsWhole() ? FailureClass::kNone : FailureClass::kHttp;
  // What our own callbacks have stopped shows under various codes.
  if (too_large_) return FailureClass::kTooLarge;
  if (coding_broken_) return FailureClass::kHttp;
  if (code == CURLE_WRITE_ERROR && !local_.empty()) return FailureClass::kLocal;
  if (resend_refused_) return FailureClass::kReset;
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return FailureClass::kBlocked;
    case CURLE_COULDNT_RESOLVE_HOST:
      return FailureClass::kDns;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CACERT_BADFILE:  // The file is ours.
    case CURLE_FAILED_INIT:
      return FailureClass::kLocal;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      return ClassifyConnect();
    case CURLE_PROXY:
      return ClassifySocks();
    case CURLE_OPERATION_TIMEDOUT:
      return ReachedPeer() || options_.proxy.empty() ? FailureClass::kTimeout
                                                     : FailureClass::kLocal;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return ClassifyTls();
    case CURLE_SEND_ERROR:
      return AtProxy() ? FailureClass::kLocal : FailureClass::kReset;
    case CURLE_RECV_ERROR: {
      if (AtProxy()) return ClassifyTunnel();
      // Both a broken connection and broken chunks; only the former leaves a system error. Over
      // TLS there is none in either case, and a broken connection is far likelier.
      long system_error = 0;
      curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
      const bool plain = !transfer_.target->https && options_.proxy.empty();
      return plain && system_error == 0 && header_bytes_ > 0 ? FailureClass::kHttp
                                                             : FailureClass::kReset;
    }
    case CURLE_UNSUPPORTED_PROTOCOL:  // An answer without a status line.
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      return FailureClass::kHttp;
    case CURLE_OUT_OF_MEMORY:
      // Once an answer is awaited: libcurl's word for a header line longer than it takes.
      return requests_ > 0 ? FailureClass::kTooLarge : FailureClass::kLocal;
    case CURLE_FILESIZE_EXCEEDED:
      return FailureClass::kTooLarge;
    default:
      return FailureClass::kReset;
  }
}

FailureClass EasyHandle::ClassifyConnect() const {
  if (!blocked_.empty()) return FailureClass::kBlocked;
  // Behind a proxy it is the proxy that is connected to, and that one is the operator's.
  const bool local = !local_.empty() || !options_.proxy.empty() || LacksPorts();
  return local ? FailureClass::kLocal : FailureClass::kRefused;
}

FailureClass EasyHandle::ClassifySocks() const {
  long error = 0;
  curl_easy_getinfo(easy_, CURLINFO_PROXY_ERROR, &error);
  switch (error) {
    // What the proxy has to say about the target.
    case CURLPX_REPLY_CONNECTION_REFUSED:
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_NOT_ALLOWED:
    case CURLPX_REPLY_TTL_EXPIRED:
      return FailureClass::kRefused;
    default:
      return FailureClass::kLocal;
  }
}

FailureClass EasyHandle::ClassifyTls() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &status);
  // Before there is a tunnel, TLS is the proxy's.
  const bool proxys = options_.proxy.starts_with("https://") && status == 0 && AtProxy();
  return proxys ? FailureClass::kLocal : FailureClass::kTls;
}

bool EasyHandle::LacksPorts() const {
  long system_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
  if (IsLocalTrouble(static_cast<int>(system_error))) return true;
  if (system_error != EADDRNOTAVAIL) return false;
  return std::all_of(tried_.begin(), tried_.end(), [](const sockaddr_storage& address) {
    return LacksPortsTo(reinterpret_cast<const sockaddr&>(address));
  });
}

bool EasyHandle::ReachedPeer() const {
  curl_off_t connected_us = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected_us);
  return connected_us > 0;
}

bool EasyHandle::AtProxy() const { return !options_.proxy.empty() && requests_ == 0; }

FailureClass EasyHandle::ClassifyTunnel() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &status);
  // No answer, or one that says that the proxy does not take our word: it is the way out that is
  // broken. Anything else is what the proxy has to say about the target.
  constexpr long kAuthenticationRequired = 407;
  return status == 0 || status == kAuthenticationRequired ? FailureClass::kLocal
                                                          : FailureClass::kRefused;
}

bool EasyHandle::HasWholeHeader() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return header_complete_ && status >= 200;
}

bool EasyHandle::BodyIsWhole() const { return !decoder_ || decoder_->whole(); }

std::string EasyHandle::Explain(CURLcode code, FailureClass failure) const {
  if (failure == FailureClass::kBlocked && !blocked_.empty()) return blocked_;
  if (failure == FailureClass::kLocal && !local_.empty()) return local_;
  if (failure == FailureClass::kTooLarge) return "the answer is larger than allowed";
  if (resend_refused_) return "the connection was closed before an answer came";
  if (coding_broken_ || (code == CURLE_OK && !BodyIsWhole())) {
    return "the answer's body is not what its Content-Encoding says";
  }
  if (code == CURLE_OK) return "the answer ended in the middle of its header";
  return error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
}

}  // namespace hookline::net
