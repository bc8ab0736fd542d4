// SPDX-License-Identifier: Apache-2.0
#include "bench/driver.h"

#include "cli/composition.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::bench {

TEST_CASE("the driver is measured beside SQLite, and nothing stays behind", "[bench][driver]") {
    const tests::TemporaryFolder folder;
    std::size_t last = 0;
    const std::vector<DriverFigure> figures =
        run_driver({.folder = folder.path(), .trials = 20, .rounds = 2},
                   cli::make_registries(),
                   {},
                   [&](std::size_t done, std::size_t all) {
                       CHECK(done == last + 1);
                       CHECK(done <= all);
                       last = done;
                   });
    REQUIRE(figures.size() * 2 == last);
    CHECK(figures[0].ratio == 1.0);
    for (const DriverFigure& figure : figures) {
        CHECK(figure.low > 0.0);
        CHECK(figure.low <= figure.median);
        CHECK(figure.median <= figure.high);
        CHECK(figure.ratio > 0.0);
    }
    CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace parnas::bench
