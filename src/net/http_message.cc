#include "net/http_message.h"

#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace hookline::net {

namespace {

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = LowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void ParseQuery(std::string_view text, std::vector<std::pair<std::string, std::string>>& query) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    query.emplace_back(PercentDecode(pair.substr(0, equals), PlusMeans::kSpace),
                       PercentDecode(value, PlusMeans::kSpace));
  }
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

void HeaderList::Add(std::string_view name, std::string_view value) {
  if (spans_.empty()) {
    text_.reserve(512);
    spans_.reserve(16);
  }
  HOOKLINE_CHECK(text_.size() + name.size() + value.size() < UINT32_MAX);
  const auto begin = static_cast<std::uint32_t>(text_.size());
  text_.append(name);
  const auto middle = static_cast<std::uint32_t>(text_.size());
  // A door: what comes in here is shown in events, to whom it must be text.
  if (utf8::IsValid(value)) {
    text_.append(value);
  } else {
    utf8::AppendValid(text_, value);
  }
  spans_.push_back({begin, middle, static_cast<std::uint32_t>(text_.size())});
}

HeaderList::Field HeaderList::At(std::size_t index) const {
  const Span& span = spans_[index];
  const std::string_view text = text_;
  return {text.substr(span.name_begin, span.value_begin - span.name_begin),
          text.substr(span.value_begin, span.value_end - span.value_begin)};
}

std::optional<std::string_view> HeaderList::Find(std::string_view name) const {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Field field = At(i);
    if (EqualsIgnoringCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t HeaderList::Count(std::string_view name) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    count += EqualsIgnoringCase(At(i).name, name) ? 1 : 0;
  }
  return count;
}

std::optional<std::string_view> HttpRequest::QueryParam(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string PercentDecode(std::string_view text, PlusMeans plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(c == '+' && plus == PlusMeans::kSpace ? ' ' : c);
  }
  return utf8::Valid(std::move(out));
}

void SplitTarget(HttpRequest& request) {
  std::string_view target = request.target;
  const bool has_scheme = target.substr(0, 7) == "http://" || target.substr(0, 8) == "https://";
  if (has_scheme) {
    // A proxy's spelling; only what follows the host matters here.
    const std::size_t host = target.find("//") + 2;
    const std::size_t path = target.find_first_of("/?", host);
    target.remove_prefix(path == std::string_view::npos ? target.size() : path);
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (path.empty() || path.front() == '/') {
    const std::size_t first = path.find_first_not_of('/');
    path.remove_prefix(first == std::string_view::npos ? path.size() : first);
    request.path.assign(1, '/');
    request.path.append(path);
  } else {
    request.path.assign(path);
  }
  request.query.clear();
  if (question != std::string_view::npos) ParseQuery(target.substr(question + 1), request.query);
}

}  // namespace hookline::net
