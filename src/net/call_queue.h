#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/easy_handle.h"
#include "net/host_table.h"
#include "net/http_loop.h"
#include "net/loop_inbox.h"

namespace hookline::net {

/// One call from Send() to its completion.
struct PendingCall {
  using Deadlines = std::multimap<std::chrono::steady_clock::time_point, PendingCall*>;

  HttpCall call;
  HttpLoop::Completion done;
  std::shared_ptr<const Target> target;
  std::chrono::steady_clock::time_point started;
  std::chrono::steady_clock::time_point deadline;
  Host* host = nullptr;
  std::size_t index = 0;  ///< In the list of all calls.

  bool sent_again = false;  ///< Its one further try on a fresh connection was used.

  // While waiting.
  bool waiting = false;
  std::list<PendingCall*>::iterator place;
  Deadlines::iterator alarm;

  // While running.
  EasyHandle* easy = nullptr;
  std::shared_ptr<Pin> pin;
  std::size_t tunnels_refused = 0;  ///< Addresses of the host that its proxy could not reach.
  std::size_t address = 0;          ///< The one in use.
  std::string connect_to;
  curl_slist connect_to_node{};
  std::vector<std::string> forgotten;
  std::vector<curl_slist> forgotten_nodes;

  HttpOutcome outcome;  ///< Once finished.
};

/// All calls of one loop: which may run, which wait for a name or for room, and the libcurl multi
/// handle that runs them. Lives and dies on the loop's thread.
class CallQueue {
 public:
  CallQueue(const HttpLoopOptions& options, const TargetPolicy& policy, Resolver& resolver,
            std::shared_ptr<LoopInbox> inbox);
  ~CallQueue();
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  void Add(HttpCall call, HttpLoop::Completion done);

  /// Starts what may start, lets libcurl work, and runs the completions of what has ended.
  void Work();

  /// Waits for the network, the inbox, or `until`.
  void Sleep(std::chrono::steady_clock::time_point until);

  /// Ends all calls, also those that completions add meanwhile, with kCancelled.
  void CancelAll();

  /// True if Work() would have something to do right now.
  bool has_work() const { return added_ || !finished_.empty(); }

  /// When the next waiting call is out of time; libcurl watches the running ones.
  std::chrono::steady_clock::time_point next_deadline() const;

 private:
  using Clock = std::chrono::steady_clock;

  PendingCall& NewCall();
  void Finish(PendingCall& pending, FailureClass failure, std::string detail);
  void Finish(PendingCall& pending, HttpOutcome outcome, Clock::time_point ended = Clock::now());
  void RunCompletions();

  void Wait(PendingCall& pending);
  void StopWaiting(PendingCall& pending);
  void ExpireWaiting();

  bool IsResolved(const PendingCall& pending) const;
  void StartResolving(Host& host, AppId app);
  void StopResolving(Host& host);
  void OnResolved(const std::string& endpoint, const NameQuestion& question,
                  Resolver::Answer answer);
  bool FailsOnlyApp(Host& host, const NameQuestion& question, const Resolver::Answer& answer);
  void ExpireResolving(PendingCall& pending);
  void FailWaiting(Host& host);

  bool HasRoom(const Host& host) const;
  void GiveTurn(Host& host);
  void StartWaiting();
  void Start(PendingCall& pending);
  void ChooseConnection(const PendingCall& pending, Transfer& transfer) const;
  curl_slist* ResolveList(PendingCall& pending);
  curl_slist* TunnelEnd(PendingCall& pending) const;
  bool TryNextAddress(PendingCall& pending, const EasyHandle& handle, const HttpOutcome& outcome);
  void CollectEnded();
  EasyHandle* StopRunning(PendingCall& pending);
  std::unique_ptr<EasyHandle> TakeHandle();

  const HttpLoopOptions& options_;
  const TargetPolicy& policy_;
  Resolver& resolver_;
  const std::shared_ptr<LoopInbox> inbox_;

  CURLM* const multi_;
  HostTable hosts_;
  std::vector<std::unique_ptr<PendingCall>> calls_;
  std::vector<std::unique_ptr<PendingCall>> spare_calls_;
  std::vector<std::unique_ptr<EasyHandle>> spare_handles_;
  PendingCall::Deadlines deadlines_;  ///< Of the waiting calls.
  std::deque<Host*> turns_;           ///< Hosts that have a call to start and room for it.
  std::vector<PendingCall*> finished_;
  std::vector<PendingCall*> completing_;
  std::size_t running_ = 0;
  bool added_ = false;
  bool stopping_ = false;
};

}  // namespace hookline::net
