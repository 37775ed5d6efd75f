#include "hookline/event.h"

#include <simdjson.h>

#include <vector>

#include "webhook/event_parser.h"

namespace hookline::webhook {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr int kMaxDepth = 256;  // Bounds the recursion below; Hookline itself sends about 70.

struct Member {
  std::string name;
  std::string_view raw;
  std::optional<std::string> text;  // Unescaped, of a string.
};

std::string_view TrimRight(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// RFC 8259, section 6. simdjson is not asked, because it refuses what does not fit 64 bits or a
// double.
bool IsNumberText(std::string_view text) {
  const auto skip = [&text](std::string_view any_of) {
    const bool found = !text.empty() && any_of.find(text.front()) != std::string_view::npos;
    if (found) text.remove_prefix(1);
    return found;
  };
  const auto skip_digits = [&skip] {
    if (!skip("0123456789")) return false;
    while (skip("0123456789")) {
    }
    return true;
  };
  skip("-");
  if (!skip("0") && !skip_digits()) return false;
  if (skip(".") && !skip_digits()) return false;
  if (skip("eE")) {
    skip("+-");
    if (!skip_digits()) return false;
  }
  return text.empty();
}

bool IsScalarText(std::string_view text) {
  return text == "null" || text == "true" || text == "false" || IsNumberText(text);
}

// Walks the whole text, so that nothing in it stays unchecked. Its functions return nullptr, or
// what is wrong. simdjson's values can be read only once and in order; that stays in here.
class Walker {
 public:
  Walker(std::string_view json, std::vector<Member>& members) : json_(json), members_(members) {}

  const char* Walk(std::size_t capacity) {
    // Newer versions of simdjson skip a byte order mark; JSON does not have one.
    if (json_.substr(0, 1) == "\xEF") return "the text begins with a byte order mark";
    if (const auto error = parser_.iterate(json_.data(), json_.size(), capacity).get(source_)) {
      return simdjson::error_message(error);
    }
    ondemand::json_type type;
    if (const auto error = source_.type().get(type)) return simdjson::error_message(error);
    if (type != ondemand::json_type::object) return "the payload is not a JSON object";
    ondemand::object object;
    if (const auto error = source_.get_object().get(object)) return simdjson::error_message(error);
    if (const char* wrong = WalkObject(object, 1)) return wrong;
    const char* rest = nullptr;
    if (source_.current_location().get(rest) == simdjson::SUCCESS) {
      return "there is text after the JSON object";
    }
    return nullptr;
  }

 private:
  const char* WalkObject(ondemand::object& object, int depth) {
    for (auto item : object) {
      ondemand::field field;
      if (const auto error = std::move(item).get(field)) return simdjson::error_message(error);
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return simdjson::error_message(error);
      Member* member = nullptr;
      if (depth == 1) {
        members_.push_back({std::string(name), {}, {}});
        member = &members_.back();
      }
      if (const char* wrong = WalkValue(field.value(), depth, member)) return wrong;
    }
    return nullptr;
  }

  const char* WalkArray(ondemand::array& array, int depth) {
    for (auto item : array) {
      ondemand::value value;
      if (const auto error = std::move(item).get(value)) return simdjson::error_message(error);
      if (const char* wrong = WalkValue(value, depth, nullptr)) return wrong;
    }
    return nullptr;
  }

  const char* WalkValue(ondemand::value& value, int depth, Member* member) {
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return simdjson::error_message(error);
    std::string_view raw = TrimRight(value.raw_json_token());
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
      if (depth == kMaxDepth) return "the JSON is nested too deeply";
      if (const char* wrong = WalkNested(value, type, depth + 1)) return wrong;
      if (member != nullptr) raw = RawFrom(raw.data());
    } else if (type == ondemand::json_type::string) {
      std::string_view text;
      if (const auto error = value.get_string().get(text)) return simdjson::error_message(error);
      if (member != nullptr) member->text.emplace(text);
    } else if (!IsScalarText(raw)) {
      return "a value is neither a string, number, object, array, true, false nor null";
    }
    if (member != nullptr) member->raw = raw;
    return nullptr;
  }

  const char* WalkNested(ondemand::value& value, ondemand::json_type type, int depth) {
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return simdjson::error_message(error);
      return WalkObject(object, depth);
    }
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return simdjson::error_message(error);
    return WalkArray(array, depth);
  }

  // The text from `start` to the token that comes next, without the white space between.
  std::string_view RawFrom(const char* start) {
    const char* stop = nullptr;
    if (source_.current_location().get(stop)) stop = json_.data() + json_.size();
    return TrimRight({start, static_cast<std::size_t>(stop - start)});
  }

  const std::string_view json_;
  std::vector<Member>& members_;
  ondemand::parser parser_;
  ondemand::document source_;
};

}  // namespace

struct Event::Data {
  std::string buffer;     // The text, and behind it the padding that simdjson reads over.
  std::string_view json;  // The text alone.
  std::vector<Member> members;

  const Member* Find(std::string_view name) const {
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
      if (member->name == name) return &*member;
    }
    return nullptr;
  }
};

Outcome<Event> EventParser::Parse(std::string json) {
  const auto data = std::make_shared<Event::Data>();
  const std::size_t size = json.size();
  data->buffer = std::move(json);
  data->buffer.append(simdjson::SIMDJSON_PADDING, '\0');
  data->json = std::string_view(data->buffer).substr(0, size);
  if (const char* wrong = Walker(data->json, data->members).Walk(data->buffer.size())) {
    return InvalidWebhookError(WebhookErrorCode::kInvalidJson, wrong);
  }
  return Event(data);
}

std::string_view Event::type() const { return StringField("type").value_or(std::string_view()); }

std::string_view Event::json() const { return data_->json; }

std::optional<std::string_view> Event::StringField(std::string_view name) const {
  const Member* const member = data_->Find(name);
  if (member == nullptr || !member->text) return std::nullopt;
  return *member->text;
}

std::optional<std::string_view> Event::RawField(std::string_view name) const {
  const Member* const member = data_->Find(name);
  if (member == nullptr) return std::nullopt;
  return member->raw;
}

}  // namespace hookline::webhook
