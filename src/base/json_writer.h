#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace hookline::json {

/// Appends `text` as a JSON string, with quotes, in canonical form: raw UTF-8 with the shortest
/// escapes. U+FFFE and U+FFFF are escaped, because SQS refuses them raw. Bytes that are no UTF-8
/// become U+FFFD, so that whatever happens, what leaves can be read.
void AppendQuoted(std::string& out, std::string_view text);
std::string Quoted(std::string_view text);

/// Writes JSON text piece by piece and sets the commas. The caller keeps the order right: a Key
/// before every value inside an object. Not thread-safe.
class Writer {
 public:
  Writer& BeginObject() { return Open('{'); }
  Writer& EndObject() { return Close('}'); }
  Writer& BeginArray() { return Open('['); }
  Writer& EndArray() { return Close(']'); }

  Writer& Key(std::string_view key);

  Writer& String(std::string_view text);
  Writer& Int(std::int64_t number);
  Writer& Bool(bool value) { return Raw(value ? "true" : "false"); }
  Writer& Null() { return Raw("null"); }
  /// RFC 3339, quoted.
  Writer& Time(Timestamp t);
  /// One value that is JSON text already.
  Writer& Raw(std::string_view json);
  /// The members of a JSON object's text (`{"a":1}`), put into the object that is open here.
  Writer& RawMembers(std::string_view object_json);

  Writer& Field(std::string_view key, std::string_view text) { return Key(key).String(text); }
  /// Without this overload a string literal would become a bool.
  Writer& Field(std::string_view key, const char* text) { return Key(key).String(text); }
  Writer& Field(std::string_view key, bool value) { return Key(key).Bool(value); }
  Writer& Field(std::string_view key, std::int64_t number) { return Key(key).Int(number); }
  Writer& Field(std::string_view key, int number) { return Key(key).Int(number); }

  const std::string& text() const { return out_; }
  std::string Take() { return std::move(out_); }
  void Reserve(std::size_t bytes) { out_.reserve(bytes); }

  /// From this size on nothing more is written: what there is by then is of no use, but for knowing
  /// that it was too much.
  void Limit(std::size_t bytes) { limit_ = bytes; }
  bool is_over_limit() const { return out_.size() >= limit_; }

 private:
  Writer& Open(char bracket);
  Writer& Close(char bracket);
  void Separate();

  std::string out_;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
  bool comma_ = false;
};

}  // namespace hookline::json
