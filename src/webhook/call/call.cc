#include "webhook/call/call.h"

namespace hookline::webhook {
namespace {

std::string Line(std::string_view name, std::string_view value) {
  std::string line;
  line.reserve(name.size() + 2 + value.size());
  line += name;
  line += ": ";
  line += value;
  return line;
}

}  // namespace

std::string UserAgent() { return "hookline/" HOOKLINE_VERSION; }

CallKey::CallKey(std::string_view api_key, std::string_view secret)
    : api_key_(api_key), signer_(secret) {}

std::vector<std::string> CallKey::CommonHeaders() const {
  return {Line("Content-Type", "application/json"), Line("User-Agent", UserAgent()),
          Line(kApiKeyHeader, api_key_)};
}

std::vector<std::string> CallHeaders(const Uuid& id, int attempt, std::string_view signature) {
  std::vector<std::string> lines;
  lines.reserve(3);
  lines.push_back(Line(kWebhookIdHeader, ToString(id)));
  lines.push_back(Line(kWebhookAttemptHeader, std::to_string(attempt)));
  lines.push_back(Line(kSignatureHeader, signature));
  return lines;
}

}  // namespace hookline::webhook
