#pragma once

#include <string>

#include "hookline/event.h"
#include "webhook/outcome.h"

namespace hookline::webhook {

/// Makes events: the only one who may.
class EventParser {
 public:
  /// Takes over `json`; kInvalidJson unless it is one valid JSON object in UTF-8.
  static Outcome<Event> Parse(std::string json);
};

}  // namespace hookline::webhook
