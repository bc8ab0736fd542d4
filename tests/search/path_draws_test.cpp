// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/path_draws.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/search/elastic_space.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

std::size_t index_of(const spaces::SearchSpace& space, std::string_view name) {
    for (std::size_t p = 0; p < space.params().size(); ++p)
        if (space.params()[p].name == name)
            return p;
    throw Error(ErrorKind::not_found, "no such parameter", std::string(name));
}

PathEpoch epoch_of(const spaces::SearchSpace& space, PathSampling sampling) {
    PathEpoch epoch{.sampling = sampling};
    epoch.open.resize(space.params().size());
    return epoch;
}

}  // namespace

TEST_CASE("a fair step uses every option of every choice exactly once", "[search][one_shot]") {
    const auto space = tests::chain_space();
    PathDraws draws(*space, epoch_of(*space, PathSampling::fair), Rng(1));
    std::set<std::vector<std::int64_t>> first_paths;
    for (int step = 0; step < 50; ++step) {
        const std::vector<Genotype> paths = draws.next();
        REQUIRE(paths.size() == 4);
        for (std::size_t p = 0; p < space->params().size(); ++p) {
            std::set<std::int64_t> used;
            for (const Genotype& path : paths)
                used.insert(tests::choice(path, p));
            CHECK(used == std::set<std::int64_t>{0, 1, 2, 3});
        }
        std::vector<std::int64_t> first;
        for (std::size_t p = 0; p < space->params().size(); ++p)
            first.push_back(tests::choice(paths[0], p));
        first_paths.insert(first);
    }
    CHECK(first_paths.size() > 25);  // of 256: the choices are permuted on their own
}

TEST_CASE("a sandwich holds the largest and the smallest network", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    PathEpoch epoch = epoch_of(*space, PathSampling::sandwich);
    epoch.paths = 2;
    PathDraws draws(*space, epoch, Rng(1));
    double most = 0.0, least = 1e300;
    Rng rng(2);
    for (int i = 0; i < 500; ++i) {
        const double cost = path_cost(*space, spaces::sample_feasible(*space, rng));
        most = std::max(most, cost);
        least = std::min(least, cost);
    }
    const std::vector<Genotype> step = draws.next();
    REQUIRE(step.size() == 4);
    CHECK(path_cost(*space, step.front()) >= most);
    CHECK(path_cost(*space, step.back()) <= least);
    CHECK(step[1] != step[2]);
}

TEST_CASE("restricted draws stay inside what is open", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    const std::size_t kernel = index_of(*space, "stage.1.op.mbconv.kernel");
    const std::size_t times = index_of(*space, "stage.times");
    for (const PathSampling sampling : {PathSampling::uniform,
                                        PathSampling::cost_bins,
                                        PathSampling::fair,
                                        PathSampling::sandwich}) {
        PathEpoch epoch = epoch_of(*space, sampling);
        epoch.open[kernel] = {std::int64_t{1}, std::int64_t{2}};  // 5 and 7
        epoch.open[times] = {std::int64_t{2}, std::int64_t{3}};
        PathDraws draws(*space, epoch, Rng(3));
        std::set<std::int64_t> kernels, depths;
        for (int step = 0; step < 40; ++step)
            for (const Genotype& path : draws.next()) {
                REQUIRE_NOTHROW(spaces::validate(space->params(), path));
                if (spaces::active(space->params(), path)[kernel])
                    kernels.insert(tests::choice(path, kernel));
                depths.insert(tests::choice(path, times));
            }
        CHECK(kernels == std::set<std::int64_t>{1, 2});
        CHECK(depths == std::set<std::int64_t>{2, 3});
    }
}

