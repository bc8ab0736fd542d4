// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.h"

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

TEST_CASE("a rate needs two looks and is that of the last ten seconds", "[cli][top]") {
    Rates rates;
    CHECK_FALSE(rates.look("a", 100, Seconds(0.0)));
    CHECK(rates.look("a", 104, Seconds(2.0)) == 2.0);
    CHECK(rates.look("a", 104, Seconds(8.0)) == 0.5);
    CHECK(rates.look("a", 204, Seconds(18.0)) == Approx(100.0 / 10.0));
    CHECK_FALSE(rates.look("b", 5, Seconds(18.0)));
}

TEST_CASE("a counter that went back begins anew", "[cli][top]") {
    Rates rates;
    rates.look("a", 100, Seconds(0.0));
    CHECK_FALSE(rates.look("a", 1, Seconds(1.0)));
    CHECK(rates.look("a", 3, Seconds(2.0)) == 2.0);
}

TEST_CASE("a search without end, best trial or rate has empty cells", "[cli][top]") {
    const Table table = top_table({{.name = "a",
                                    .state = "running",
                                    .done = 3,
                                    .total = 10,
                                    .metric = "loss",
                                    .best = 0.5,
                                    .rate = 1.5,
                                    .workers = 2},
                                   {.name = "b", .state = "queued", .metric = {}}});
    CHECK(to_csv(table) ==
          "study,state,done,total,metric,best,trials_per_second,workers\r\n"
          "a,running,3,10,loss,0.5,1.5,2\r\n"
          "b,queued,0,,,,,0\r\n");
}
