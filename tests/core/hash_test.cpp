// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include <string>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;

TEST_CASE("a digest is XXH3's, so stored ones stay valid", "[core][hash]") {
    CHECK(to_string(hash_bytes("")) == "99aa06d3014798d86001c324468d497f");
    const std::uint64_t words[] = {1, 2};
    const char bytes[16] = {1, 0, 0, 0, 0, 0, 0, 0, 2};
    CHECK(hash_words(words) == hash_bytes({bytes, sizeof bytes}));
    CHECK(hash_bytes("a") != hash_bytes("b"));
}

TEST_CASE("a digest comes back from its 32 digits", "[core][hash]") {
    const Digest digest{.high = 1, .low = 0xfedcba9876543210};
    CHECK(to_string(digest) == "0000000000000001fedcba9876543210");
    CHECK(digest_from_string(to_string(digest)) == digest);
    const std::string text = GENERATE("",
                                      "1",
                                      "0000000000000001fedcba987654321g",
                                      "0000000000000001fedcba98765432100",
                                      "-000000000000001fedcba9876543210");
    CHECK_THROWS_AS(digest_from_string(text), Error);
}

TEST_CASE("a file's digest is that of its bytes", "[core][hash]") {
    const tests::TemporaryFolder folder;
    const std::string bytes(100'000, 'x');
    CHECK(hash_file(folder.write("x", bytes)) == hash_bytes(bytes));
    CHECK_THROWS_AS(hash_file(folder / "absent"), Error);
    CHECK_THROWS_AS(hash_file(folder.path()), Error);
}
