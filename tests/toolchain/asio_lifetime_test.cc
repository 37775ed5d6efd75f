// Goal: the ways in which coroutines begin, wait, are cancelled and die that the server relies on.
// Method: like coroutine_shapes_test.cc; a counted pointer tells whether every frame was destroyed.
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "api/await_store.h"
#include "toolchain/run_coroutine.h"

namespace hookline::toolchain {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kForever = std::chrono::hours(24);
const std::string kLong(100, 'x');

/// A session: its coroutine keeps it alive, as http_session.cc does.
class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(std::string text) : text_(std::move(text)) {}

  asio::awaitable<std::string> Run(std::string suffix) {
    const auto self = shared_from_this();
    const auto executor = co_await asio::this_coro::executor;
    for (int round = 0; round < 3; ++round) {
      co_await asio::post(executor, asio::use_awaitable);
      text_ += suffix;
    }
    co_return text_;
  }

 private:
  std::string text_;
};

TEST(AsioLifetimeTest, SpawnsAMemberFunction) {
  asio::io_context io(1);
  auto session = std::make_shared<Session>(kLong);
  const std::weak_ptr<Session> watch = session;
  std::string result;
  auto on_end = [&result, session](std::exception_ptr failure, std::string text) {
    if (!failure) result = std::move(text);
  };
  asio::co_spawn(io, session->Run("y"), std::move(on_end));
  session.reset();
  io.run_for(kPatience);
  EXPECT_EQ(result, kLong + "yyy");
  EXPECT_TRUE(watch.expired());
}

asio::awaitable<void> Throw(std::string message) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  throw std::runtime_error(message);
}

TEST(AsioLifetimeTest, HandsAnExceptionToTheHandlerOfCoSpawn) {
  asio::io_context io(1);
  std::exception_ptr caught;
  auto on_end = [&caught](std::exception_ptr failure) { caught = std::move(failure); };
  asio::co_spawn(io, Throw(kLong), on_end);
  io.run_for(kPatience);
  ASSERT_TRUE(caught);
  try {
    std::rethrow_exception(caught);
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), kLong);
  }
}

/// Does jobs on a thread of its own, in order, like the store's writer.
class Worker {
 public:
  Worker() : guard_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~Worker() {
    guard_.reset();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Do(std::move_only_function<void()> job) { asio::post(io_, std::move(job)); }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::thread thread_;
};

asio::awaitable<std::string> Ask(Worker& worker, std::string question) {
  auto start = [&worker, question = std::move(question)](
                   std::move_only_function<void(std::string)> done) mutable {
    auto job = [question = std::move(question), done = std::move(done)]() mutable {
      done(question + "!");
    };
    worker.Do(std::move(job));
  };
  auto answer = co_await api::AwaitCallback<std::string>(std::move(start));
  co_return answer;
}

asio::awaitable<int> AskOften(Worker& worker, int times) {
  const auto home = std::this_thread::get_id();
  int right = 0;
  for (int i = 0; i < times; ++i) {
    std::string question = kLong + std::to_string(i);
    const std::string wanted = question + "!";
    auto answer = co_await Ask(worker, std::move(question));
    if (answer == wanted && std::this_thread::get_id() == home) ++right;
  }
  co_return right;
}

TEST(AsioLifetimeTest, ResumesAtHomeAfterACallbackOfAnotherThread) {
  constexpr int kTimes = 300;
  constexpr int kCoroutines = 8;
  asio::io_context io(1);
  Worker worker;  // Ends first: its thread may still be leaving asio::post.
  int ended = 0;
  int right = 0;
  for (int i = 0; i < kCoroutines; ++i) {
    auto on_end = [&](std::exception_ptr failure, int count) {
      if (!failure) right += count;
      ++ended;
    };
    asio::co_spawn(io, AskOften(worker, kTimes), on_end);
  }
  io.run_for(kPatience);
  EXPECT_EQ(ended, kCoroutines);
  EXPECT_EQ(right, kTimes * kCoroutines);
}

asio::awaitable<std::string> AskNobody(std::string text) {
  auto start = [text = std::move(text)](std::move_only_function<void(std::string)> done) mutable {
    done(std::move(text));
  };
  auto answer = co_await api::AwaitCallback<std::string>(std::move(start));
  co_return answer;
}

TEST(AsioLifetimeTest, AcceptsACallbackThatIsMadeAtOnce) {
  EXPECT_EQ(RunCoroutine(AskNobody(kLong)), kLong);
}

asio::awaitable<error_code> Wait(asio::steady_timer& timer, std::shared_ptr<int> owner) {
  const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  owner.reset();
  co_return ec;
}

TEST(AsioLifetimeTest, ATimerCancelledByAnotherTaskEndsItsWait) {
  asio::io_context io(1);
  asio::steady_timer timer(io, kForever);
  auto owner = std::make_shared<int>(1);
  error_code result;
  auto on_end = [&result](std::exception_ptr failure, error_code ec) {
    if (!failure) result = ec;
  };
  asio::co_spawn(io, Wait(timer, owner), on_end);
  io.poll();
  EXPECT_EQ(timer.cancel(), 1U);
  io.run_for(kPatience);
  EXPECT_EQ(result, asio::error::operation_aborted);
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<std::string> WaitBehindOthers(std::shared_ptr<int> owner) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, kForever);
  const error_code ec = co_await Wait(timer, std::move(owner));
  // Rule of Asio 1.81: once cancelled, the next co_await would throw unless this is reset.
  co_await asio::this_coro::reset_cancellation_state();
  co_await asio::post(executor, asio::use_awaitable);
  co_return kLong + ec.message();
}

