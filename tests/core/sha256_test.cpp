// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/sha256.h"

#include <string>

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("SHA-256 has the values of FIPS 180-4's examples", "[core][crypto]") {
    CHECK(crypto::to_hex(crypto::sha256("")) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(crypto::to_hex(crypto::sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(crypto::to_hex(crypto::sha256(std::string(1'000'000, 'a'))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("HMAC-SHA-256 has the values of RFC 4231", "[core][crypto]") {
    CHECK(crypto::to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(
        crypto::to_hex(crypto::hmac_sha256(
            std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("an empty key signs as well", "[core][crypto]") {
    CHECK(crypto::to_hex(crypto::hmac_sha256("", "")) ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("random bytes differ", "[core][crypto]") {
    const std::string bytes = crypto::random_bytes(32);
    CHECK(bytes.size() == 32);
    CHECK(bytes != crypto::random_bytes(32));
    CHECK(crypto::random_bytes(0).empty());
    CHECK(crypto::random_seed() != crypto::random_seed());
}

TEST_CASE("a comparison in constant time sees every byte", "[core][crypto]") {
    const std::string secret = "0123456789abcdef";
    CHECK(crypto::equal_in_constant_time(secret, "0123456789abcdef"));
    for (std::size_t i = 0; i < secret.size(); ++i) {
        std::string other = secret;
        other[i] = '!';
        CHECK_FALSE(crypto::equal_in_constant_time(secret, other));
    }
    CHECK_FALSE(crypto::equal_in_constant_time(secret, secret.substr(1)));
    CHECK(crypto::equal_in_constant_time("", ""));
}
