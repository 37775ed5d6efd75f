#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http_loop.h"
#include "support/raw_server.h"

namespace hookline::net {

/// Answers from a table; counts the questions. A name that is not in the table gets no answer until
/// the test ends.
class FakeResolver final : public Resolver {
 public:
  ~FakeResolver() override;

  void Set(const std::string& host, const std::vector<std::string>& addresses);
  void FailLocally(const std::string& host);
  void Resolve(std::shared_ptr<NameQuestion> question, Callback callback) override;
  /// Names that are not in the table wait for their turn for ever, instead of for an answer.
  void NeverBegin() { begins_ = false; }
  /// Whose share each question was asked in, so far.
  std::vector<LookupShare> shares() const;
  std::size_t questions() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<Callback> unanswered_;
  std::vector<LookupShare> shares_;
  std::atomic<bool> begins_{true};
};

/// A running loop whose policy allows local targets and plain http.
class LoopFixture : public testing::Test {
 protected:
  LoopFixture();
  ~LoopFixture() override;

  void StartLoop(HttpLoopOptions options = {});
  void StartLoop(HttpLoopOptions options, TargetPolicyOptions policy);

  std::future<HttpOutcome> Send(HttpCall call);
  /// Sends, and waits for the outcome.
  HttpOutcome Run(HttpCall call);
  /// Runs `task` on the loop's thread and waits for it.
  void OnLoop(std::function<void()> task);
  /// Waits until a task or completion of the loop has made `future` ready, and has returned: what
  /// it refers to may go away afterwards.
  void WaitOnLoop(std::future<void> future);

  static HttpCall Post(std::string url, std::string body = "{}");

  std::shared_ptr<FakeResolver> resolver_ = std::make_shared<FakeResolver>();
  TargetPolicyOptions policy_;
  std::unique_ptr<HttpLoop> loop_;
};

}  // namespace hookline::net
