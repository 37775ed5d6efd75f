#include "settings/directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace hookline::settings {
namespace {

AppPtr MakeApp(std::int64_t id, const std::vector<std::string>& keys) {
  auto app = std::make_shared<App>();
  app->id = AppId{id};
  for (const std::string& key : keys) app->keys.push_back({key, "secret-" + key, {}, {}});
  return app;
}

TEST(DirectoryTest, FindsAppsByIdAndKey) {
  Directory directory;
  EXPECT_EQ(directory.Find(AppId{1}), nullptr);
  EXPECT_EQ(directory.FindByKey("a").app, nullptr);
  const AppPtr first = MakeApp(1, {"a", "b"});
  const AppPtr second = MakeApp(2, {"c"});
  directory.Publish(second);
  directory.Publish(first);
  EXPECT_EQ(directory.Find(AppId{1}), first);
  EXPECT_EQ(directory.FindByKey("b").app, first);
  EXPECT_EQ(directory.FindByKey("b").key, &first->keys[1]);
  EXPECT_EQ(directory.FindByKey("c").app, second);
  EXPECT_EQ(directory.All(), (std::vector<AppPtr>{first, second}));
}

TEST(DirectoryTest, ARetiredKeyVanishes) {
  Directory directory;
  directory.Publish(MakeApp(1, {"a", "b"}));
  const auto held = directory.FindByKey("a");
  const AppPtr next = MakeApp(1, {"b", "c"});
  directory.Publish(next);
  EXPECT_EQ(directory.FindByKey("a").app, nullptr);
  EXPECT_EQ(directory.FindByKey("b").app, next);
  EXPECT_EQ(directory.FindByKey("c").app, next);
  EXPECT_EQ(directory.All().size(), 1U);
  EXPECT_EQ(held.key->key, "a");  // What a reader holds stays as it was.
}

TEST(DirectoryTest, ReadersSeeWholeAppsWhileOthersPublish) {
  Directory directory;
  directory.Publish(MakeApp(1, {"k"}));
  std::atomic<bool> stop = false;
  std::atomic<int> lost = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto match = directory.FindByKey("k");
      if (match.app == nullptr || match.key->key != "k") ++lost;
    }
  });
  std::thread other([&] {
    for (int i = 0; i < 200; ++i) directory.Publish(MakeApp(2 + i, {"x" + std::to_string(i)}));
  });
  for (int i = 0; i < 200; ++i) directory.Publish(MakeApp(1, {"k", "n" + std::to_string(i)}));
  other.join();
  stop = true;
  reader.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(directory.All().size(), 201U);
  EXPECT_EQ(directory.FindByKey("n198").app, nullptr);
  EXPECT_NE(directory.FindByKey("n199").app, nullptr);
}

}  // namespace
}  // namespace hookline::settings
