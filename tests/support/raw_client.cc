#include "support/raw_client.h"

#include <sys/socket.h>

namespace hookline::test_support {

std::optional<std::string> RawClient::ReadResponse(bool head_only) {
  while (true) {
    if (const auto bytes = CompleteMessageBytes(buffer_, head_only)) {
      std::string response = buffer_.substr(0, *bytes);
      buffer_.erase(0, *bytes);
      return response;
    }
    if (!ReadMore(fd_.get(), -1, buffer_)) return std::nullopt;
  }
}

bool RawClient::SeesClose(bool or_reset) {
  if (!buffer_.empty() || !WaitReadable(fd_.get(), -1, kPatience)) return false;
  char byte = 0;
  const ssize_t bytes = ::recv(fd_.get(), &byte, 1, 0);
  return bytes == 0 || (bytes < 0 && or_reset);
}

void RawClient::HalfClose() { ::shutdown(fd_.get(), SHUT_WR); }

}  // namespace hookline::test_support
