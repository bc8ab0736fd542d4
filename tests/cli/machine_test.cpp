// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include "tests/support/catch.h"

using namespace parnas::cli;

TEST_CASE("SQLite's versions with the WAL-reset bug are known", "[cli][machine]") {
    CHECK_FALSE(has_wal_reset_bug("3.6.23"));
    CHECK(has_wal_reset_bug("3.7.0"));
    CHECK(has_wal_reset_bug("3.40.1"));
    CHECK(has_wal_reset_bug("3.51.2"));
    CHECK_FALSE(has_wal_reset_bug("3.51.3"));
    CHECK_FALSE(has_wal_reset_bug("3.100.0"));
}

TEST_CASE("the machine has a core and some memory", "[cli][machine]") {
    CHECK(usable_cores() >= 1);
    CHECK(memory_limit() > 1000000U);
}