// Bins are drawn evenly and all are hit, so the counts follow chi-square with at most 9
// degrees of freedom: above 33.7 with a chance of 1 in 10,000. The seed is fixed.
TEST_CASE("bins of equal cost are filled evenly", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    PathDraws draws(*space, epoch_of(*space, PathSampling::cost_bins), Rng(4));
    const double low = path_cost(*space, draws.smallest());
    const double high = path_cost(*space, draws.largest());
    std::map<int, double> counts;
    constexpr int kDraws = 3000;
    for (int i = 0; i < kDraws; ++i) {
        const double cost = path_cost(*space, draws.next().at(0));
        ++counts[std::clamp(static_cast<int>(10.0 * (cost - low) / (high - low)), 0, 9)];
    }
    CHECK(counts.size() >= 8);
    const double expected = kDraws / static_cast<double>(counts.size());
    double chi_square = 0.0;
    for (const auto& [bin, count] : counts)
        chi_square += (count - expected) * (count - expected) / expected;
    CHECK(chi_square < 33.7);
    // Drawn as they come they would be anything but even.
    PathDraws plain(*space, epoch_of(*space, PathSampling::uniform), Rng(4));
    int lowest = 0;
    for (int i = 0; i < kDraws; ++i)
        lowest += path_cost(*space, plain.next().at(0)) < low + 0.1 * (high - low) ? 1 : 0;
    CHECK(std::abs(lowest - expected) > 3.0 * std::sqrt(expected));
}

TEST_CASE("a step reads its batch in one resolution and leaves training alone",
          "[search][one_shot]") {
    const auto space = tests::elastic_space();
    const std::size_t side = index_of(*space, "side");
    const std::size_t lr = index_of(*space, "lr");
    PathEpoch epoch = epoch_of(*space, PathSampling::uniform);
    epoch.paths = 4;
    PathDraws draws(*space, epoch, Rng(5));
    std::set<std::int64_t> sides;
    for (int step = 0; step < 20; ++step) {
        const std::vector<Genotype> paths = draws.next();
        for (const Genotype& path : paths) {
            CHECK(path.values[side] == paths[0].values[side]);
            CHECK(path.values[lr] == spaces::first_value(space->params()[lr].domain));
            CHECK(draws.teacher_of(path).values[side] == path.values[side]);
        }
        sides.insert(tests::choice(paths[0], side));
    }
    CHECK(sides.size() == 2);
}

TEST_CASE("the same seed draws the same sub-networks", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    for (const PathSampling sampling :
         {PathSampling::uniform, PathSampling::cost_bins, PathSampling::fair}) {
        PathDraws a(*space, epoch_of(*space, sampling), Rng(6));
        PathDraws b(*space, epoch_of(*space, sampling), Rng(6));
        PathDraws c(*space, epoch_of(*space, sampling), Rng(7));
        bool differs = false;
        for (int i = 0; i < 20; ++i) {
            const std::vector<Genotype> step = a.next();
            CHECK(step == b.next());
            differs = differs || step != c.next();
        }
        CHECK(differs);
    }
}

TEST_CASE("settings of a path epoch survive their JSON", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    PathEpoch epoch{.sampling = PathSampling::sandwich,
                    .paths = 3,
                    .distill = Distill::largest,
                    .divergence = Divergence::alpha,
                    .label_smoothing = 0.1,
                    .clip = 1.0,
                    .sort_widths = true};
    epoch.open.resize(space->params().size());
    epoch.open[1] = {std::int64_t{2}, std::int64_t{3}};
    const Json json = to_json(epoch, space->params());
    Faults faults;
    ObjectReader reader(json, "", faults);
    const PathEpoch again = read_path_epoch(reader, space->params());
    reader.finish();
    CHECK(faults.empty());
    CHECK(again.open == epoch.open);
    CHECK(to_json(again, space->params()) == json);
}

TEST_CASE("settings of a path epoch that cannot be are faults", "[search][one_shot]") {
    const auto space = tests::elastic_space();
    PathEpoch epoch;
    epoch.open.resize(space->params().size());
    Json json = to_json(epoch, space->params());
    json["distill"] = "largest";  // without a sandwich
    json["open"]["stage.times"] = {4};
    json["batch"] = 0;
    Faults faults;
    ObjectReader reader(json, "", faults);
    (void)read_path_epoch(reader, space->params());
    std::set<std::string> places;
    for (const Fault& fault : faults.list())
        places.insert(fault.where);
    CHECK(places == std::set<std::string>{"/distill", "/open/stage.times", "/batch"});
}

}  // namespace parnas::search
