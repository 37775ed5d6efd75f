#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"

namespace hookline::chat {

/// How entities look (docs/contract/rulings.md#7): v1 has flat custom fields, RFC 3339 times,
/// v2 has them under `custom` and integer nanoseconds.
enum class Format { kV1, kV2 };

/// Something that happened, on its way to whoever wants to hear of it.
struct Event {
  std::string type;
  bool custom = false;  ///< Named by an API caller, not one of Stream's.
  std::string channel_type;
  std::string channel_id;
  std::string cid;
  std::string user_id;
  /// Writes the event's JSON object. Valid only while the sink's Emit runs.
  std::function<std::string(Format)> encode;
};

/// Where the domain leaves its events: the port that the outbox implements. An event emitted in a
/// transaction is kept if and only if the transaction commits.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const Event& event) = 0;
  /// An event of a request would be larger than events may be: the request is to fail with this.
  /// What nobody asked for (timers) has nobody to refuse, and sends the event as it is.
  virtual void Refuse(const Error& error) = 0;
};

}  // namespace hookline::chat
