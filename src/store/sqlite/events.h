#pragma once

#include "delivery/model.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

class EventTable {
 public:
  explicit EventTable(Connection& db);

  delivery::EventPayloadPtr Find(EventId event);
  EventId Insert(const delivery::EventPayload& event);

 private:
  Connection& db_;
  Statement find_;
  Statement insert_;
};

}  // namespace hookline::store::sqlite
