#include "net/io_threads.h"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "base/error.h"

namespace hookline::net {

IoThreads::IoThreads(std::size_t threads) {
  const std::size_t count =
      threads != 0 ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  units_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) units_.push_back(std::make_unique<Unit>());
}

IoThreads::~IoThreads() {
  Stop();
  // In order, and the first context first: an acceptor there may hold a socket of any later one.
  for (auto& unit : units_) unit.reset();
}

void IoThreads::Start() {
  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit& unit = *units_[i];
    HOOKLINE_CHECK(!unit.thread.joinable());
    unit.thread = std::thread([&unit] { unit.context.run(); });
    pthread_setname_np(unit.thread.native_handle(), ("hl-io-" + std::to_string(i)).c_str());
  }
}

void IoThreads::Stop() {
  for (auto& unit : units_) unit->context.stop();
  for (auto& unit : units_) {
    if (unit->thread.joinable()) unit->thread.join();
  }
}

}  // namespace hookline::net
