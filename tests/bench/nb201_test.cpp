// SPDX-License-Identifier: Apache-2.0
#include "bench/nb201.h"

#include "bench/nb201_model.h"
#include "cli/composition.h"
#include "core/error.h"
#include "tests/bench/nb201_tables.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::bench {

TEST_CASE("searches on a table are summarised and compared", "[bench][nb201]") {
    const tests::TemporaryFolder folder;
    tests::write_nb201_tables(folder);
    std::size_t last = 0;
    const Nb201Results results = run_nb201({.data = folder.path(), .seeds = 2, .threads = 2},
                                           cli::make_registries(),
                                           {},
                                           [&](std::size_t done, std::size_t) { last = done; });
    REQUIRE(results.searches.size() == 9);
    CHECK(last == 2 * (9 + 10));
    for (const Nb201Search& search : results.searches) {
        INFO(search.method << " on " << search.data_set);
        // 1,235 s a trial.
        CHECK(search.trials ==
              static_cast<int>(search.budget.count() / (search.data_set == "cifar10"    ? 1235.0
                                                        : search.data_set == "cifar100" ? 2470.0
                                                                                        : 7410.0)));
        CHECK(search.accuracy.mean > 70.0);
    }
    REQUIRE(results.fronts.size() == 10);
    for (const Nb201Front& front : results.fronts)
        CHECK(front.size == 25);
    REQUIRE(results.hypervolumes.size() == 20);
    for (std::size_t i = 0; i < 20; i += 2) {
        CHECK(results.hypervolumes[i].ratio.mean <= results.hypervolumes[i + 1].ratio.mean);
        CHECK(results.hypervolumes[i + 1].ratio.mean > 0.9);
        CHECK(results.hypervolumes[i + 1].ratio.mean <= 1.0);
    }
}

TEST_CASE("the trials that a model needs on a table are counted", "[bench][nb201][slow]") {
    const tests::TemporaryFolder folder;
    tests::write_nb201_tables(folder);
    std::size_t last = 0;
    const Nb201ModelResults results = run_nb201_model({.data = folder.path(), .seeds = 2},
                                                      cli::make_registries(),
                                                      {},
                                                      [&](std::size_t done, std::size_t all) {
                                                          CHECK(done <= all);
                                                          last = done;
                                                      });
    REQUIRE(results.reached.size() == 2);
    for (const Nb201Reached& each : results.reached) {
        CHECK(each.searches == 2);
        CHECK(each.reached <= 2);
        CHECK(each.accuracy.mean > 85.0);  // of 97
        CHECK(each.median_trials > 1.0);
        CHECK(each.asks.median <= each.asks.longest);
    }
    REQUIRE(results.fronts.size() == 3);
    for (const Nb201ModelFront& each : results.fronts) {
        CHECK(each.ratio.mean > 0.8);
        CHECK(each.ratio.mean <= 1.0);
    }
    CHECK(last == 2 * (2 + 3));
}

TEST_CASE("a search agrees within three standard errors", "[bench][nb201]") {
    Nb201Search search{.accuracy = {.mean = 93.9, .stddev = 0.3, .count = 100}, .expected = 93.82};
    CHECK(search.agrees());
    search.expected = 93.80;
    CHECK_FALSE(search.agrees());
    search.expected = 94.00;
    CHECK_FALSE(search.agrees());
}

TEST_CASE("without the tables the benchmark says what is missing", "[bench][nb201]") {
    const tests::TemporaryFolder folder;
    CHECK_THROWS_WITH(
        run_nb201({.data = folder.path()}, cli::make_registries(), {}, [](auto, auto) {}),
        Catch::Contains("nb201_accuracy"));
}

}  // namespace parnas::bench
