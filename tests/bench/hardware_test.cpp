// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/hardware.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "bench/hardware/experiment.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

namespace parnas::bench {
namespace {

using Catch::Matchers::Contains;

// Two cells: skip on (0,1) and conv3x3 on (1,3), of which the second's (0,2) leads nowhere.
void write_cells(const std::filesystem::path& folder) {
    std::ofstream(folder / "nb201_accuracy.csv.gz")
        << "index,ops,rep_index,c100_val200,c100_test200\n"
        << "0,100030,0,50,51\n1,120030,1,60,61\n";
    std::ofstream(folder / "nb201_latency.csv.gz")
        << "index,help_a_ms,help_b_ms\n0,1.5,2\n1,2.5,4\n";
}

TEST_CASE("a recorded cell's features are its ops and those that are needed", "[bench][hardware]") {
    const tests::TemporaryFolder folder;
    write_cells(folder.path());
    const RecordedSpace cells = load_cells(folder.path());
    REQUIRE(cells.size() == 2);
    const auto block = [&](std::string_view name, Eigen::Index row) {
        return Eigen::VectorXd(cells.rows.row(row).segment(
            cells.schema.first_column(name),
            static_cast<Eigen::Index>(cells.schema.block(name).columns.size())));
    };
    CHECK(block("counts", 0) == Eigen::Vector4d(1, 0, 1, 0));
    CHECK(block("counts", 1) == Eigen::Vector4d(1, 1, 1, 0));
    CHECK(block("unneeded", 0).isZero());
    CHECK(block("unneeded", 1) == Eigen::Vector4d(0, -1, 0, 0));
    CHECK(cells.devices.at("b")[1] == 4.0);
    CHECK(cells.devices.size() == 2);
    CHECK(cells.classes == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("a row that is no cell is refused at its place", "[bench][hardware]") {
    const tests::TemporaryFolder folder;
    write_cells(folder.path());
    std::ofstream(folder / "nb201_accuracy.csv.gz")
        << "index,ops,rep_index,c100_val200,c100_test200\n0,10003,0,50,51\n1,120030,1,60,61\n";
    CHECK_THROWS_WITH(load_cells(folder.path()), Contains("expected 6 integers"));
}

TEST_CASE("networks that were folded away are counted", "[bench][hardware]") {
    Eigen::VectorXd latency(5);
    latency << 10, 11, 0.01, 12, 1.2;
    CHECK(count_folded(latency) == 1);
}

TEST_CASE("a figure meets its goal on the right side", "[bench][hardware]") {
    HardwareFigure figure{.task = "t",
                          .subject = "s",
                          .metric = "m",
                          .over_seeds = {.mean = 0.9, .stddev = 0.1, .count = 100},
                          .goal = 0.905,
                          .ceiling = {}};
    CHECK_FALSE(figure.met());
    figure.within_standard_error = true;  // 0.01
    CHECK(figure.met());
    figure.ceiling = 0.89;
    CHECK_FALSE(figure.met());
}

TEST_CASE("an unknown task is refused with the known ones", "[bench][hardware]") {
    CHECK_THROWS_WITH(run_hardware({.data = ".", .tasks = {"other"}}, {}, [](auto, auto) {}),
                      Contains("coverage"));
}

// A table of an additive device, in the layout of the recorded one.
TEST_CASE("a table of operators is recovered from networks' latencies", "[bench][hardware]") {
    RecordedSpace space{.name = "invented"};
    constexpr Eigen::Index kPositions = 22;
    space.schema.blocks = {{.name = "positions", .columns = {}}};
    for (Eigen::Index i = 0; i < 9 * kPositions; ++i)
        space.schema.blocks[0].columns.push_back(std::to_string(i));
    space.rows = Eigen::MatrixXd::Zero(600, 9 * kPositions);
    Rng rng(1);
    for (Eigen::Index row = 0; row < space.rows.rows(); ++row)
        for (Eigen::Index position = 0; position < kPositions; ++position)
            space.rows(row, rng.integer(0, 8) * kPositions + position) = 1.0;
    Eigen::VectorXd latency = Eigen::VectorXd::Constant(600, 2.0);
    const tests::TemporaryFolder folder;
    std::ofstream file(folder / "fbnet_lut_recovered.csv");
    file << "device,position,op_idx,lat_ms\nx,-1,-1,2\n";
    for (Eigen::Index op = 0; op < 8; ++op)
        for (Eigen::Index position = 0; position < kPositions; ++position) {
            const double cost = 0.01 * static_cast<double>(op * kPositions + position);
            file << "x," << position << ',' << op << ',' << cost << '\n';
            latency += cost * space.rows.col(op * kPositions + position);
        }
    file.close();
    space.devices.emplace("x", latency);
    const auto experiments = table_experiments(
        std::make_shared<const RecordedSpace>(std::move(space)), folder.path(), 1);
    REQUIRE(experiments.size() == 1);
    CHECK(experiments[0].run(Rng(2)).at(0) < 1e-6);
}

}  // namespace
}  // namespace parnas::bench
