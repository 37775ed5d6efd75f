// Goal: the compiler and Boost.Asio at hand run the coroutine shapes that the house rules allow.
// Method: each shape moves values with owners (long strings, counted pointers) across suspensions;
// the sanitizers see a frame or temporary that dies twice or too early, the counts see the rest.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "toolchain/run_coroutine.h"

namespace hookline::toolchain {
namespace {

namespace asio = boost::asio;

const std::string kLong(100, 'x');  // Too long to live inside the string object.

/// What a function with several settings takes: rule 2 wants a constructor, not an aggregate.
class Options {
 public:
  Options(std::string name, std::shared_ptr<int> owner)
      : name_(std::move(name)), owner_(std::move(owner)) {}
  const std::string& name() const { return name_; }
  const std::shared_ptr<int>& owner() const { return owner_; }

 private:
  std::string name_;
  std::shared_ptr<int> owner_;
};

asio::awaitable<void> Suspend() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

asio::awaitable<std::string> Echo(std::string text) {
  co_await Suspend();
  co_return text;
}

asio::awaitable<std::string> NameOf(Options options) {
  co_await Suspend();
  co_return options.name();
}

asio::awaitable<std::optional<std::string>> Find(std::string key, bool found) {
  co_await Suspend();
  if (!found) co_return std::nullopt;
  co_return key;
}

asio::awaitable<std::unique_ptr<std::string>> Box(std::unique_ptr<std::string> box) {
  co_await Suspend();
  *box += "!";
  co_return box;
}

asio::awaitable<std::tuple<std::string, int>> Pair(std::string text) {
  co_await Suspend();
  const int size = static_cast<int>(text.size());
  co_return std::tuple(std::move(text), size);
}

asio::awaitable<std::string> Fail(std::string message) {
  co_await Suspend();
  throw std::runtime_error(message);
}

asio::awaitable<std::string> NamedAwaitable() {
  asio::awaitable<std::string> echo = Echo(kLong);
  co_await Suspend();
  auto text = co_await std::move(echo);
  co_return text;
}

TEST(CoroutineShapesTest, AwaitsANamedAwaitable) {
  EXPECT_EQ(RunCoroutine(NamedAwaitable()), kLong);
}

TEST(CoroutineShapesTest, DestroysAnAwaitableThatNobodyAwaited) {
  auto owner = std::make_shared<int>(1);
  {
    const asio::awaitable<std::string> unused = NameOf(Options(kLong, owner));
  }
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<std::string> InitStatementIf() {
  if (auto text = co_await Find(kLong, true); !text) co_return "nothing";
  if (auto text = co_await Find(kLong, false); text) co_return "something";
  if (auto text = co_await Find(kLong + "y", true); text.has_value()) {
    co_await Suspend();
    co_return *text;
  } else {
    throw std::logic_error("not found");
  }
}

TEST(CoroutineShapesTest, KeepsTheResultOfAnInitStatement) {
  EXPECT_EQ(RunCoroutine(InitStatementIf()), kLong + "y");
}

asio::awaitable<std::string> ReturnsFromABranch(bool found) {
  for (int round = 0; round < 3; ++round) {
    if (auto text = co_await Find(kLong, found); !text) co_return "nothing after " + kLong;
  }
  co_return "everything";
}

TEST(CoroutineShapesTest, ReturnsFromABranchOfAnInitStatement) {
  EXPECT_EQ(RunCoroutine(ReturnsFromABranch(false)), "nothing after " + kLong);
  EXPECT_EQ(RunCoroutine(ReturnsFromABranch(true)), "everything");
}

asio::awaitable<std::string> MovedInLocals(std::shared_ptr<int> owner) {
  Options options(kLong, std::move(owner));
  auto name = co_await NameOf(std::move(options));
  std::string text = name + "/" + kLong;
  auto echo = co_await Echo(std::move(text));
  auto box = std::make_unique<std::string>(std::move(echo));
  box = co_await Box(std::move(box));
  co_return *box;
}

TEST(CoroutineShapesTest, MovesNamedLocalsIn) {
  auto owner = std::make_shared<int>(1);
  EXPECT_EQ(RunCoroutine(MovedInLocals(owner)), kLong + "/" + kLong + "!");
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<std::string> Temporaries(std::shared_ptr<int> owner) {
  auto name = co_await NameOf(Options(kLong, owner));
  auto joined = co_await Echo("a " + name + " and " + std::string("b"));
  co_return joined;
}

TEST(CoroutineShapesTest, TakesTemporariesOfClassesWithConstructors) {
  auto owner = std::make_shared<int>(1);
  EXPECT_EQ(RunCoroutine(Temporaries(owner)), "a " + kLong + " and b");
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<std::string> Bindings() {
  const auto [text, size] = co_await Pair(kLong);
  co_await Suspend();
  co_return text + std::to_string(size);
}

TEST(CoroutineShapesTest, BindsAStructuredResult) {
  EXPECT_EQ(RunCoroutine(Bindings()), kLong + "100");
}

asio::awaitable<std::vector<std::string>> Collect() {
  // The aggregate is made in a statement of its own.
  const std::array<std::string, 3> names{kLong + "1", kLong + "2", kLong + "3"};
  std::vector<std::string> all;
  for (const std::string& name : names) {
    auto text = co_await Echo(name);
    all.push_back(std::move(text));
  }
  co_return all;
}

TEST(CoroutineShapesTest, AwaitsInsideALoop) {
  const std::vector<std::string> all{kLong + "1", kLong + "2", kLong + "3"};
  EXPECT_EQ(RunCoroutine(Collect()), all);
}

asio::awaitable<std::string> Catch(std::shared_ptr<int> owner) {
  const Options options(kLong, std::move(owner));
  std::string caught;
  try {
    auto never = co_await Fail("broken " + options.name());
    caught = "returned " + never;
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  // A handler cannot suspend; what it keeps must survive what comes after it.
  co_await Suspend();
  co_return caught;
}

TEST(CoroutineShapesTest, CatchesAcrossASuspension) {
  auto owner = std::make_shared<int>(1);
  EXPECT_EQ(RunCoroutine(Catch(owner)), "broken " + kLong);
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<std::string> PassOn(std::shared_ptr<int> owner) {
  const Options options(kLong, std::move(owner));
  auto never = co_await Fail(options.name());
  co_return never;
}

TEST(CoroutineShapesTest, LetsAnExceptionThroughAndCleansUp) {
  auto owner = std::make_shared<int>(1);
  try {
    RunCoroutine(PassOn(owner));
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), kLong);
  }
  EXPECT_EQ(owner.use_count(), 1);
}

asio::awaitable<int> Recurse(int depth, std::string text) {
  if (depth == 0) {
    co_await Suspend();
    co_return static_cast<int>(text.size());
  }
  std::string longer = text + "y";
  const int size = co_await Recurse(depth - 1, std::move(longer));
  co_return size;
}

TEST(CoroutineShapesTest, UnwindsADeepChain) { EXPECT_EQ(RunCoroutine(Recurse(200, kLong)), 300); }

}  // namespace
}  // namespace hookline::toolchain
