// SPDX-License-Identifier: Apache-2.0
#include "core/ulid.h"

#include <set>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;

namespace {

TimePoint at_milliseconds(std::int64_t count) {
    return TimePoint(std::chrono::milliseconds(count));
}

}  // namespace

TEST_CASE("a ULID begins with its time as the specification writes it", "[core][ulid]") {
    Rng rng(1);
    // The example of github.com/ulid/spec.
    CHECK(make_ulid(at_milliseconds(1469922850259), rng).substr(0, 10) == "01ARZ3NDEK");
    CHECK(make_ulid(at_milliseconds(0), rng).substr(0, 10) == "0000000000");
    CHECK(make_ulid(at_milliseconds((std::int64_t{1} << 48) - 1), rng).substr(0, 10) ==
          "7ZZZZZZZZZ");
    CHECK_THROWS_AS(make_ulid(at_milliseconds(std::int64_t{1} << 48), rng), Error);
    CHECK_THROWS_AS(make_ulid(at_milliseconds(-1), rng), Error);
}

TEST_CASE("a later ULID sorts after an earlier one", "[core][ulid]") {
    Rng rng(2);
    std::string last;
    for (std::int64_t ms = 1469922850259; ms < 1469922850259 + 100; ++ms) {
        const std::string next = make_ulid(at_milliseconds(ms), rng);
        CHECK(last < next);
        last = next;
    }
}

TEST_CASE("ULIDs of one moment differ, in each of their random characters", "[core][ulid]") {
    Rng rng(3);
    std::set<std::string> all;
    std::vector<std::set<char>> seen(26);
    for (int i = 0; i < 2000; ++i) {
        const std::string ulid = make_ulid(at_milliseconds(1469922850259), rng);
        REQUIRE(ulid.size() == 26);
        CHECK(is_ulid(ulid));
        all.insert(ulid);
        for (std::size_t k = 0; k < ulid.size(); ++k)
            seen[k].insert(ulid[k]);
    }
    CHECK(all.size() == 2000);
    // Each digit is missed 2000 times with probability (31/32)^2000 = 3e-28.
    for (std::size_t k = 0; k < seen.size(); ++k)
        CHECK(seen[k].size() == (k < 10 ? 1 : 32));
}

TEST_CASE("what is no ULID is told apart", "[core][ulid]") {
    CHECK(is_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    for (const char* text : {"",
                             "01ARZ3NDEKTSV4RRFFQ69G5FA",
                             "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
                             "81ARZ3NDEKTSV4RRFFQ69G5FAV",  // beyond 48 bits of time
                             "01ARZ3NDEKTSV4RRFFQ69G5FAI",
                             "01arz3ndektsv4rrffq69g5fav"})
        CHECK_FALSE(is_ulid(text));
}
