// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/restarts.h"

#include "tests/support/catch.h"

namespace parnas::search {

TEST_CASE("IPOP doubles the population each time", "[search][cma_es]") {
    RestartSchedule schedule(Restarts::ipop, {.population = 10, .sigma = 0.2});
    Rng rng(1);
    for (const std::size_t population : {20, 40, 80}) {
        const CmaRun run = schedule.next(1000, rng);
        CHECK(run.population == population);
        CHECK(run.sigma == 0.2);
    }
}

TEST_CASE("BIPOP gives small runs as many evaluations as large ones", "[search][cma_es]") {
    RestartSchedule schedule(Restarts::bipop, {.population = 10, .sigma = 0.2});
    Rng rng(1);
    CHECK(schedule.next(500, rng).population == 20);
    std::size_t large = 20;
    std::size_t spent_large = 0;
    std::size_t spent_small = 0;
    std::size_t spent = 2000;  // by the first large run
    bool was_small = false;
    for (int i = 0; i < 40; ++i) {
        (was_small ? spent_small : spent_large) += spent;
        const CmaRun run = schedule.next(spent, rng);
        was_small = spent_small < spent_large;
        if (was_small) {
            CHECK(run.population >= 10);
            CHECK(run.population <= large / 2);
            CHECK(run.sigma <= 0.2);
            CHECK(run.sigma >= 0.002);
            spent = 300;
        } else {
            large *= 2;
            CHECK(run.population == std::min<std::size_t>(large, 100'000));
            CHECK(run.sigma == 0.2);
            spent = 2000;
        }
    }
    CHECK(spent_small > 0);
}

}  // namespace parnas::search
