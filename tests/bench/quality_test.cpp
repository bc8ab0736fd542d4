// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/quality.h"

#include <array>
#include <fstream>

#include "cli/composition.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::bench {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

constexpr const char* kRecorded =
    "problem,sampler,n,metric,seeds,median,q25,q75\n"
    "branin,slow,12,best,20,9.5,9,10\n"
    "branin,quick,12,best,10,2.5,2,3\n"
    "branin,quick,100,best,10,0.5,0.4,0.6\n";

}  // namespace

TEST_CASE("strategies are compared over seeds, beside what was recorded", "[bench][quality]") {
    const tests::TemporaryFolder folder;
    write(folder / "optuna_quality.csv", kRecorded);
    std::size_t last = 0;
    const QualityOptions options{.data = folder.path(),
                                 .problems = {"branin", "fcnet_naval_propulsion", "zdt1"},
                                 .strategies = {"random", "{type: qmc, sequence: halton}"},
                                 .seeds = 3,
                                 .first_seed = 7,
                                 .trials = 12,
                                 .threads = 2};
    const auto run = [&] {
        return run_quality(options, cli::make_registries(), {}, [&](std::size_t done, std::size_t) {
            last = done;
        });
    };
    const QualityResults results = run();
    CHECK(last == 2 * 2 * 3);
    CHECK(results.skipped == std::vector<std::string>{"fcnet_naval_propulsion"});
    REQUIRE(results.figures.size() == 4);
    const QualityFigure& first = results.figures[0];
    CHECK(first.problem == "branin");
    CHECK(first.strategy == "random");
    CHECK(first.trials == 12);
    CHECK(first.scores.size() == 3);
    CHECK(first.scores[0] != first.scores[1]);
    REQUIRE(first.optuna);
    CHECK(first.optuna->sampler == "quick");
    CHECK(first.optuna->median == 2.5);
    CHECK(first.optuna->seeds == 10);
    CHECK(results.figures[1].scores != first.scores);
    CHECK(results.figures[2].problem == "zdt1");
    CHECK_FALSE(results.figures[2].optuna);
    const QualityResults again = run();
    for (std::size_t i = 0; i < again.figures.size(); ++i)
        CHECK(again.figures[i].scores == results.figures[i].scores);
}

TEST_CASE("a sign test counts both sides and leaves out what is equal", "[bench][quality]") {
    const SignTest test =
        sign_test(std::array{1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 2.0}, 2.0, Direction::minimize);
    CHECK(test.better == 5);
    CHECK(test.worse == 1);
    CHECK(test.p == Approx(2.0 * 7.0 / 64.0));
    CHECK(sign_test(std::array{1.0, 3.0}, 2.0, Direction::maximize).p == 1.0);
    CHECK(sign_test(std::array{2.0, 2.0}, 2.0, Direction::maximize).p == 1.0);
    const std::vector<double> twenty(20, 1.0);
    CHECK(sign_test(twenty, 0.0, Direction::maximize).p == Approx(2.0 / 1048576.0));
    CHECK(sign_test(twenty, 0.0, Direction::maximize).better == 20);
}

TEST_CASE("recorded results that lack a column are refused", "[bench][quality]") {
    const tests::TemporaryFolder folder;
    write(folder / "recorded.csv", "problem,sampler\nbranin,tpe\n");
    CHECK_THROWS_WITH(read_recorded(folder / "recorded.csv"), Catch::Contains("'n'"));
}

}  // namespace parnas::bench
