#include "chat/messages.h"

namespace hookline::chat {

std::string RenderHtml(std::string_view text) {
  if (text.empty()) return {};
  std::string html = "<p>";
  html.reserve(text.size() + 16);
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  html += "</p>\n";
  return html;
}

}  // namespace hookline::chat
