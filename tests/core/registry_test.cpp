// SPDX-License-Identifier: Apache-2.0
#include "core/registry.h"

#include "tests/support/catch.h"

using namespace parnas;
using Catch::Matchers::Contains;

TEST_CASE("a registry finds what was added and names what there is", "[core][registry]") {
    Registry<int> registry("sampler");
    registry.add("random", 1);
    registry.add("nsga2", 2);
    CHECK(registry.find("nsga2") == 2);
    CHECK(registry.has("random"));
    CHECK_FALSE(registry.has("tpe"));
    CHECK_THROWS_WITH(registry.find("tpe"),
                      Contains("no sampler is named 'tpe'") && Contains("nsga2, random"));
    CHECK_THROWS_AS(registry.add("random", 3), Error);
    CHECK(registry.find("random") == 1);
}
