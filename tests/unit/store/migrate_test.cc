// Goal: a database of any earlier schema is brought up to date with its data, one step at a time.
// Method: make a database by the first steps only, put rows into it, migrate, look.
#include "store/sqlite/migrate.h"

#include <gtest/gtest.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"
#include "unit/store/temp_directory.h"

namespace hookline::store::sqlite {
namespace {

class MigrateTest : public testing::Test {
 protected:
  std::int64_t Version() { return db_.QueryInt("PRAGMA user_version"); }
  std::int64_t Count(const char* name) {
    Statement count(db_, "SELECT count(*) FROM sqlite_schema WHERE name = ?1");
    sqlite::Run run(count, name);
    run.Step();
    return Columns(run).Int();
  }

  TempDirectory directory_;
  Connection db_{directory_.path() + "/test.db", {}};
};

TEST_F(MigrateTest, EveryStepCanBeTheOneToStartFrom) {
  const auto steps = SchemaSteps();
  for (std::size_t known = 1; known <= steps.size(); ++known) {
    Migrate(db_, steps.first(known));
    EXPECT_EQ(Version(), static_cast<std::int64_t>(known));
  }
}

TEST_F(MigrateTest, DataOfTheFirstSchemaIsKept) {
  const auto steps = SchemaSteps();
  Migrate(db_, steps.first(1));
  db_.Exec("INSERT INTO tasks VALUES (1, 'a', 'completed', 1, 2, '', '')");
  EXPECT_EQ(Count("channel_types"), 0);
  Migrate(db_, steps);
  EXPECT_EQ(Version(), std::ssize(steps));
  EXPECT_EQ(Count("channel_types"), 1);
  EXPECT_EQ(db_.QueryInt("SELECT count(*) FROM tasks WHERE id = 'a'"), 1);
  Migrate(db_, steps);
  EXPECT_EQ(Version(), std::ssize(steps));
}

TEST_F(MigrateTest, AStepThatFailsLeavesTheOldSchema) {
  const auto steps = SchemaSteps();
  Migrate(db_, steps.first(1));
  const char* const broken[] = {steps[0],
                                "CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE half (b)"};
  EXPECT_THROW(Migrate(db_, broken), Failure);
  EXPECT_EQ(Version(), 1);
  EXPECT_EQ(Count("half"), 0);
}

TEST_F(MigrateTest, ANewerSchemaIsRefused) {
  Migrate(db_, SchemaSteps());
  EXPECT_THROW(Migrate(db_, SchemaSteps().first(1)), Failure);
}

}  // namespace
}  // namespace hookline::store::sqlite