TEST(AsioLifetimeTest, ASignalReachesTheInnermostWait) {
  asio::io_context io(1);
  asio::cancellation_signal signal;
  auto owner = std::make_shared<int>(1);
  std::string result;
  std::exception_ptr failure;
  auto on_end = [&](std::exception_ptr thrown, std::string text) {
    failure = std::move(thrown);
    result = std::move(text);
  };
  asio::co_spawn(io, WaitBehindOthers(owner),
                 asio::bind_cancellation_slot(signal.slot(), std::move(on_end)));
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.run_for(kPatience);
  EXPECT_FALSE(failure);
  EXPECT_EQ(result, kLong + error_code(asio::error::operation_aborted).message());
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<void> Hang(std::shared_ptr<int> owner, int depth) {
  if (depth > 0) {
    co_await Hang(owner, depth - 1);
    co_return;
  }
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, kForever);
  co_await timer.async_wait(asio::use_awaitable);
}

TEST(AsioLifetimeTest, AnIoContextDestroysWhatStillWaitsInIt) {
  auto owner = std::make_shared<int>(1);
  int ended = 0;
  {
    asio::io_context io(1);
    for (int i = 0; i < 10; ++i) {
      asio::co_spawn(io, Hang(owner, i), [&ended](std::exception_ptr) { ++ended; });
    }
    io.poll();
    EXPECT_GT(owner.use_count(), 10);
  }
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(AsioLifetimeTest, AnIoContextDestroysWhatNeverBegan) {
  auto owner = std::make_shared<int>(1);
  {
    asio::io_context io(1);
    asio::co_spawn(io, Hang(owner, 1), [](std::exception_ptr) {});
    EXPECT_GT(owner.use_count(), 1);
  }
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<void> WaitForCallback(std::shared_ptr<int> owner,
                                      std::move_only_function<void(int)>& slot) {
  auto start = [&slot](std::move_only_function<void(int)> done) { slot = std::move(done); };
  const int value = co_await api::AwaitCallback<int>(std::move(start));
  *owner += value;
}

TEST(AsioLifetimeTest, ACallbackThatIsDroppedDestroysItsCoroutine) {
  auto owner = std::make_shared<int>(1);
  asio::io_context io(1);
  std::move_only_function<void(int)> slot;
  asio::co_spawn(io, WaitForCallback(owner, slot), [](std::exception_ptr) {});
  io.poll();
  ASSERT_TRUE(slot);
  EXPECT_EQ(owner.use_count(), 2);
  slot = nullptr;
  io.run_for(kPatience);  // The frames are destroyed at home, not by whoever dropped the callback.
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_EQ(*owner, 1);
}

}  // namespace
}  // namespace hookline::toolchain
