// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <set>

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("an error says every fault and its place", "[core][error]") {
    const Error error(ErrorKind::conflict, {{"/a", "is wrong"}, {"", "has no place"}});
    CHECK(error.what() == std::string("/a: is wrong\nhas no place"));
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK(error.faults().size() == 2);
}

TEST_CASE("a fault that is found twice is told once", "[core][error]") {
    Faults faults;
    faults.throw_if_any();
    faults.add("/a", "is wrong");
    faults.add("/a", "is wrong");
    faults.add("/b", "is wrong");
    CHECK(faults.list().size() == 2);
    CHECK_THROWS_AS(faults.throw_if_any(), Error);
}

TEST_CASE("no more than a thousand faults are listed", "[core][error]") {
    Faults faults;
    for (int i = 0; i < 5000; ++i)
        faults.add(std::to_string(i), "is wrong");
    REQUIRE(faults.list().size() == 1001);
    CHECK(faults.list().back().where == "1000");
    CHECK(faults.list().back().message == "here and further on are more than 1000 faults");
}

TEST_CASE("every kind of error has its own word and exit code", "[core][error]") {
    std::set<std::string_view> words;
    std::set<int> codes;
    for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i) {
        words.insert(to_string(static_cast<ErrorKind>(i)));
        codes.insert(exit_code(static_cast<ErrorKind>(i)));
    }
    CHECK(words.size() == 7);
    CHECK(codes.size() == 7);
    CHECK_FALSE(codes.contains(0));
    CHECK_FALSE(codes.contains(1));
}

TEST_CASE("a broken promise inside parnas is an internal error", "[core][error]") {
    CHECK_NOTHROW(check(true, "fine"));
    try {
        check(false, "two is three");
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::internal);
        CHECK(error.what() == std::string("two is three"));
    }
}
