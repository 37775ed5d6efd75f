// From libcurl's error codes to our classes of failure. By code, never by text.

#include "net/easy_handle.h"

namespace hookline::net {

Failure EasyHandle::Classify(CURLcode code) const {
  // libcurl takes a header that the end of the connection cuts off for a whole one.
  if (code == CURLE_OK) return HasWholeHeader() ? Failure::kNone : Failure::kReset;
  // What our own callbacks have stopped shows under various codes.
  if (too_large_) return Failure::kTooLarge;
  if (resend_refused_) return Failure::kReset;
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return Failure::kBlocked;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::kDns;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return blocked_.empty() ? Failure::kRefused : Failure::kBlocked;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return Failure::kTls;
    case CURLE_RECV_ERROR: {
      // Both a broken connection and broken chunks; only the former leaves a system error. Over
      // TLS there is none in either case, and a broken connection is far likelier.
      long system_error = 0;
      curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
      const bool plain = !transfer_.target->https && options_.proxy.empty();
      return plain && system_error == 0 && header_bytes_ > 0 ? Failure::kHttp : Failure::kReset;
    }
    case CURLE_UNSUPPORTED_PROTOCOL:  // An answer without a status line.
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      return Failure::kHttp;
    case CURLE_OUT_OF_MEMORY:  // libcurl's word for a header line longer than it takes.
    case CURLE_FILESIZE_EXCEEDED:
      return Failure::kTooLarge;
    default:
      return Failure::kReset;
  }
}

bool EasyHandle::HasWholeHeader() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return header_complete_ && status >= 200;
}

std::string EasyHandle::Explain(CURLcode code, Failure failure) const {
  if (failure == Failure::kBlocked && !blocked_.empty()) return blocked_;
  if (failure == Failure::kTooLarge) return "the answer is larger than allowed";
  if (resend_refused_) return "the connection was closed before an answer came";
  if (code == CURLE_OK) return "the answer ended in the middle of its header";
  return error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
}

}  // namespace hookline::net
