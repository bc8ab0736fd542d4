// SPDX-License-Identifier: Apache-2.0
#include "spaces/unit_interval.h"

#include <map>

#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

const std::vector<Domain> kDomains = {
    Categorical{.choices = {Scalar(true), Scalar(false), Scalar(std::int64_t{3})}},
    Integer{.low = -3, .high = 4},
    Integer{.low = 8, .high = 65, .step = 8},
    Integer{.low = 1, .high = 100, .log = true},
    Integer{.low = 5, .high = 5},
    Real{.low = -1.0, .high = 3.0},
    Real{.low = 0.0, .high = 0.95, .step = 0.3},
    Real{.low = 1e-5, .high = 1.0, .log = true},
    Real{.low = 2.0, .high = 2.0}};

}  // namespace

TEST_CASE("a value's place on the unit interval leads back to it", "[spaces][unit_interval]") {
    Rng rng(1);
    for (const Domain& domain : kDomains)
        for (int i = 0; i < 100; ++i) {
            const Value value = sample(domain, rng);
            const double place = to_unit(domain, value);
            CHECK((place >= 0.0 && place <= 1.0));
            const Value back = from_unit(domain, place);
            REQUIRE(contains(domain, back));
            if (const double* real = std::get_if<double>(&value))
                CHECK(std::get<double>(back) == Approx(*real));
            else
                CHECK(back == value);
        }
}

TEST_CASE("every place has a value, and the ends have the ends", "[spaces][unit_interval]") {
    for (const Domain& domain : kDomains) {
        for (const double place : {-1.0, 0.0, 0.3, 0.999999, 1.0, 2.0})
            CHECK(contains(domain, from_unit(domain, place)));
        CHECK(from_unit(domain, -0.5) == first_value(domain));
        CHECK(from_unit(domain, 0.0) == from_unit(domain, -7.0));
        CHECK(from_unit(domain, 1.0) == from_unit(domain, 7.0));
    }
}

TEST_CASE("the values of a finite domain have cells of equal width", "[spaces][unit_interval]") {
    for (const Domain& domain : {kDomains[0], kDomains[1], kDomains[2], kDomains[6]}) {
        std::map<Value, int> seen;
        for (int i = 0; i < 8400; ++i)
            ++seen[from_unit(domain, (i + 0.5) / 8400.0)];
        REQUIRE(seen.size() == *cardinality(domain));
        for (const auto& [value, count] : seen)
            CHECK(count == Approx(8400.0 / static_cast<double>(seen.size())).margin(1.0));
    }
}

TEST_CASE("the middle of a logarithmic domain is its geometric mean", "[spaces][unit_interval]") {
    CHECK(std::get<double>(from_unit(kDomains[7], 0.6)) == Approx(1e-2));
    CHECK(from_unit(kDomains[3], 0.5) == Value(std::int64_t{7}));
    CHECK(to_unit(kDomains[7], Value(1e-3)) == Approx(0.4));
}

}  // namespace parnas::spaces
