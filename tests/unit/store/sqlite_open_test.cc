// Goal: one server per data directory; schemas are upgraded by one of several, never downgraded;
// purges go on after a restart.
// Method: real files, child processes for what must end with a process, and a look into the
// database behind the store's back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "store/sqlite/connection.h"
#include "store/sqlite/data_directory.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/open.h"
#include "store/sqlite/schema.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/temp_directory.h"

namespace hookline::store {
namespace {

using sqlite::Connection;
using sqlite::Migrate;
using testing::HasSubstr;
using testing::Not;

class SqliteOpenTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Store>> Open() const {
    SqliteOptions options;
    options.directory = data();
    options.lock_wait = std::chrono::milliseconds(50);
    options.log = [this](std::string_view line) { log_.append(line).append("\n"); };
    return OpenSqlite(options);
  }
  mode_t ModeOf(const std::string& path) const {
    struct stat info{};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }
  std::string data() const { return directory_.path() + "/deep/data"; }
  std::string database() const { return data() + "/hookline.db"; }

  static Commit Write(Store& store, std::move_only_function<bool(Tx&)> run) {
    std::promise<Commit> promise;
    store.Write(Origin{}, std::move(run), [&promise](Commit result) { promise.set_value(result); });
    return promise.get_future().get();
  }

