#include "net/dns_resolver.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/file_stamp.h"
#include "net/loop_inbox.h"

namespace hookline::net {

using std::chrono::steady_clock;

namespace {

/// Nothing that matters happens without a wake-up or a deadline; this only bounds a mistake.
constexpr std::chrono::milliseconds kSleepMax{60'000};

Resolver::Answer Local(std::string failure) {
  return Resolver::Answer{{}, std::move(failure), true, std::chrono::nanoseconds(0)};
}

/// The one that lookups read, see AresLookup.
std::string HostsFile() {
  const char* path = std::getenv("CARES_HOSTS");
  return path != nullptr ? path : "/etc/hosts";
}

/// What getaddrinfo() calls AI_ADDRCONFIG: addresses of a family that this machine has none of are
/// not asked for. With neither, both are.
int ConfiguredFamilies() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return AF_UNSPEC;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
  bool v4 = false;
  bool v6 = false;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    const auto address = IpAddress::FromSockaddr(*at->ifa_addr);
    if (!address || *address == *IpAddress::Parse("127.0.0.1")) continue;
    if (*address == *IpAddress::Parse("::1")) continue;
    (address->is_v4() ? v4 : v6) = true;
  }
  if (v4 == v6) return AF_UNSPEC;
  return v4 ? AF_INET : AF_INET6;
}

}  // namespace

class DnsResolver::Impl {
 public:
  explicit Impl(DnsResolverOptions options)
      : options_(std::move(options)),
        inbox_(options_.questions_max),
        cache_(options_.cache),
        lanes_{LookupQueue(options_.queue), LookupQueue(options_.queue)} {
    resolv_conf_ = FileStamp::Of(options_.lookup.resolv_conf);
    hosts_ = FileStamp::Of(HostsFile());
    if (!options_.both_families) families_ = ConfiguredFamilies();
    looked_at_ = steady_clock::now();
    thread_ = std::thread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "hl-resolver");
  }
  ~Impl() {
    inbox_.Close();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Resolve(std::shared_ptr<NameQuestion> question, Callback callback) {
    // Shared, because a task that is refused is destroyed with all it holds.
    auto shared = std::make_shared<Callback>(std::move(callback));
    if (inbox_.Push([this, question = std::move(question), shared]() mutable {
          Ask(std::move(question), std::move(*shared));
        })) {
      return;
    }
    (*shared)(Local("too many names wait to be resolved"));
  }

 private:
  struct Waiter {
    std::shared_ptr<NameQuestion> question;
    Callback callback;
  };
  /// A name that somebody wants to know more about.
  struct Name {
    std::vector<Waiter> waiters;
    std::vector<LookupShare> queued;  ///< Where it waits for a turn.
    bool refresh = false;             ///< Wanted though nobody waits.
    LookupShare share;                ///< Whose turn it took.
    std::unique_ptr<AresLookup> lookup;
  };
  using Names = std::unordered_map<std::string, Name>;
  using NamedEntry = Names::value_type;

  void Run();
  void Ask(std::shared_ptr<NameQuestion> question, Callback callback);
  void LookAtFiles();
  bool Enqueue(NamedEntry& name, const LookupShare& share);
  void Refresh(const std::string& host, const LookupShare& share);
  void DropAbandoned(Name& name);
  void BeginLookups();
  bool Begin(const std::string& host, const LookupShare& share);
  bool CollectEnded();
  void Sleep();
  void AnswerAll();

  LookupQueue& QueueOf(const LookupShare& share) {
    return lanes_[static_cast<std::size_t>(share.lane)];
  }

  const DnsResolverOptions options_;
  LoopInbox inbox_;

  // The thread's own.
  DnsCache cache_;
  std::array<LookupQueue, kLookupLanes> lanes_;
  Names names_;
  std::vector<NamedEntry*> running_;  // Those with a lookup.
  std::size_t waiters_ = 0;
  FileStamp resolv_conf_;
  FileStamp hosts_;
  int families_ = AF_UNSPEC;
  steady_clock::time_point looked_at_;
  std::vector<pollfd> polled_;

  std::thread thread_;
};

void DnsResolver::Impl::Run() {
  std::vector<LoopInbox::Task> tasks;
  while (true) {
    const bool closed = inbox_.Take(tasks);
    for (LoopInbox::Task& task : tasks) task();
    tasks.clear();
    if (closed) break;
    do {
      BeginLookups();
    } while (CollectEnded());
    if (!inbox_.BeginSleep()) continue;
    Sleep();
    inbox_.EndSleep();
  }
  AnswerAll();
}

void DnsResolver::Impl::Ask(std::shared_ptr<NameQuestion> question, Callback callback) {
  if (question->abandoned()) return;
  LookAtFiles();
  const LookupShare& share = question->share();
  if (auto known = cache_.Find(question->host(), options_.now())) {
    if (known->refresh) Refresh(question->host(), share);
    return callback(std::move(known->answer));
  }
  NamedEntry& entry = *names_.try_emplace(question->host()).first;
  Name& name = entry.second;
  DropAbandoned(name);
  const bool room = waiters_ < options_.questions_max;
  if (!room || (!Enqueue(entry, share) && name.queued.empty())) {
    if (name.waiters.empty() && name.queued.empty() && !name.lookup) names_.erase(entry.first);
    return callback(Local("too many names wait to be resolved"));
  }
  if (name.lookup) question->Begin();
  name.waiters.push_back({std::move(question), std::move(callback)});
  ++waiters_;
}

