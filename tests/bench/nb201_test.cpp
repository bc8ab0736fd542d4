// SPDX-License-Identifier: Apache-2.0
#include "bench/nb201.h"

#include <fmt/format.h>

#include "cli/composition.h"
#include "core/error.h"
#include "tests/evaluators/files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::bench {
namespace {

// Tables of all networks in which accuracy and latency grow with the sum of the digits: every
// sum is on the front, with its 25 values.
void write_tables(const tests::TemporaryFolder& folder) {
    std::string accuracy =
        "index,ops,c10_val12,c100_val12,in16_val12,c10_test200,c100_test200,in16_test200,"
        "c10_val200,c100_val200,in16_val200,c10_train_s_per_epoch,c100_train_s_per_epoch,"
        "in16_train_s_per_epoch\n";
    std::string latency =
        "index,help_raspi4_ms,help_gold_6226_ms,help_fpga_ms,help_eyeriss_ms,help_pixel3_ms,"
        "help_titan_rtx_256_ms\n";
    for (int index = 0; index < 15'625; ++index) {
        std::string ops;
        int sum = 0;
        for (int rest = index, i = 0; i < 6; ++i, rest /= 5) {
            ops += static_cast<char>('0' + rest % 5);
            sum += rest % 5;
        }
        const int percent = 50 + 2 * sum;
        accuracy += fmt::format("{0},{1},{2},{2},{2},{3},{3},{3},{2},{2},{2},100,200,600\n",
                                index,
                                ops,
                                percent,
                                percent - 1);
        latency += fmt::format("{0},{1},{1},{1},{1},{1},{1}\n", index, 1 + sum);
    }
    tests::write_gzip(folder / "nb201_accuracy.csv.gz", accuracy);
    tests::write_gzip(folder / "nb201_latency.csv.gz", latency);
}

}  // namespace

TEST_CASE("searches on a table are summarised and compared", "[bench][nb201]") {
    const tests::TemporaryFolder folder;
    write_tables(folder);
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
