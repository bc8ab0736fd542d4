// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/log_room.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "core/error.h"

namespace parnas::store::sqlite {
namespace {

// Bytes that a disk must have for more than the log.
constexpr std::uintmax_t kSpare = 1 << 30;

bool is_almost_full(const std::filesystem::path& file) {
    std::error_code unknown;
    const auto space =
        std::filesystem::space(std::filesystem::absolute(file).parent_path(), unknown);
    return unknown || space.available < kSpare;
}

std::int64_t number(Database& database, std::string_view pragma) {
    Query query = database.query(pragma);
    query.next();
    return query.integer(0);
}

// Fewer pages in memory than the connection usually has, as long as this lives.
class SmallCache {
  public:
    explicit SmallCache(Database& database)
        : database_(database), usual_(number(database, "PRAGMA cache_size")) {
        database_.script("PRAGMA cache_size = 10");
    }
    ~SmallCache() {
        try {
            database_.script("PRAGMA cache_size = " + std::to_string(usual_));
        } catch (const Error&) {
            // Only slower: nothing is lost with a small cache.
        }
    }
    SmallCache(const SmallCache&) = delete;
    SmallCache& operator=(const SmallCache&) = delete;

  private:
    Database& database_;
    std::int64_t usual_;
};

}  // namespace

void reserve_log(Database& writer) {
    if (is_almost_full(writer.path()))
        return;
    // Changes that do not fit into memory are in the log before they are committed. They are
    // undone, and their room stays.
    const SmallCache small(writer);
    const std::int64_t bytes = kLogPages * number(writer, "PRAGMA page_size");
    const Transaction undone(writer, Begin::immediate);
    writer.script("CREATE TABLE parnas_room (bytes BLOB)");
    writer.script("INSERT INTO parnas_room VALUES (zeroblob(" + std::to_string(bytes) + "))");
}

}  // namespace parnas::store::sqlite
