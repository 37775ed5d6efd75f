// Goal: the SQLite store keeps the contract of every store (tests/contract).
#include "contract/delivery_fixture.h"
#include "contract/query_fixture.h"
#include "contract/store_contract.h"
#include "store/sqlite/open.h"
#include "unit/store/temp_directory.h"

namespace hookline::store {
namespace {

class SqliteBackend final : public StoreBackend {
 public:
  std::unique_ptr<Store> Open(const Options& options) override {
    SqliteOptions sqlite;
    sqlite.directory = directory_.path() + "/data";
    sqlite.clock = options.clock;
    sqlite.write_queue_max = options.write_queue_max;
    sqlite.write_queue_bytes_max = options.write_queue_bytes_max;
    sqlite.read_queue_max = options.read_queue_max;
    sqlite.read_time_max = options.read_time_max;
    sqlite.read_wait_max = options.read_wait_max;
    sqlite.log = [](std::string_view) {};
    auto store = OpenSqlite(sqlite);
    EXPECT_TRUE(store) << store.error().message();
    return store ? std::move(*store) : nullptr;
  }

 private:
  TempDirectory directory_;
};

std::unique_ptr<StoreBackend> MakeBackend() { return std::make_unique<SqliteBackend>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&MakeBackend));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreQueryContract, testing::Values(&MakeBackend));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreDeliveryContract, testing::Values(&MakeBackend));

}  // namespace
}  // namespace hookline::store