/// False if there is no room. A name that is being looked up, or waits there already, needs none.
bool DnsResolver::Impl::Enqueue(NamedEntry& name, const LookupShare& share) {
  Name& own = name.second;
  if (own.lookup || std::ranges::find(own.queued, share) != own.queued.end()) return true;
  if (!QueueOf(share).Add(share.app, name.first)) return false;
  own.queued.push_back(share);
  return true;
}

void DnsResolver::Impl::Refresh(const std::string& host, const LookupShare& share) {
  NamedEntry& name = *names_.try_emplace(host).first;
  if (Enqueue(name, share)) {
    name.second.refresh = true;
  } else if (name.second.queued.empty() && name.second.waiters.empty()) {
    names_.erase(host);  // Later, then.
  }
}

void DnsResolver::Impl::DropAbandoned(Name& name) {
  waiters_ -= std::erase_if(name.waiters,
                            [](const Waiter& waiter) { return waiter.question->abandoned(); });
}

void DnsResolver::Impl::LookAtFiles() {
  const auto now = steady_clock::now();
  if (now - looked_at_ < options_.files_interval) return;
  looked_at_ = now;
  if (!options_.both_families) families_ = ConfiguredFamilies();
  const FileStamp resolv_conf = FileStamp::Of(options_.lookup.resolv_conf);
  const FileStamp hosts = FileStamp::Of(HostsFile());
  if (hosts != hosts_) cache_.Clear();
  if (resolv_conf != resolv_conf_) cache_.Expire(options_.now());
  hosts_ = hosts;
  resolv_conf_ = resolv_conf;
}

void DnsResolver::Impl::BeginLookups() {
  for (std::size_t lane = 0; lane < kLookupLanes; ++lane) {
    while (auto turn = lanes_[lane].Next()) {
      const LookupShare share{static_cast<LookupLane>(lane), turn->app};
      if (!Begin(turn->name, share)) lanes_[lane].GiveBack(turn->app);
    }
  }
}

/// False if the turn is not needed.
bool DnsResolver::Impl::Begin(const std::string& host, const LookupShare& share) {
  const auto name = names_.find(host);
  // Answered meanwhile, or another share had its turn earlier.
  if (name == names_.end() || name->second.lookup) return false;
  Name& own = name->second;
  std::erase(own.queued, share);
  DropAbandoned(own);
  if (own.waiters.empty() && !own.refresh) {
    if (own.queued.empty()) names_.erase(name);
    return false;
  }
  own.share = share;
  own.lookup = std::make_unique<AresLookup>(options_.lookup, host, families_);
  for (const Waiter& waiter : own.waiters) waiter.question->Begin();
  running_.push_back(&*name);
  return true;
}

/// True if a lookup has ended, so that another one may begin.
bool DnsResolver::Impl::CollectEnded() {
  std::vector<NamedEntry*> ended;
  std::erase_if(running_, [&](NamedEntry* name) {
    if (!name->second.lookup->result()) return false;
    ended.push_back(name);
    return true;
  });
  for (NamedEntry* name : ended) {
    Name own = std::move(name->second);
    const std::string host = name->first;
    names_.erase(host);
    waiters_ -= own.waiters.size();
    QueueOf(own.share).GiveBack(own.share.app);
    const Answer answer = cache_.Store(host, own.share.app, *own.lookup->result(), options_.now());
    for (Waiter& waiter : own.waiters) waiter.callback(answer);
  }
  return !ended.empty();
}

void DnsResolver::Impl::Sleep() {
  polled_.clear();
  auto until = steady_clock::now() + kSleepMax;
  for (NamedEntry* name : running_) {
    const AresLookup& lookup = *name->second.lookup;
    polled_.insert(polled_.end(), lookup.sockets().begin(), lookup.sockets().end());
    until = std::min(until, lookup.next_deadline());
  }
  const std::size_t sockets = polled_.size();
  polled_.push_back({inbox_.wake_fd(), POLLIN, 0});
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  const auto wait_ms = static_cast<int>(std::max<std::int64_t>(0, wait.count()));
  if (::poll(polled_.data(), polled_.size(), wait_ms) < 0) return;  // A signal.
  // Answers first: after a stop of the whole process they may have come before their deadline.
  std::size_t at = 0;
  for (NamedEntry* name : running_) {
    AresLookup& lookup = *name->second.lookup;
    // What the lookup does with one socket may change the list that these were copied from.
    const std::size_t end = std::min(sockets, at + lookup.sockets().size());
    for (; at < end; ++at) {
      if (polled_[at].revents != 0 && !lookup.result()) lookup.OnReady(polled_[at]);
    }
    lookup.OnTime();
  }
}

void DnsResolver::Impl::AnswerAll() {
  running_.clear();
  for (auto& [host, name] : names_) {
    for (Waiter& waiter : name.waiters) waiter.callback(Local("the resolver is stopping"));
  }
  names_.clear();
}

DnsResolver::DnsResolver(DnsResolverOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

DnsResolver::~DnsResolver() = default;

void DnsResolver::Resolve(std::shared_ptr<NameQuestion> question, Callback callback) {
  impl_->Resolve(std::move(question), std::move(callback));
}

}  // namespace hookline::net
