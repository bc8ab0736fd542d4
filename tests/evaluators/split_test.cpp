// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/rng.h"
#include "evaluators/data/data_set.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

DataSet random_labels(Rng& rng, std::size_t size, std::int64_t classes) {
    DataSet data{.shape = {1}, .classes = classes};
    data.values.assign(size, 0.0F);
    for (std::size_t i = 0; i < size; ++i)
        // Uneven: the lower of two draws.
        data.labels.push_back(static_cast<std::int32_t>(
            std::min(rng.integer(0, classes - 1), rng.integer(0, classes - 1))));
    return data;
}

double count_of(const DataSet& data, const std::vector<std::int64_t>& indices, std::int32_t label) {
    return static_cast<double>(std::ranges::count_if(indices, [&](std::int64_t index) {
        return data.labels[static_cast<std::size_t>(index)] == label;
    }));
}

}  // namespace

TEST_CASE("a split is disjoint, complete and stratified", "[evaluators][data]") {
    Rng rng(1);
    for (int round = 0; round < 50; ++round) {
        const auto size = static_cast<std::size_t>(rng.integer(20, 400));
        const DataSet data = random_labels(rng, size, rng.integer(2, 12));
        const SplitOptions options{.validation = rng.uniform(0.1, 0.4),
                                   .test = round % 3 == 0 ? 0.0 : rng.uniform(0.1, 0.4),
                                   .seed = rng.next()};
        const Split split = make_split(data, options);

        std::vector<std::int64_t> all = split.train;
        all.insert(all.end(), split.validation.begin(), split.validation.end());
        all.insert(all.end(), split.test.begin(), split.test.end());
        std::ranges::sort(all);
        std::vector<std::int64_t> expected(size);
        std::iota(expected.begin(), expected.end(), 0);
        REQUIRE(all == expected);

        std::vector<std::int64_t> everything = expected;
        for (std::int32_t label = 0; label < data.classes; ++label) {
            const double members = count_of(data, everything, label);
            // Rounding of the parts' sizes and of the class each cost up to one.
            CHECK(std::abs(count_of(data, split.validation, label) -
                           options.validation * members) <= 2.0);
            CHECK(std::abs(count_of(data, split.test, label) - options.test * members) <= 2.0);
        }
    }
}

TEST_CASE("a split depends on labels and seed alone", "[evaluators][data]") {
    Rng rng(2);
    DataSet data = random_labels(rng, 200, 3);
    const Split first = make_split(data, {.seed = 5});
    data.values.assign(200, 1.0F);
    CHECK(make_split(data, {.seed = 5}).validation == first.validation);
    CHECK(make_split(data, {.seed = 6}).validation != first.validation);
}

TEST_CASE("shares that leave a part empty are refused", "[evaluators][data]") {
    Rng rng(3);
    const DataSet data = random_labels(rng, 10, 2);
    CHECK_THROWS_AS(make_split(data, {.validation = 0.0}), Error);
    CHECK_THROWS_AS(make_split(data, {.validation = 0.6, .test = 0.4}), Error);
    CHECK_THROWS_AS(make_split(data, {.validation = std::nan("")}), Error);
    CHECK_THROWS_AS(make_split(data, {.validation = 0.01, .test = 0.0}), Error);
    CHECK_THROWS_AS(make_split(data, {.validation = 0.5, .test = 0.01}), Error);
    CHECK(make_split(data, {.validation = 0.2, .test = 0.0}).test.empty());
}
