// SPDX-License-Identifier: Apache-2.0
#include "core/base64url.h"

#include <string>

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("base64url has RFC 4648's examples without padding", "[core][base64url]") {
    CHECK(to_base64url("") == "");
    CHECK(to_base64url("f") == "Zg");
    CHECK(to_base64url("fo") == "Zm8");
    CHECK(to_base64url("foo") == "Zm9v");
    CHECK(to_base64url("foobar") == "Zm9vYmFy");
    CHECK(to_base64url("\xfb\xff") == "-_8");
}

TEST_CASE("base64url comes back as it was, whatever the bytes", "[core][base64url]") {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        CHECK(from_base64url(to_base64url(bytes)) == bytes);
        bytes += static_cast<char>((i * 37) & 255);
    }
}

TEST_CASE("base64url decodes nothing that it does not write", "[core][base64url]") {
    for (const char* text : {"Z", "Zh", "Zm9", "Zg==", "Zm+v", "Zm/v", "Zm 9", "Zm9vY"})
        CHECK(from_base64url(text) == std::nullopt);
}
