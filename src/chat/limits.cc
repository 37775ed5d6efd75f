#include "chat/limits.h"

#include <fmt/core.h>

#include "base/json_writer.h"
#include "chat/messages.h"
#include "chat/model.h"

namespace hookline::chat {

Result<void> CheckBytes(std::string_view what, std::size_t bytes, std::size_t limit) {
  return CheckBytes(what, bytes, 0, limit);
}

Result<void> CheckBytes(std::string_view what, std::size_t bytes, std::size_t before,
                        std::size_t limit) {
  if (bytes <= limit || bytes <= before) return {};
  return InputError(
      fmt::format("{} is too large: {} bytes, the limit is {} bytes", what, bytes, limit));
}

std::size_t QuotedBytes(std::string_view text) { return json::Quoted(text).size(); }

std::size_t MessageBytes(const Message& message) {
  // What is made of the text is in proportion to it; what a server has sent need not be.
  const bool rendered = message.html.empty() || message.html == RenderHtml(message.text);
  return (rendered ? 0 : QuotedBytes(message.html)) + QuotedBytes(message.text) +
         QuotedBytes(message.mml) + message.attachments_json.size() + message.i18n_json.size() +
         message.custom_json.size();
}

}  // namespace hookline::chat
