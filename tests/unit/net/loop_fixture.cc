#include "loop_fixture.h"

namespace hookline::net {

FakeResolver::~FakeResolver() {
  for (Callback& callback : unanswered_) callback(Answer{{}, "the test is over"});
}

void FakeResolver::Set(const std::string& host, const std::vector<std::string>& addresses) {
  Answer answer;
  for (const std::string& text : addresses) answer.addresses.push_back(*IpAddress::Parse(text));
  if (addresses.empty()) answer.failure = "no such name";
  const std::lock_guard lock(mutex_);
  answers_[host] = answer;
}

void FakeResolver::FailLocally(const std::string& host) {
  const std::lock_guard lock(mutex_);
  answers_[host] = Answer{{}, "too many names wait to be resolved", true};
}

void FakeResolver::Resolve(std::shared_ptr<NameQuestion> question, Callback callback) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    shares_.push_back(question->share());
    if (begins_) question->Begin();
    const auto found = answers_.find(question->host());
    if (found == answers_.end()) {
      unanswered_.push_back(std::move(callback));
      return;
    }
    answer = found->second;
  }
  callback(std::move(answer));
}

std::size_t FakeResolver::questions() const {
  const std::lock_guard lock(mutex_);
  return shares_.size();
}

std::vector<LookupShare> FakeResolver::shares() const {
  const std::lock_guard lock(mutex_);
  return shares_;
}

LoopFixture::LoopFixture() {
  policy_.allow_private = true;
  policy_.allow_http = true;
}

LoopFixture::~LoopFixture() {
  if (loop_) loop_->Stop();
}

void LoopFixture::StartLoop(HttpLoopOptions options) { StartLoop(std::move(options), policy_); }

void LoopFixture::StartLoop(HttpLoopOptions options, TargetPolicyOptions policy) {
  loop_ = std::make_unique<HttpLoop>(std::move(options),
                                     std::make_shared<TargetPolicy>(std::move(policy)), resolver_);
  loop_->Start();
}

std::future<HttpOutcome> LoopFixture::Send(HttpCall call) {
  auto promise = std::make_shared<std::promise<HttpOutcome>>();
  std::future<HttpOutcome> future = promise->get_future();
  const bool posted = loop_->Post([this, promise, call = std::move(call)]() mutable {
    loop_->Send(std::move(call),
                [promise](HttpOutcome outcome) { promise->set_value(std::move(outcome)); });
  });
  EXPECT_TRUE(posted);
  return future;
}

HttpOutcome LoopFixture::Run(HttpCall call) { return Send(std::move(call)).get(); }

void LoopFixture::OnLoop(std::function<void()> task) {
  // Shared, since the waiting thread may go on while set_value() is still on its way out.
  auto done = std::make_shared<std::promise<void>>();
  ASSERT_TRUE(loop_->Post([done, task = std::move(task)] {
    task();
    done->set_value();
  }));
  done->get_future().get();
}

void LoopFixture::WaitOnLoop(std::future<void> future) {
  future.get();
  OnLoop([] {});
}

HttpCall LoopFixture::Post(std::string url, std::string body) {
  HttpCall call;
  call.url = std::move(url);
  call.body = std::make_shared<const std::string>(std::move(body));
  call.headers = {"Content-Type: application/json"};
  return call;
}

}  // namespace hookline::net
