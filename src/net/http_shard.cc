#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "net/http_session.h"

namespace hookline::net {

using std::chrono::steady_clock;

HttpShard::HttpShard(boost::asio::io_context& context, std::chrono::milliseconds sweep_interval)
    : context_(context), sweep_interval_(sweep_interval), timer_(context) {}

void HttpShard::StartSweeping() {
  sweeping_ = true;
  Sweep();
}

void HttpShard::StopSweeping() {
  sweeping_ = false;
  timer_.cancel();
}

void HttpShard::Sweep() {
  const auto now = steady_clock::now();
  for (HttpSession* session : sessions_) session->Expire(now);
  timer_.expires_after(sweep_interval_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) {
    if (self->sweeping_) self->Sweep();
  });
}

HttpShard::IdleList::iterator HttpShard::EnterIdle(HttpSession& session) {
  session.CountIdle(true);
  const auto place = idle_.insert(idle_.end(), &session);
  TellIdleSince();
  return place;
}

void HttpShard::LeaveIdle(IdleList::iterator place) {
  (*place)->CountIdle(false);
  idle_.erase(place);
  TellIdleSince();
}

void HttpShard::TellIdleSince() {
  const bool somebody = idle_.size() > planned_closes_.load();
  idle_since_.store(somebody ? idle_.front()->idle_since().time_since_epoch().count() : kNobodyIdle,
                    std::memory_order_relaxed);
}

void HttpShard::CloseLongestIdle() {
  planned_closes_.fetch_sub(1);
  if (!idle_.empty()) {
    HttpSession& session = *idle_.front();
    // It leaves the list only when its read has ended: the next one to be closed is another.
    idle_.splice(idle_.end(), idle_, idle_.begin());
    session.EndIfIdle();
  }
  TellIdleSince();
}

void HttpShard::CarryOut(ClosePlan& plan) {
  const auto found = std::ranges::find_if(idle_, [&](const HttpSession* session) {
    return session->peer() == plan.peer.get() && !session->ended();
  });
  if (found != idle_.end() && !plan.done.exchange(true)) {
    HttpSession& session = **found;
    idle_.splice(idle_.end(), idle_, found);
    session.EndIfIdle();
    TellIdleSince();
  }
  if (plan.shards_left.fetch_sub(1) == 1) plan.peer->planned_closes.fetch_sub(1);
}

void HttpShard::Drain() {
  for (HttpSession* session : sessions_) session->EndIfIdle();
}

void HttpShard::CancelAll() {
  // A copy: a cancelled session may end, and take itself out of the set, before emit() returns.
  std::vector<std::shared_ptr<HttpSession>> sessions;
  sessions.reserve(sessions_.size());
  for (HttpSession* session : sessions_) sessions.push_back(session->shared_from_this());
  for (const auto& session : sessions) session->Cancel();
}

std::string_view HttpShard::HttpDate() {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto now = steady_clock::now();
  if (now >= date_until_) {
    date_until_ = now + std::chrono::seconds(1);
    const std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    date_ = fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                        kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                        kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                        utc.tm_hour, utc.tm_min, utc.tm_sec);
  }
  return date_;
}

}  // namespace hookline::net