  TempDirectory directory_;
  mutable std::string log_;
};

TEST_F(SqliteOpenTest, CreatesAPrivateDirectory) {
  ASSERT_TRUE(Open());
  struct stat info{};
  ASSERT_EQ(stat(data().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(SqliteOpenTest, ItsFilesAreForNobodyElse) {
  const mode_t before = umask(0);
  {
    const auto store = Open();
    ASSERT_TRUE(store);
    for (const char* name : {"hookline.db", "hookline.db-wal", "hookline.db-shm"}) {
      struct stat info{};
      ASSERT_EQ(stat((data() + "/" + name).c_str(), &info), 0) << name;
      EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
    }
  }
  umask(before);
}

TEST_F(SqliteOpenTest, ADirectoryOfAnOlderReleaseIsClosedToOthers) {
  ASSERT_TRUE(Open());
  std::ofstream(database() + "-wal") << "";
  ASSERT_EQ(chmod(data().c_str(), 0755), 0);
  for (const char* name : {"hookline.db", "hookline.db-wal"}) {
    ASSERT_EQ(chmod((data() + "/" + name).c_str(), 0644), 0) << name;
  }
  const auto store = Open();
  ASSERT_TRUE(store);
  struct stat info{};
  ASSERT_EQ(stat(data().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  for (const char* name : {"hookline.db", "hookline.db-wal", "hookline.db-shm"}) {
    ASSERT_EQ(stat((data() + "/" + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SqliteOpenTest, ADirectoryThatAnybodyMayWriteToIsClosedAndTheOperatorTold) {
  for (const mode_t mode : {0777U, 0770U, 02777U, 0755U}) {
    std::filesystem::remove_all(data());
    std::filesystem::create_directories(data());
    for (int start = 1; start <= 2; ++start) {
      ASSERT_EQ(chmod(data().c_str(), mode), 0);
      log_.clear();
      ASSERT_TRUE(Open());
      EXPECT_EQ(ModeOf(data()) & 0777U, 0700U);
      EXPECT_THAT(log_, HasSubstr("was open to other users"));
      EXPECT_THAT(log_, HasSubstr(data()));
    }
    log_.clear();
    ASSERT_TRUE(Open());
    EXPECT_EQ(log_, "");
  }
}

TEST_F(SqliteOpenTest, RefusesADirectoryThatAnybodyMayWriteToAndThatHoldsOtherThings) {
  std::filesystem::create_directories(data());
  std::ofstream(data() + "/somebody's") << "";
  ASSERT_EQ(chmod(data().c_str(), 0777), 0);
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("anybody may write to the data directory"));
  EXPECT_THAT(store.error().message(), HasSubstr("holds other things too"));
  EXPECT_EQ(ModeOf(data()), 0777U);
  EXPECT_FALSE(std::filesystem::exists(database()));
  // Sticky, others can add to it, but not replace what is ours.
  ASSERT_EQ(chmod(data().c_str(), 01777), 0);
  ASSERT_TRUE(Open());
  EXPECT_EQ(ModeOf(data()), 01777U);
  EXPECT_THAT(log_, HasSubstr("other users may write to the data directory"));
}

TEST_F(SqliteOpenTest, RefusesADirectoryOfSomebodyElseThatAnybodyMayWriteTo) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  std::filesystem::create_directories(data());
  ASSERT_EQ(chown(data().c_str(), 12345, 12345), 0);
  ASSERT_EQ(chmod(data().c_str(), 0777), 0);
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("belongs to another user"));
  // A group's directory is how orchestrators hand out volumes.
  ASSERT_EQ(chmod(data().c_str(), 02775), 0);
  ASSERT_TRUE(Open());
  EXPECT_EQ(ModeOf(data()), 02775U);
  EXPECT_EQ(ModeOf(database()), 0600U);
  EXPECT_THAT(log_, HasSubstr("other users may write to the data directory"));
}

TEST_F(SqliteOpenTest, ADirectoryThatHoldsOtherThingsKeepsItsMode) {
  std::filesystem::create_directories(data());
  std::ofstream(data() + "/somebody's") << "";
  ASSERT_EQ(chmod(data().c_str(), 0755), 0);
  ASSERT_TRUE(Open());
  struct stat info{};
  ASSERT_EQ(stat(data().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0755U);
  ASSERT_EQ(stat(database().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(SqliteOpenTest, RefusesADirectoryThatIsInUse) {
  auto first = Open();
  ASSERT_TRUE(first);
  const auto second = Open();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("another server uses"));
  EXPECT_THAT(second.error().message(), HasSubstr(data()));
  first->reset();
  EXPECT_TRUE(Open());
}

TEST_F(SqliteOpenTest, WaitsForTheDirectoryToBecomeFree) {
  auto first = Open();
  ASSERT_TRUE(first);
  SqliteOptions options;
  options.directory = data();
  options.lock_wait = std::chrono::minutes(1);
  auto second = std::async(std::launch::async, [&options] { return OpenSqlite(options); });
  first->reset();
  EXPECT_TRUE(second.get());
}

TEST_F(SqliteOpenTest, TheLockDiesWithItsProcess) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const sqlite::DataDirectory held(data(), std::chrono::seconds(5));
    if (write(pipe_fds[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char ready = 0;
  ASSERT_EQ(read(pipe_fds[0], &ready, 1), 1);
  EXPECT_FALSE(Open());
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(Open());
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST_F(SqliteOpenTest, RefusesANewerSchema) {
  ASSERT_TRUE(Open());
  Connection(database(), {}).Exec("PRAGMA user_version = 99");
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("newer release"));
  EXPECT_THAT(store.error().message(), HasSubstr("99"));
}

TEST_F(SqliteOpenTest, SaysWhatIsWrongWithAFileThatIsNoDatabase) {
  ASSERT_TRUE(Open());
  std::ofstream(database(), std::ios::trunc) << std::string(10'000, 'x');
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("is not a database that hookline wrote"));
  EXPECT_THAT(store.error().message(), HasSubstr(database()));
}

TEST_F(SqliteOpenTest, AFullDiskIsNamedAtTheStart) {
  fault_vfs::Install();
  SqliteOptions options;
  options.directory = data();
  options.vfs = "fault";
  options.log = [](std::string_view) {};
  fault_vfs::SetDiskFull(true);
  const auto store = OpenSqlite(options);
  fault_vfs::SetDiskFull(false);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("the disk of " + data() + " is full"));
  EXPECT_TRUE(OpenSqlite(options));
}

class SqliteDamageTest : public SqliteOpenTest {
 protected:
  // What a server leaves that was killed: a copy of the files while it runs.
  void FillAndKill(int users) {
    auto store = Open();
    ASSERT_TRUE(store);
    for (int i = 0; i < users; ++i) {
      ASSERT_EQ(Write(**store,
                      [i](Tx& tx) {
                        chat::User user;
                        user.app = {1};
                        user.id = "user-" + std::to_string(i);
                        user.image = std::string(2000, 'x');
                        tx.PutUser(user);
                        return true;
                      }),
                Commit::kCommitted);
    }
    std::filesystem::create_directories(Left());
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::copy_file(database() + suffix, LeftFile(suffix),
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  std::string Left() const { return directory_.path() + "/left"; }
  std::string LeftFile(const std::string& suffix = "") const {
    return Left() + "/hookline.db" + suffix;
  }
  static void Overwrite(const std::string& file, std::int64_t at, std::size_t bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream << std::string(bytes, '\x5a');
  }
  Result<std::unique_ptr<Store>> OpenLeft() {
    SqliteOptions options;
    options.directory = Left();
    options.log = [this](std::string_view line) { log_ += std::string(line) + '\n'; };
    return OpenSqlite(options);
  }
  std::string log_;
};

TEST_F(SqliteDamageTest, SaysNothingAfterACleanEnd) {
  FillAndKill(5);
  ASSERT_TRUE(OpenLeft());
  log_.clear();
  ASSERT_TRUE(OpenLeft());
  EXPECT_EQ(log_, "");
}

TEST_F(SqliteDamageTest, TellsWhatTheLogRecoveryFound) {
  FillAndKill(20);
  const auto store = OpenLeft();
  ASSERT_TRUE(store);
  EXPECT_THAT(log_, HasSubstr("recovered from the log"));
  EXPECT_THAT(log_, Not(HasSubstr("damaged")));
  EXPECT_TRUE((*store)->healthy());
}

TEST_F(SqliteDamageTest, TellsOfALogThatIsCutShortOrDamagedOrGone) {
  for (const std::string how : {"cut", "overwritten", "gone", "without the index"}) {
    FillAndKill(20);
    log_.clear();
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(LeftFile("-wal")));
    if (how == "cut") std::filesystem::resize_file(LeftFile("-wal"), bytes * 2 / 3);
    if (how == "overwritten") Overwrite(LeftFile("-wal"), bytes / 2, 100);
    if (how == "gone") std::filesystem::remove(LeftFile("-wal"));
    if (how == "without the index") {
      std::filesystem::remove(LeftFile("-shm"));
      Overwrite(LeftFile("-wal"), bytes / 2, 100);
    }
    const auto store = OpenLeft();
    ASSERT_TRUE(store) << how;
    EXPECT_THAT(log_, HasSubstr("the log is damaged or cut short")) << how;
    EXPECT_EQ(Write(**store, [](Tx&) { return true; }), Commit::kCommitted) << how;
    std::filesystem::remove_all(Left());
    std::filesystem::remove_all(data());
  }
}

TEST_F(SqliteDamageTest, AChangeThatWasNotFinishedIsNoDamage) {
  FillAndKill(20);
  // Of the page that ends the last commit, half is there.
  const auto bytes = std::filesystem::file_size(LeftFile("-wal"));
  std::filesystem::remove(LeftFile("-shm"));
  std::filesystem::resize_file(LeftFile("-wal"), bytes - 2000);
  ASSERT_TRUE(OpenLeft());
  EXPECT_THAT(log_, Not(HasSubstr("damaged")));
}

TEST_F(SqliteDamageTest, DamagedPagesAreFoundAtTheStart) {
  FillAndKill(500);
  // In the database itself, behind its first page and the schema's.
  ASSERT_TRUE(OpenLeft());
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(LeftFile()));
  Overwrite(LeftFile(), bytes / 2 / 4096 * 4096, 4096 * 20);
  log_.clear();
  const auto store = OpenLeft();
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_THAT(log_, HasSubstr("the database is damaged"));
  EXPECT_FALSE((*store)->healthy());
}

TEST_F(SqliteOpenTest, UpgradesAnOldSchemaInPlace) {
  const std::string path = directory_.path() + "/x.db";
  const std::vector<const char*> one = {"CREATE TABLE t (a); INSERT INTO t VALUES (1);"};
  const std::vector<const char*> two = {one[0], "ALTER TABLE t ADD COLUMN b DEFAULT 7;"};
  Connection db(path, {});
  Migrate(db, one);
  Migrate(db, two);
  Migrate(db, two);
  EXPECT_EQ(db.QueryInt("SELECT a + b FROM t"), 8);
  EXPECT_EQ(db.QueryInt("PRAGMA user_version"), 2);
  EXPECT_THROW(Migrate(db, one), Failure);
}

TEST_F(SqliteOpenTest, AStepThatFailsLeavesTheSchemaAsItWas) {
  Connection db(directory_.path() + "/x.db", {});
  const std::vector<const char*> broken = {"CREATE TABLE t (a);", "CREATE TABLE u (a); nonsense;"};
  EXPECT_THROW(Migrate(db, broken), Failure);
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(db.QueryInt("PRAGMA user_version"), 1);
  EXPECT_EQ(db.QueryInt("SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('t', 'u')"), 1);
}

TEST_F(SqliteOpenTest, ProcessesThatMigrateAtOnceAllSucceed) {
  constexpr int kRounds = 5;
  constexpr int kProcesses = 3;
  for (int round = 0; round < kRounds; ++round) {
    const std::string path = directory_.path() + "/" + std::to_string(round) + ".db";
    int gate[2];
    ASSERT_EQ(pipe(gate), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        close(gate[1]);
        char go = 0;
        // End of file: all of them start when the parent closes the gate.
        if (read(gate[0], &go, 1) != 0) _exit(2);
        try {
          Connection db(path, {});
          Migrate(db, sqlite::SchemaSteps());
          _exit(0);
        } catch (const std::exception& failure) {
          std::fprintf(stderr, "%s\n", failure.what());
          _exit(1);
        }
      }
      children.push_back(child);
    }
    close(gate[0]);
    close(gate[1]);
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
    Connection db(path, {});
    EXPECT_EQ(db.QueryInt("PRAGMA user_version"), std::ssize(sqlite::SchemaSteps()));
  }
}

class SqlitePurgeTest : public SqliteOpenTest {
 protected:
  static constexpr int kMessages = 300;

  static ChannelId FillAndPurge(Store& store) {
    ChannelId pk;
    EXPECT_EQ(Write(store,
                    [&pk](Tx& tx) {
                      chat::Channel channel;
                      channel.app = {1};
                      channel.type = "messaging";
                      channel.id = "general";
                      pk = tx.InsertChannel(channel);
                      for (int i = 0; i < kMessages; ++i) {
                        chat::Message message;
                        message.app = {1};
                        message.channel = pk;
                        message.id = std::to_string(i);
                        message.type = i % 3 == 0 ? "ephemeral" : "regular";
                        message.parent_id = i % 3 == 1 ? "0" : "";
                        chat::Reaction reaction;
                        reaction.app = {1};
                        reaction.message = tx.InsertMessage(message);
                        reaction.user_id = "ann";
                        reaction.type = "love";
                        tx.PutReaction(reaction);
                        chat::Member member;
                        member.channel = pk;
                        member.app = {1};
                        member.user_id = std::to_string(i);
                        tx.PutMember(member);
                      }
                      tx.PurgeChannel(pk);
                      return true;
                    }),
              Commit::kCommitted);
    return pk;
  }
  std::int64_t RowsLeft() const {
    Connection::Options options;
    options.read_only = true;
    Connection db(database(), options);
    return db.QueryInt(
        "SELECT (SELECT COUNT(*) FROM messages) + (SELECT COUNT(*) FROM members) +"
        " (SELECT COUNT(*) FROM reactions) + (SELECT COUNT(*) FROM purges) +"
        " (SELECT COUNT(*) FROM removed_threads)");
  }
  // Each job waits behind a piece of the purge at most.
  void AwaitPurge(Store& store) const {
    for (int i = 0; i < 10'000 && RowsLeft() > 0; ++i) Write(store, [](Tx&) { return true; });
  }
};

TEST_F(SqlitePurgeTest, RemovesAllRowsOfTheChannel) {
  auto store = Open();
  ASSERT_TRUE(store);
  FillAndPurge(**store);
  AwaitPurge(**store);
  EXPECT_EQ(RowsLeft(), 0);
}

TEST_F(SqlitePurgeTest, GoesOnAfterARestart) {
  {
    auto store = Open();
    ASSERT_TRUE(store);
    FillAndPurge(**store);
    // Stopping ends what is queued; the pieces after that are not begun any more.
  }
  auto store = Open();
  ASSERT_TRUE(store);
  AwaitPurge(**store);
  EXPECT_EQ(RowsLeft(), 0);
}

TEST_F(SqlitePurgeTest, RemovesTheRepliesOfAThread) {
  {
    auto store = Open();
    ASSERT_TRUE(store);
    Write(**store, [](Tx& tx) {
      chat::Channel channel;
      channel.app = {1};
      channel.type = "messaging";
      channel.id = "general";
      chat::Message message;
      message.app = {1};
      message.channel = tx.InsertChannel(channel);
      message.id = "parent";
      const MessageId parent = tx.InsertMessage(message);
      message.parent_id = "parent";
      for (int i = 0; i < kMessages; ++i) {
        message.id = std::to_string(i);
        chat::Reaction reaction;
        reaction.app = {1};
        reaction.message = tx.InsertMessage(message);
        reaction.user_id = "ann";
        reaction.type = "love";
        tx.PutReaction(reaction);
      }
      tx.RemoveReplies({1}, "parent");
      tx.DeleteMessage(parent);
      return true;
    });
  }
  auto store = Open();
  ASSERT_TRUE(store);
  AwaitPurge(**store);
  EXPECT_EQ(RowsLeft(), 0);
}

}  // namespace
}  // namespace hookline::store
