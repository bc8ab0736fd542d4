// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/event_pump.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;

TEST_CASE("an event becomes lines", "[api][http]") {
    CHECK(to_text({.id = "7", .type = "front", .data = "{}"}) ==
          "id: 7\nevent: front\ndata: {}\n\n");
    CHECK(to_text({.data = "a\nb\r\nc\rd"}) == "data: a\ndata: b\ndata: c\ndata: d\n\n");
    CHECK(to_text({}) == "data: \n\n");
    CHECK_THROWS_AS(to_text({.id = "7\ndata: x"}), Error);
    CHECK_THROWS_AS(to_text({.type = "a\rb"}), Error);
}
