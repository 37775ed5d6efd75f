#include "net/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "net/local_trouble.h"

namespace hookline::net {

namespace {

constexpr std::size_t kAddressesMax = 16;

Resolver::Answer LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  Resolver::Answer answer;
  if (error != 0) {
    answer.failure = ::gai_strerror(error);
    // Without a descriptor or memory the library fails in various words, those for an unknown name
    // among them.
    answer.local = error == EAI_MEMORY || LacksDescriptors();
    return answer;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const auto address = IpAddress::FromSockaddr(*entry->ai_addr);
    auto& known = answer.addresses;
    if (!address || std::find(known.begin(), known.end(), *address) != known.end()) continue;
    known.push_back(*address);
    if (known.size() == kAddressesMax) break;
  }
  if (answer.addresses.empty()) answer.failure = "the name has no address";
  return answer;
}

}  // namespace

SystemResolver::SystemResolver(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) {
    threads_.emplace_back([this] { Work(); });
    pthread_setname_np(threads_.back().native_handle(), "hl-resolver");
  }
}

SystemResolver::~SystemResolver() {
  std::deque<Job> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(jobs_);
  }
  changed_.notify_all();
  for (Job& job : left) job.callback(Answer{{}, "the resolver is stopping", true});
  for (std::thread& thread : threads_) thread.join();
}

void SystemResolver::Resolve(std::string host, Callback callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && jobs_.size() < queue_max_) {
      jobs_.push_back({std::move(host), std::move(callback)});
      changed_.notify_one();
      return;
    }
  }
  callback(Answer{{}, "too many names wait to be resolved", true});
}

void SystemResolver::Work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job.callback(LookUp(job.host));
  }
}

}  // namespace hookline::net
